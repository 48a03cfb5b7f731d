// The load benchmark: the time until a page with the widget can be used, and until one with Uppy's Dashboard can, with the
// same server, browser and conditions. Each measurement has a fresh context. A figure is the median of rounds in which both
// take turns. `cargo xtask bench load` runs it. No figure is judged. The benchmark fails if a side does not work.
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { needed } from "../bench-shared/bundle.mjs";
import { median, rounded, sum } from "../bench-shared/statistics.mjs";
import config from "../playwright.config.mjs";
import { uppyFiles, uppyVersions, widgetFiles } from "./bundle.mjs";
import { install } from "./page.mjs";
import { DELAYS, listen } from "./site.mjs";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "5" }, json: { type: "string" } } });
const ROUNDS = Number(options.rounds);
const FILES = 10_000;
const WIDTHS = [320, 390, 1280];
/** The pages on which the layout shift is measured, by name: side and query. */
const SHIFTS = {
  widget: ["widget", ""],
  "widget, with the README's style": ["widget", "?extra=style"],
  "widget, with `blocking=render`": ["widget", "?extra=blocking"],
  Uppy: ["uppy", ""],
};
const SIDES = ["widget", "uppy"];
const NAMES = { widget: "The widget", uppy: "Uppy" };
/** No measurement takes longer on a loaded machine, unless the side does not work. */
const TIMEOUT = 180_000;

/** Bytes per second and milliseconds for CDP's `Network.emulateNetworkConditions`; `cpu` is the slowdown. The first is the
 * preset "Fast 3G" of the developer tools, which newer versions call "Slow 4G". */
const NETWORKS = {
  fast3g: { title: "Fast 3G (180 kB/s, 562.5 ms), CPU 4×", down: 180_000, up: 84_375, latency: 562.5, cpu: 4 },
  slow: { title: "1.6 Mbit/s (200 kB/s), 150 ms, CPU 4×", down: 200_000, up: 93_750, latency: 150, cpu: 4 },
};

function fail(message) {
  throw new Error(message);
}

const fromXtask = (name) => needed(name, "cargo xtask bench load");
const files = {
  widget: await widgetFiles(fromXtask("S3_UPLOAD_DIST")),
  uppy: await uppyFiles(fromXtask("ESBUILD_MODULE"), fromXtask("ESBUILD_TARGET")),
};
const site = await listen(files);
const browser = await chromium.launch(config.use.launchOptions);
const loadBefore = loadavg()[0];

/** The figures of each measurement, by its name and side, of all rounds. */
const rounds = {};
const keep = (name, side, value) => ((rounds[name] ??= { widget: [], preloaded: [], uppy: [] })[side].push(value));

try {
  for (let round = 0; round < ROUNDS; round += 1) {
    // Turns change, so that no side always goes first.
    for (const side of round % 2 ? SIDES.toReversed() : SIDES) {
      console.error(`round ${round + 1} of ${ROUNDS}: ${NAMES[side]}`);
      await measure(side);
    }
  }
  const shifts = {};
  for (const [name, [side, query]] of Object.entries(SHIFTS)) {
    shifts[name] = {};
    for (const width of WIDTHS) shifts[name][width] = await run(side, "shift", { network: NETWORKS.slow, width, query });
  }
  const report = {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, load: [loadBefore, loadavg()[0]].map(rounded) },
    browser: browser.version(),
    uppy: await uppyVersions(),
    rounds: ROUNDS,
    networks: NETWORKS,
    delays: DELAYS,
    medians: Object.fromEntries(Object.entries(rounds).map(([name, sides]) => [name, medians(sides)])),
    shifts,
    all: rounds,
  };
  print(report);
  if (options.json) {
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`\nSaved as ${options.json}`);
  }
} catch (error) {
  // The stack would hide the message.
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.stop();
}

/** One round of a side. */
async function measure(side) {
  for (const [key, network] of Object.entries(NETWORKS)) {
    const times = await run(side, "load", { network });
    for (const [name, time] of Object.entries(times)) keep(`${key}.${name}`, side, time);
    keep("bytes", side, sum(transferred(side)));
    if (side !== "widget") continue;
    const preloaded = await run(side, "load", { network, query: "?extra=preload" });
    for (const [name, time] of Object.entries(preloaded)) keep(`${key}.${name}`, "preloaded", time);
    if (transferred(side).length !== 3) fail("A file that the page preloads is not used.");
  }
  const { put } = await run(side, "choose");
  keep("choose.put", side, put);
  const { added, longest, long, cpu } = await run(side, "many", { argument: FILES, query: "?start=manual", isTraced: true });
  keep("many.longest", side, longest);
  keep("many.cpu", side, cpu);
  keep("many.long", side, long);
  keep("many.added", side, added);
}

/** Runs a function of `bench` in a fresh context, and returns its result. A traced run also has the most processor time
 * that a task took, which is the same on a busy machine. */
