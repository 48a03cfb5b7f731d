// Renders the fault table: `node tests/e2e/fault-table/render.mjs` writes docs/faults.md.
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BACKENDS, CANCELLED, FAULTS, LASTING_FAULTS, LASTING_STEPS, LEFT, STEPS, STILL, TRUSTED, UPLOADED, WAITS } from "./table.mjs";
import { lasting, runsNatively, transient } from "./table.mjs";

export const DOCUMENT = fileURLToPath(new URL("../../../docs/faults.md", import.meta.url));

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

function rows(faults, steps, outcomeOf, titleOf) {
  return faults
    .map((fault) => [titleOf(fault), ...steps.map((step) => outcomeOf(fault, step) ?? "–")])
    .filter(([, ...outcomes]) => outcomes.some((outcome) => outcome !== "–"));
}

/** The rows' titles, with a mark where the row is not run in a browser. */
const titleOf = (backend) => (fault) => FAULTS[fault].title + (runsNatively(fault, backend) ? " \\*" : "");

/** The text of docs/faults.md. */
export function render() {
  const first = Object.entries(BACKENDS).map(([backend, { title, steps, note }]) => {
    const cells = rows(Object.keys(FAULTS), steps, (fault, step) => transient(fault, step, backend), titleOf(backend));
    return `### ${title}\n\n${note}\n\n${table(["fault", ...steps.map((step) => STEPS[step].title)], cells)}`;
  });
  const columns = Object.entries(LASTING_STEPS).flatMap(([backend, steps]) => steps.map((step) => [backend, step]));
  const heads = columns.map(([backend, step]) => `${STEPS[step].title}, ${backend}`);
  const second = LASTING_FAULTS.map((fault) => [
    FAULTS[fault].title,
    ...columns.map(([backend, step]) => lasting(fault, step, backend) ?? "–"),
  ]);
  return `# What a fault comes to

This file is generated: \`node tests/e2e/fault-table/render.mjs\` writes it from
[\`tests/e2e/fault-table/table.mjs\`](../tests/e2e/fault-table/table.mjs). The end-to-end tests run the cells in Chromium: page,
backend and store have an origin each, and the store is the embedded one, which verifies signatures. The rows that are marked
with \`*\` need no browser, since the page can read the status: [\`src/uploader/tests/fault_table.rs\`](../src/uploader/tests/fault_table.rs)
runs them natively, on a scripted network. An answer has CORS
headers unless its row says otherwise. \`–\`: there is no such request, or the fault cannot happen to it.

| outcome | what the tests look at |
|---|---|
| ${UPLOADED} | the store holds one object, equal to the file byte for byte; it was completed once; nothing else is left; no failure was told |
| ${WAITS} | the same, and meanwhile the row said "Waiting for the server…" or "Waiting for the storage…" |
| ${CANCELLED} | the file was cancelled; the store holds neither an object nor parts of it |
| ${LEFT} | the refusal of the abort is final; the bucket's lifecycle rule for unfinished uploads clears them |
| ${TRUSTED} | the empty answer counts as a yes, as many stores and backends give it; nobody can be asked whether it is true |
| fails: \`code\` | the file failed with this \`detail.error.code\` |
| ${STILL} | after three and a half minutes the row says "Waiting for the server…" or "Waiting for the storage…"; the file neither failed nor arrived |

## A fault that passes

The first two requests of a step meet the fault, and all others are carried out. Of parts, which are sent two at a time, the
first four meet it. "no answer", "answer byte by byte", "200, empty" and a short answer
happen to one request; connections are refused three times.

${first.join("\n\n")}

## A fault that stays

Every request of a step meets the fault.

${table(["fault", ...heads], second)}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(DOCUMENT, render());
