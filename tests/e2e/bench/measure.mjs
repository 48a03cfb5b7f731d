// One measurement: a competitor does a work on a fresh page, and what arrived is verified.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { objects, placeOf, sparse } from "../files.mjs";
import { start } from "../server.mjs";
import { siteFiles } from "./bundle.mjs";
import { startMock } from "./mock/mock.mjs";
import { look, rest, watch } from "./processes.mjs";
import { verifyLarge, verifySmall } from "./verify.mjs";

/** A bench: the mock, the real server's site, and files on disk, for measurements in one browser. */
export async function openBench(browser, { isSmoke = false } = {}) {
  const files = await siteFiles();
  const folder = await mkdtemp(join(tmpdir(), "s3-upload-bench-"));
  for (const { name, content } of files) await writeFile(join(folder, name), content);
  const mock = await startMock(files);
  const disk = new Map();
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const root = processInfo.find(({ type }) => type === "browser").id;
  if ((await look(root)).pss === 0) throw new Error("The memory of the browser's processes cannot be read.");
  const bench = { browser, mock, folder, root, isSmoke };

  return {
    /** `{ milliseconds, memory, cpu, requests }`; the requests are `undefined` where the mock does not see them. */
    async measure(work, competitor, seed) {
      const { size, isOnDisk } = work.files;
      if (isOnDisk && !disk.has(size)) disk.set(size, await sparse(folder, `${size}.bin`, size));
      const backend = work.isReal ? await realBackend(folder) : await mockBackend(mock, work, seed);
      try {
        const figures = await inPage(bench, backend, work, competitor, disk.get(size));
        const { counts, stored } = await backend.report();
        if (isOnDisk) await verifyLarge(stored, disk.get(size));
        else verifySmall(stored, work.files);
        return { ...figures, requests: counts };
      } finally {
        await backend.stop();
      }
    },

    async close() {
      await mock.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function inPage({ browser, root, isSmoke }, backend, work, { page: path }, file) {
  const context = await browser.newContext();
  const errors = [];
  let timer;
  let watched;
  try {
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.goto(`${backend.url}/${path}`);
    await page.evaluate((work) => bench.prepare(work), work);
    if (file) {
      await page.setInputFiles("#files", file);
      await page.evaluate(() => bench.take());
    } else await page.evaluate((files) => bench.make(files), work.files);
    if (!isSmoke) await rest(root);
    await backend.count();
    watched = await watch(root);
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it was not done after ${work.minutes} minutes`)), work.minutes * 60_000);
    });
    const milliseconds = await Promise.race([page.evaluate((work) => bench.run(work), work), late]);
    return { milliseconds, ...(await watched.stop()) };
  } catch (error) {
    const message = error.message.split("\n")[0].replace(/^page\.evaluate: (Error: )?/, "");
    throw new Error([message, ...errors.slice(0, 1)].join("; "), { cause: error });
  } finally {
    clearTimeout(timer);
    await watched?.stop();
    await context.close();
  }
}

async function mockBackend(mock, { delays, faults, link, partSize }, seed) {
  const { url } = await mock.begin({ delays, faults, link, partSize, seed });
  return {
    url,
    count: () => mock.count(),
    async report() {
      const { counts, objects } = await mock.report();
      return { counts, stored: objects };
    },
    async stop() {},
  };
}

/** The project's server with its embedded store, which also serves the pages. */
async function realBackend(folder) {
  const server = await start({ site: folder });
  return {
    url: server.url,
    async count() {},
    async report() {
      const keys = await objects(server);
      const stored = keys.map(async (key) => {
        const content = await readFile(placeOf(server, key));
        return { parts: [{ size: content.length, crc: crc32(content) }] };
      });
      return { stored: await Promise.all(stored) };
    },
    stop: () => server.stop(),
  };
}
