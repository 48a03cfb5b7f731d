// The parts that the contract specs share: other people's backends between the widget and two stores, and the expectations.
// A backend is described by how it is started and how a page's tag names it; each of its tests runs against both stores.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FaultProxy } from "../faults.mjs";
import { filled, sha256 } from "../files.mjs";
import { expect, pageOf, test as base } from "../lab.mjs";
import { Widget } from "../widget.mjs";
import { launch, tool } from "./process.mjs";
import { STORES, Store } from "./stores.mjs";

export { expect };

const MIB = 1 << 20;
const SERVERS = fileURLToPath(new URL("servers/", import.meta.url));
/** The widget as sites load it: a module, what it loads, and its wasm. */
const SCRIPTS = {
  "s3-upload.js": "text/javascript",
  "s3-upload-core.js": "text/javascript",
  "s3-upload-core_bg.wasm": "application/wasm",
  "s3-upload-core_lazy.wasm": "application/wasm",
};
export const ODD = `ünïcödé "quo'te" 名前 #%&+?.txt`;
/** Parts for a file of 20 MiB, and none for smaller ones. */
export const PARTS = 'part-size="5MiB" multipart-threshold="8MB"';

export const test = base.extend({
  /** The worker's stores, each started when it is first asked for: `await stores("ministack")`. */
  stores: [
    async ({}, use) => {
      const started = new Map();
      await use((kind) => {
        if (!started.has(kind)) started.set(kind, Store.start(kind));
        return started.get(kind);
      });
      for (const store of await Promise.allSettled(started.values())) await store.value?.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

/** A server of the folder `servers`, run by this tool. It is told of the store and the page's origin by its environment. */
export function serverOf(needs, file) {
  const start = (store, origin) => {
    const { program } = tool(needs);
    const env = { ...store.environment, ALLOWED_ORIGIN: origin };
    return needs === "GO" ? launch(join(program, file), [], { env }) : launch(program, [join(SERVERS, file)], { env });
  };
  return { needs, start };
}

/** Runs `tests(bench, store)` against each store, of this name. `backend` is `{ needs, start }`; `sameOrigin`: pages come from the address that
 * the backend answers at, since it has no CORS of its own. */
export function contract(title, backend, tests, { sameOrigin = false, stores: kinds = STORES } = {}) {
  for (const kind of kinds) {
    test.describe(`${title}, ${kind}`, () => {
      // One process of the backend, in one worker.
      test.describe.configure({ mode: "default" });
      const lacks = [tool(backend.needs), tool(kind === "ministack" ? "PYTHON" : "NODE")].find(({ missing }) => missing);
      test.skip(Boolean(lacks), lacks?.missing);
      const bench = new Bench();
      test.beforeAll(async ({ stores }) => bench.start(await stores(kind), backend, sameOrigin));
      test.afterAll(() => bench.stop());
      test.beforeEach(() => bench.store.proxy.reset());
      tests(bench, kind);
    });
  }
}

/** A page with the widget, a backend and a store. */
export class Bench {
  async start(store, backend, sameOrigin) {
    this.store = store;
    this.site = await FaultProxy.listen();
    this.backend = await backend.start(store, this.site.url);
    // Backends of another origin are reached through a proxy too, which counts.
    this.front = sameOrigin ? this.site : await FaultProxy.listen();
    this.front.target = this.backend.url;
    await store.allow(this.site.url);
    this.scripts = await Promise.all(
      Object.entries(SCRIPTS).map(async ([name, type]) => [
        `/${name}`,
        { html: await readFile(join(process.env.S3_UPLOAD_DIST, name)), headers: { "content-type": type } },
      ]),
    );
  }

  async stop() {
    await Promise.all([this.site?.close(), this.front?.close(), this.backend?.stop()]);
  }

  /** The address of the backend for the page. */
  get url() {
    return this.front.url;
  }

  /** Opens a page with a widget that has these attributes; in `endpoint`, `$` is the backend's address. */
  async open(page, attributes, { clock = false, around = (tag) => tag, path = "/page" } = {}) {
    const tag = around(`<s3-upload multiple ${attributes.replaceAll("$", this.url)}></s3-upload>`);
    const head = '<script type="module" src="/s3-upload.js"></script>';
    for (const [name, script] of this.scripts) this.site.pages.set(name, script);
    if (path === "/page") this.site.pages.set("/page", { html: pageOf(tag, head) });
    const query = path === "/page" ? "" : `?${new URLSearchParams({ body: tag, head })}`;
    if (clock) await page.clock.install();
    await page.goto(`${this.site.url}${path}${query}`);
    return Widget.ready(page);
  }

  /** The requests to the store that carried bytes of a file. */
  get sent() {
    return this.store.proxy.log.filter((entry) => ["PUT", "POST"].includes(entry.method) && entry.bytes >= 1000 && !entry.probe);
  }

  /** A file on disk, chosen and sent; the one new object of the store is that file. Gives `{ key, result, object }`. */
  async arrives(widget, folder, name, size, { type, parts = 1 } = {}) {
    const before = { keys: await this.store.keys(), unfinished: await this.store.unfinished() };
    const path = await filled(folder, name, size);
    await widget.choose(path);
    await this.#ends(widget, name);
    const result = await widget.arrived(name);
    const fresh = (await this.store.keys()).filter((key) => !before.keys.includes(key));
    expect(fresh, "new objects").toHaveLength(1);
    const object = await this.store.read(fresh[0]);
    expect(object).toMatchObject({ size, type, sha256: await sha256(path) });
    // Not every backend tells it; what is told is true.
    expect([fresh[0], undefined, null]).toContain(result.key);
    expect((await this.store.unfinished()).filter((id) => !before.unfinished.includes(id))).toEqual([]);
    expect(this.sent, "requests that carried the file").toHaveLength(parts);
    await expect(widget.status(widget.row(name))).toHaveText("Uploaded");
    return { key: fresh[0], result, object };
  }

  /** Waits until a file arrived; one that failed says why at once. */
  async #ends(widget, name) {
    const row = widget.row(name);
    await expect.poll(() => row.getAttribute("data-status"), { timeout: 120_000, intervals: [50, 50, 100] }).toMatch(/completed|failed/);
    if ((await row.getAttribute("data-status")) === "completed") return;
    const [error] = await widget.events("error");
    throw new Error(`failed: ${await widget.status(row).textContent()}\n${JSON.stringify(error?.error, null, 2)}`);
  }

  /** A file that nobody takes: the words that the person reads, and nothing in the store. */
  async refused(page, attributes, file, words, how = {}) {
    const before = await this.store.keys();
    const widget = await this.open(page, attributes, { clock: true, ...how });
    await widget.add(file);
    const row = widget.row(file.name);
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText(words);
    expect(await this.store.keys()).toEqual(before);
    expect(this.sent).toEqual([]);
    return widget;
  }
}

/** The three files that every backend must bring home. `parts` is how many a file of 20 MiB takes; `key`: whether the
 * page learns the object's key; `check` is told what arrived. */
export function threeFiles(bench, attributes, { parts = 1, key = true, how = {}, check = () => {} } = {}) {
  const files = [
    ["a small file", "photo.jpg", 4099, "image/jpeg", 1],
    ["a file of 20 MiB", "movie.mp4", 20 * MIB, "video/mp4", parts],
    ["a file with an odd name", ODD, 2048, "text/plain", 1],
  ];
  for (const [title, name, size, type, parts] of files) {
    test(title, async ({ page, folder }) => {
      const widget = await bench.open(page, attributes, how);
      const arrived = await bench.arrives(widget, folder, name, size, { type, parts });
      if (key) expect(arrived.result.key).toBe(arrived.key);
      await check({ ...arrived, widget, page, name, size, type });
    });
  }
}
