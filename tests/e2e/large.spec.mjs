// Big files: nothing of them is held in memory, and what arrives is what was sent. Without proxies in between.
import { readFile } from "node:fs/promises";
import { filled, sha256, sparse, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

const MIB = 1 << 20;
/** No part of a file of this size is made larger. */
const LARGEST_PART = 64 * MIB;

/** The memory of a process in bytes, without the files that it has mapped. */
async function held(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const of = (name) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"))?.[1] ?? 0) * 1024;
  return of("RssAnon") + of("RssShmem");
}

/** Watches the memory of the browser's processes of one kind until `stop()`, which gives `{ first, most }`. */
async function watchMemory(browser, page, type) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const pids = processInfo.filter((process) => process.type === type).map((process) => process.id);
  const now = async () => {
    const sizes = await Promise.all(pids.map((pid) => held(pid).catch(() => 0)));
    return Math.max(...sizes);
  };
  const collect = await page.context().newCDPSession(page);
  await collect.send("HeapProfiler.collectGarbage");
  const first = await now();
  let most = first;
  let going = true;
  const loop = (async () => {
    while (going) {
      most = Math.max(most, await now());
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    going = false;
    await loop;
    return { first, most, grown: most - first };
  };
}

test("300 MiB arrive as they are", { tag: "@slow" }, async ({ ownLab, page, folder }) => {
  test.setTimeout(900_000);
  const lab = await ownLab([], { direct: true });
  const path = await filled(folder, "movie.mp4", 300 * MIB);
  const widget = await lab.open(page);
  await widget.choose(path);
  const result = await widget.arrived("movie.mp4", { timeout: 500_000 });
  expect(result).toMatchObject({ size: 300 * MIB, type: "video/mp4" });
  expect(await stored(lab, result.key)).toBe(await sha256(path));
});

for (const [words, transport, strategy] of [
  ["in parts by XHR", "xhr", "multipart"],
  ["in one request by fetch", "fetch", "put"],
]) {
  test(`2 GiB go up ${words} while the renderer's memory grows by less than 64 MiB`, { tag: "@slow" }, async ({
    ownLab,
    page,
    browser,
    folder,
  }) => {
    test.setTimeout(900_000);
    const lab = await ownLab([], { direct: true });
    const path = await sparse(folder, "disk.img", 2048 * MIB);
    const widget = await lab.open(page, `<s3-upload endpoint="/uploads" multiple transport="${transport}"></s3-upload>`);
    // The memory that the browser needs once for any upload is not counted.
    await widget.add({ name: "first.txt", text: "first" });
    await widget.arrived("first.txt");
    lab.insist(strategy);
    const stop = await watchMemory(browser, page, "renderer");
    await widget.choose(path);
    const result = await widget.arrived("disk.img", { timeout: 500_000 });
    const memory = await stop();
    test.info().annotations.push({ type: "memory", description: `grown by ${Math.round(memory.grown / MIB)} MiB` });
    expect(result.size).toBe(2048 * MIB);
    expect(await stored(lab, result.key)).toBe(await sha256(path));
    expect(memory.first).toBeGreaterThan(10 * MIB);
    expect(memory.grown, JSON.stringify(memory)).toBeLessThan(64 * MIB);
  });
}

for (const [words, size, every] of [
  ["1 GiB", 1024 * MIB, 2_000],
  ["6 GiB", 6144 * MIB, 4_000],
]) {
  test(`${words} arrive as they are while a connection breaks every few seconds`, { tag: "@slow" }, async ({
    ownLab,
    page,
    browser,
    folder,
  }) => {
    test.setTimeout(2_400_000);
    const lab = await ownLab();
    const path = await sparse(folder, "disk.img", size);
    const widget = await lab.open(page);
    await widget.add({ name: "first.txt", text: "first" });
    await widget.arrived("first.txt");
    const stop = await watchMemory(browser, page, "renderer");
    lab.store.storm(every);
    await widget.choose(path);
    const result = await widget.arrived("disk.img", { timeout: 2_200_000 });
    const { cuts } = lab.store;
    lab.store.storm(0);
    const memory = await stop();
    expect(cuts).toBeGreaterThan(1);
    expect(result.size).toBe(size);
    expect(await stored(lab, result.key)).toBe(await sha256(path));
    expect(memory.grown, JSON.stringify(memory)).toBeLessThan(64 * MIB);
    // Sent again is only what was cut, at most a part at a time, and not the file.
    const resent = lab.store.bytes("PUT") - size;
    test.info().annotations.push({ type: "network", description: `${cuts} cuts, ${Math.round((resent / size) * 100)} % sent again` });
    expect(resent).toBeGreaterThan(0);
    expect(resent).toBeLessThanOrEqual(cuts * LARGEST_PART + MIB);
    expect(await lab.left()).toEqual([]);
  });
}
