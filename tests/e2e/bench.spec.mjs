// The benchmark of uploads in small: each competitor does each work once, and what it stored is verified. The measurement
// itself is `cargo xtask bench`.
import { COMPETITORS } from "./bench/competitors.mjs";
import { openBench } from "./bench/measure.mjs";
import { tables } from "./bench/table.mjs";
import { works } from "./bench/works.mjs";
import { test as base, expect } from "./server.mjs";

const WORKS = works({ isSmoke: true });

const test = base.extend({
  bench: [
    async ({ browser }, use) => {
      const bench = await openBench(browser, { isSmoke: true });
      await use(bench);
      await bench.close();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

for (const competitor of COMPETITORS) {
  test(`bench: ${competitor.title} does its works`, async ({ bench }) => {
    for (const work of WORKS) {
      if (competitor.cannot?.[work.name] || competitor.canFail?.includes(work.name)) continue;
      await test.step(work.name, async () => {
        const { milliseconds, cpu, requests } = await bench.measure(work, competitor, 1);
        expect(milliseconds).toBeGreaterThan(0);
        expect(cpu).toBeGreaterThan(0);
        if (!work.isReal) expect(requests.backend).toBeGreaterThan(0);
      });
    }
  });
}

test("bench: faults reach the page", async ({ bench }) => {
  const work = { ...WORKS.find(({ name }) => name === "many-faults"), isFaulty: false };
  const loop = COMPETITORS.find(({ name }) => name === "xhr-6");
  await expect(bench.measure(work, loop, 1)).rejects.toThrow(/503|no answer|Failed to fetch/);
});

test("bench: a figure that is missing has its reason below the table", () => {
  const round = { milliseconds: 100, memory: 2 ** 20, cpu: 0.5, requests: { preflight: 1, backend: 2, store: 3 } };
  const [work] = WORKS;
  const outcomes = Object.fromEntries(COMPETITORS.map(({ name }) => [name, { rounds: [round] }]));
  outcomes.widget = { rounds: [round, { ...round, milliseconds: 50 }, { ...round, milliseconds: 70 }] };
  outcomes.form = { reason: "it takes no files" };
  const lines = tables([{ work, outcomes }], COMPETITORS).split("\n");
  expect(lines.find((line) => line.startsWith("| this widget"))).toBe("| this widget | 0.70 | 70 ms | 1 MiB | 0.50 s | 6: 1 + 2 + 3 |");
  expect(lines.find((line) => line.startsWith("| through the backend"))).toBe("| through the backend, 6 at once | – (1) | – | – | – | – |");
  expect(lines.at(-1)).toBe("(1) it takes no files.");
});
