// The speed of the widget beside other ways to upload the same files in the same browser: bare loops, other libraries, and
// the way through the backend. A figure is the median of rounds in which all take turns. What each one stored is verified.
// `cargo xtask bench` runs it. No figure is judged. The benchmark fails if the widget or a loop does not do its work.
import { writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { rounded } from "../bench-shared/statistics.mjs";
import config from "../playwright.config.mjs";
import { COMPETITORS, versions } from "./competitors.mjs";
import { openBench } from "./measure.mjs";
import { medians, tables } from "./table.mjs";
import { works } from "./works.mjs";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, json: { type: "string" }, only: { type: "string", multiple: true } },
});
const all = works();
const unknown = options.only?.find((name) => !all.some((work) => work.name === name));
if (unknown !== undefined) {
  console.error(`There is no work \`${unknown}\`, only ${all.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const asked = all.filter(({ name }) => options.only?.includes(name) ?? true);

const began = performance.now();
const loadBefore = loadavg()[0];
const browser = await chromium.launch(config.use.launchOptions);
let bench;
try {
  bench = await openBench(browser);
  const results = [];
  for (const work of asked) results.push({ work, outcomes: await outcomesOf(work) });
  const report = {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, memory: `${Math.round(totalmem() / 2 ** 30)} GiB`, load: [loadBefore, loadavg()[0]].map(rounded) },
    browser: browser.version(),
    versions: await versions(),
    minutes: rounded((performance.now() - began) / 60_000),
    rounds: Number(options.rounds),
    works: results.map(({ work, outcomes }) => ({
      ...work,
      medians: Object.fromEntries(Object.entries(outcomes).map(([name, outcome]) => [name, medians(outcome) ?? outcome])),
      all: outcomes,
    })),
  };
  print(report, results);
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`\nSaved as ${options.json}`);
  }
  const broken = results.flatMap(({ work, outcomes }) => ["widget", "xhr-6"].filter((name) => !outcomes[name].rounds).map((name) => `${name}: ${work.name}`));
  if (broken.length > 0) {
    console.error(`\nThese did not do their work: ${broken.join(", ")}`);
    process.exitCode = 1;
  }
} finally {
  await bench?.close();
  await browser.close();
}

/** The rounds of each competitor, or the reason for which it has none. */
async function outcomesOf(work) {
  const outcomes = Object.fromEntries(COMPETITORS.map(({ name, cannot }) => [name, cannot?.[work.name] ? { reason: cannot[work.name] } : { rounds: [] }]));
  const rounds = Math.min(Number(options.rounds), work.rounds ?? Infinity);
  for (let round = 0; round < rounds; round += 1) {
    // Turns change, so that none always goes first.
    for (const competitor of COMPETITORS.map((_, at) => COMPETITORS[(at + round) % COMPETITORS.length])) {
      const outcome = outcomes[competitor.name];
      if (!outcome.rounds) continue;
      try {
        const figures = await bench.measure(work, competitor, round + 1);
        outcome.rounds.push(figures);
        console.error(`${work.name}, round ${round + 1} of ${rounds}: ${competitor.name} ${Math.round(figures.milliseconds)} ms`);
      } catch (error) {
        console.error(`${work.name}, round ${round + 1} of ${rounds}: ${competitor.name} failed: ${error.message}`);
        outcomes[competitor.name] = { reason: `in round ${round + 1}: ${error.message}` };
      }
    }
  }
  return outcomes;
}

function print({ machine, browser, versions, minutes, rounds }, results) {
  console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memory}, load ${machine.load.join(" to ")}; Chromium ${browser}`);
  console.log(`${versions.join(", ")}; medians of ${rounds} rounds; ${minutes} minutes\n`);
  console.log(tables(results, COMPETITORS));
}
