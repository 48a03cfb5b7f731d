// The speed of the widget beside the least that a page could do: a bare loop of fetch, and one of XHR, over URLs of the
// same server, in the same browser, with as many requests at once. This is no test: it judges nothing. `cargo xtask bench`
// builds what it needs; ROUNDS and SIZE_MIB make it shorter.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import config from "./playwright.config.mjs";
import { sparse } from "./files.mjs";
import { start } from "./server.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SIZE = Number(process.env.SIZE_MIB ?? 1024) * 2 ** 20;
const FILES = 500;
const FILE_SIZE = 10 * 1024;
const AT_ONCE = 5;

const server = await start();
const folder = await mkdtemp(join(tmpdir(), "s3-upload-bench-"));
const browser = await chromium.launch(config.use.launchOptions);
try {
  const big = await sparse(folder, "big.bin", SIZE);
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.evaluate(install, { AT_ONCE, FILES, FILE_SIZE });
  await page.evaluate(() => customElements.whenDefined("s3-upload"));
  // The widget itself is loaded before anything is measured.
  await page.locator("s3-upload input[type=file]").waitFor({ state: "attached" });

  const ways = ["widget", "fetch", "xhr"];
  const seconds = { multipart: {}, small: {} };
  for (const way of ways) {
    seconds.multipart[way] = [];
    seconds.small[way] = [];
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    // Turns change, so that no way always goes first.
    for (const way of ways.map((_, at) => ways[(at + round) % ways.length])) {
      await page.setInputFiles("#bench", big);
      seconds.multipart[way].push(await page.evaluate((way) => bench.multipart(way), way));
      seconds.small[way].push(await page.evaluate((way) => bench.small(way), way));
    }
  }

  const report = {
    browser: browser.version(),
    rounds: ROUNDS,
    atOnce: AT_ONCE,
    multipart: summary(seconds.multipart, SIZE / 2 ** 20, "MiB/s"),
    small: summary(seconds.small, FILES, "files/s"),
  };
  print(`one file of ${SIZE / 2 ** 20} MiB in parts`, report.multipart);
  print(`${FILES} files of ${FILE_SIZE / 1024} KiB`, report.small);
  const out = process.env.S3_UPLOAD_BENCH ?? "bench.json";
  await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nSaved as ${out}`);
} finally {
  await browser.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** The medians, and the widget's speed as a ratio to each bare loop. */
function summary(seconds, amount, unit) {
  const result = { unit };
  for (const [way, times] of Object.entries(seconds)) {
    const sorted = times.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)];
    result[way] = { seconds: times.map(rounded), speed: rounded(amount / median) };
  }
  for (const way of ["fetch", "xhr"]) result[way].widgetIs = rounded(result.widget.speed / result[way].speed);
  return result;
}

function rounded(value) {
  return Number(value.toFixed(2));
}

function print(title, { unit, ...ways }) {
  console.log(`\n${title.padEnd(34)}${unit.padStart(10)}   the widget is   seconds of each round`);
  for (const [way, { speed, widgetIs, seconds }] of Object.entries(ways)) {
    const name = way === "widget" ? "widget" : `bare ${way}`;
    const ratio = widgetIs === undefined ? "" : `${widgetIs.toFixed(2)} × as fast`;
    console.log(`  ${name.padEnd(32)}${speed.toFixed(1).padStart(10)}   ${ratio.padEnd(16)}${seconds.join("  ")}`);
  }
}

/** Runs in the page. */
function install({ AT_ONCE, FILES, FILE_SIZE }) {
  const input = Object.assign(document.createElement("input"), { type: "file", id: "bench" });
  document.body.append(input);

  const ask = async (method, path, body) => {
    const response = await fetch(`/uploads${path}`, {
      method,
      headers: { "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path.slice(-9)}: ${response.status}`);
    return response.status === 204 ? undefined : response.json();
  };

  const put = {
    async fetch({ url, headers = {} }, body, type) {
      const response = await fetch(url, { method: "PUT", headers: { "content-type": type, ...headers }, body });
      if (!response.ok) throw new Error(`PUT: ${response.status}`);
      return response.headers.get("etag");
    },
    xhr({ url, headers = {} }, body, type) {
      return new Promise((resolve, reject) => {
        const xhr = new XMLHttpRequest();
        xhr.open("PUT", url);
        for (const [name, value] of Object.entries({ "content-type": type, ...headers })) xhr.setRequestHeader(name, value);
        // A loop that shows progress, as any page that uses XHR does.
        xhr.upload.onprogress = () => {};
        xhr.onload = () => (xhr.status === 200 ? resolve(xhr.getResponseHeader("etag")) : reject(new Error(`PUT: ${xhr.status}`)));
        xhr.onerror = () => reject(new Error("PUT: no answer"));
        xhr.send(body);
      });
    },
  };

  /** Works through a list, so many at once. */
  const each = async (list, work) => {
    const rest = list[Symbol.iterator]();
    const worker = async () => {
      for (const item of rest) await work(item);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };

  const TYPE = "application/octet-stream";
  const bare = {
    async multipart(way, file) {
      const asked = { name: file.name, type: TYPE, size: file.size, accepts: ["multipart"], partSize: 16 * 2 ** 20 };
      const { id, partSize } = await ask("POST", "", asked);
      const numbers = Array.from({ length: Math.ceil(file.size / partSize) }, (_, at) => at + 1);
      const parts = [];
      await each(numbers, async (number) => {
        const body = file.slice((number - 1) * partSize, number * partSize);
        const signed = await ask("POST", `/${id}/parts`, { parts: [{ number, size: body.size }] });
        parts.push({ number, etag: await put[way](signed.parts[0], body, "") });
      });
      parts.sort((a, b) => a.number - b.number);
      await ask("POST", `/${id}/complete`, { parts });
      return [id];
    },
    async small(way, files) {
      const ids = [];
      await each(files, async (file) => {
        const signed = await ask("POST", "", { name: file.name, type: TYPE, size: file.size, accepts: ["put"] });
        await put[way](signed, file, TYPE);
        await ask("POST", `/${signed.id}/complete`, {});
        ids.push(signed.id);
      });
      return ids;
    },
  };

  const widget = async (files) => {
    const element = document.querySelector("s3-upload");
    const complete = new Promise((resolve) => element.addEventListener("upload-complete", resolve, { once: true }));
    element.add(files);
    const { detail } = await complete;
    if (detail.succeeded !== files.length) throw new Error(`${detail.failed} of ${files.length} failed`);
    element.clear();
  };

  const timed = async (work) => {
    const from = performance.now();
    const ids = (await work()) ?? [];
    const seconds = (performance.now() - from) / 1000;
    for (const id of ids) await ask("DELETE", `/${id}`);
    return seconds;
  };

  globalThis.bench = {
    multipart(way) {
      const file = input.files[0];
      return timed(() => (way === "widget" ? widget([file]) : bare.multipart(way, file)));
    },
    small(way) {
      const bytes = new Uint8Array(FILE_SIZE);
      const files = Array.from({ length: FILES }, (_, at) => new File([bytes], `${at}.bin`));
      return timed(() => (way === "widget" ? widget(files) : bare.small(way, files)));
    },
  };
}
