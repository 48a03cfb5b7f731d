// The cells of docs/faults.md that need a browser: a fault, a step and a backend. Each test runs the cells of one step of one backend side by
// side, and says of all that came out otherwise.
import { expect, test } from "../lab.mjs";
import { Bed } from "./bed.mjs";
import { BACKENDS, CANCELLED, FAULTS, LASTING_STEPS, LEFT, STEPS, STILL, TRUSTED, UPLOADED, WAITS, fails } from "./table.mjs";
import { lasting, runsNatively, times, transient } from "./table.mjs";

const WAITING = /^Waiting for the (server|storage)/;
/** Longer than the widget waits for a side that it can only guess about, shorter than an address of a store lives. */
const LONG = 210;

test.describe("a fault that passes", () => {
  for (const [backend, { title, steps }] of Object.entries(BACKENDS)) {
    for (const step of steps) {
      test(`${title}: ${STEPS[step].title}`, async ({ page, secrets }) => {
        const cells = cellsOf((fault) => (runsNatively(fault, backend) ? undefined : transient(fault, step, backend)), { backend, step });
        await compare({ page, secrets }, cells, async (bed) => {
          const { seen, open } = await bed.settle();
          for (const cell of open) seen[cell.id].status = `no end: ${seen[cell.id].status}`;
          return seen;
        });
      });
    }
  }
});

test.describe("a fault that stays", () => {
  for (const [backend, steps] of Object.entries(LASTING_STEPS)) {
    for (const step of steps) {
      test(`${BACKENDS[backend].title}: ${STEPS[step].title}`, async ({ page, secrets }) => {
        const cells = cellsOf((fault) => lasting(fault, step, backend), { backend, step, times: Infinity });
        await compare({ page, secrets }, cells, (bed) => bed.pass(LONG));
      });
    }
  }
});

function cellsOf(expectedOf, { backend, step, ...more }) {
  return Object.keys(FAULTS)
    .map((fault) => ({ backend, step, fault, times: times(fault, step), ...more, expected: expectedOf(fault) }))
    .filter(({ expected }) => expected !== undefined);
}

/** Runs cells side by side and lists those that came out otherwise than the table says. */
async function compare({ page, secrets }, cells, run) {
  const bed = await Bed.open(page, cells);
  try {
    await bed.begin();
    const seen = await run(bed);
    const wrong = [];
    for (const [at, cell] of bed.cells.entries()) {
      const { expected } = cells[at];
      const came = await outcome(cell, seen[cell.id]);
      if (cell.met > 0 && (came === expected || (expected === UPLOADED && came === WAITS))) continue;
      wrong.push(
        `  ${FAULTS[cell.fault].title}: expected "${expected}", came "${came}"${cell.met > 0 ? "" : ", and the fault was never met"}\n` +
          `      read: ${seen[cell.id].words.join(" | ")}\n${cell.evidence}`,
      );
    }
    for (const cell of bed.cells) cell.signatures.forEach((signature) => secrets.add(signature));
    expect(wrong.join("\n"), `${wrong.length} of ${cells.length} cells came out otherwise`).toBe("");
  } finally {
    await bed.stop();
  }
}

/** The outcome of a cell, in the words of the table. */
async function outcome(cell, { status, code, words, failures, successes }) {
  const wrongs = await cell.wrongs();
  if (status === "cancelled") {
    if (wrongs.join() === "0 objects") return CANCELLED;
    return cell.expected === TRUSTED ? TRUSTED : LEFT;
  }
  if (status === "failed") return fails(code);
  if (status === "waiting" && WAITING.test(words.at(-1))) return STILL;
  if (status !== "completed") return `${status}: ${words.at(-1)}`;
  if (cell.fault === "empty" && wrongs.includes("0 objects")) return TRUSTED;
  const confirms = cell.backend === "native" || !["put", "form", "create"].includes(cell.step);
  const lost = ["lost", "truncated", "drip"].includes(cell.fault);
  if (cell.completes !== (confirms ? 1 : 0) && !lost) wrongs.push(`${cell.completes} completes`);
  if (failures !== 0 || successes !== 1) wrongs.push(`${failures} error events, ${successes} success events`);
  if (wrongs.length > 0) return `${UPLOADED}, but ${wrongs.join(", ")}`;
  return words.some((text) => WAITING.test(text)) ? WAITS : UPLOADED;
}