async function run(side, name, { network, argument, query = "", width = 1280, isTraced = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const errors = [];
  let timer;
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await page.addInitScript(install, side);
    const session = await context.newCDPSession(page);
    if (network) {
      const { down, up, latency, cpu } = network;
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: down, uploadThroughput: up });
      await session.send("Emulation.setCPUThrottlingRate", { rate: cpu });
    }
    await page.goto(`${site.url}/${side}${query}`, { waitUntil: "commit", timeout: TIMEOUT });
    const late = new Promise((_, reject) => {
      timer = setTimeout(reject, TIMEOUT, new Error(`nothing happened for ${TIMEOUT / 1000} s`));
    });
    if (isTraced) await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
    const result = await Promise.race([page.evaluate(([name, argument]) => bench[name](argument), [name, argument]), late]);
    return isTraced ? { ...result, cpu: mostProcessorTime(await browser.stopTracing()) } : result;
  } catch (error) {
    const seen = errors.length > 0 ? `\nErrors of the page: ${errors.join("; ")}` : "";
    throw new Error(`${NAMES[side]} does not work: ${name}(): ${error.message.split("\n")[0]}${seen}`, { cause: error });
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

/** The milliseconds of processor time of the task that took the most between the marks of `bench`. */
function mostProcessorTime(trace) {
  const { traceEvents } = JSON.parse(trace.toString());
  const [from, to] = ["bench-from", "bench-to"].map((mark) => traceEvents.find(({ name }) => name === mark));
  const isTask = ({ name, ph, pid, tid, ts, dur }) =>
    name.endsWith("RunTask") && ph === "X" && pid === from.pid && tid === from.tid && ts + dur >= from.ts && ts <= to.ts;
  const tasks = traceEvents.filter(isTask);
  if (!tasks.some(({ tdur }) => tdur > 0)) fail("The trace has no processor time.");
  return Math.max(...tasks.map(({ dur, tdur = 0 }) => Math.min(dur, tdur))) / 1000;
}

/** The bytes that each file took since the page was requested. */
function transferred(side) {
  const found = [...site.sent].filter(([path]) => path.startsWith(`/${side}/`));
  for (const [path, bytes] of found) {
    const { compressed } = files[side].find(({ name }) => path === `/${side}/${name}`);
    if (bytes !== compressed.length) fail(`${path} was sent as ${bytes} bytes, and its brotli form has ${compressed.length}.`);
  }
  return found.map(([, bytes]) => bytes);
}

/** The medians of all pages and their largest figures, and the widget's median in relation to Uppy's. */
function medians({ widget, preloaded, uppy }) {
  const [ours, theirs] = [median(widget), median(uppy)];
  const sooner = preloaded.length > 0 ? median(preloaded) : undefined;
  return { widget: ours, preloaded: sooner, uppy: theirs, most: { widget: Math.max(...widget), uppy: Math.max(...uppy) }, ...(ours > 0 && theirs > 0 && { ratio: Number((ours / theirs).toPrecision(2)) }) };
}

function print({ machine, browser, uppy, rounds, medians, shifts }) {
  const line = (...cells) => console.log(`| ${cells.join(" | ")} |`);
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
  const milliseconds = (ms) => `${ms.toFixed(0)} ms`;
  const longTask = (ms, most) => {
    const middle = ms > 0 ? milliseconds(ms) : "none above 50 ms";
    return most > ms ? `${middle} (at most ${milliseconds(most)})` : middle;
  };
  const row = (title, name, form) => {
    const { widget, preloaded, uppy, most, ratio } = medians[name];
    line(title, form(widget, most.widget), preloaded ? form(preloaded) : "", form(uppy, most.uppy), ratio ?? "");
  };
  const many = `${FILES.toLocaleString("en")} files`;
  console.log(`${machine.cpu}, ${machine.cores} cores, load ${machine.load.join(" to ")}; Chromium ${browser}`);
  console.log(`${Object.entries(uppy).map(([name, version]) => `${name} ${version}`).join(", ")}; medians of ${rounds} rounds\n`);
  line("", "widget", "widget, preloaded", "Uppy", "widget ÷ Uppy");
  line("---", "---:", "---:", "---:", "---:");
  row("scripts, styles and wasm, as transferred (brotli)", "bytes", kilobytes);
  for (const [key, { title }] of Object.entries(NETWORKS)) {
    row(`${title}: button visible`, `${key}.visible`, seconds);
    row(`${title}: chosen file listed`, `${key}.listed`, seconds);
    row(`${title}: chosen file taken`, `${key}.taken`, seconds);
    row(`${title}: first PUT sent`, `${key}.put`, seconds);
  }
  row("choice of a file to its first PUT, no throttling", "choose.put", milliseconds);
  row(`${many}: longest task`, "many.longest", longTask);
  row(`${many}: longest task, processor time`, "many.cpu", milliseconds);
  row(`${many}: all tasks above 50 ms`, "many.long", longTask);
  row(`${many}: all are added after`, "many.added", milliseconds);
  console.log("");
  line("layout shift while loading", ...WIDTHS.map((width) => `${width} px`));
  line("---", ...WIDTHS.map(() => "---:"));
  for (const [name, values] of Object.entries(shifts)) line(name, ...WIDTHS.map((width) => String(Number(values[width].toFixed(4)))));
}
