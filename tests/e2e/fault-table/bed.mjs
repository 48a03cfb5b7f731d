// Runs cells of the fault table side by side: one page, and for each cell a widget, a backend and a store of its own, each of
// another origin than the page.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FaultProxy, Gate, hold, strip } from "../faults.mjs";
import { expect, Lab, pageOf } from "../lab.mjs";
import { objects, sha256of, stored } from "../files.mjs";
import { PageRequests } from "../page-requests.mjs";
import { act, signInPage } from "./acts.mjs";
import { KEYS, startBackend } from "./backends.mjs";
import { presignByFunction } from "./presign.mjs";
import { FAULTS, LEFT, TRUSTED, sideOf } from "./table.mjs";

const MIB = 1 << 20;
/** A file in one request, and one in two parts. */
const SIZES = { small: 4 << 10, large: (5 * MIB) + (4 << 10) };
const STARTS_AT_ONCE = 6;
const SCRIPTS = {
  "s3-upload.js": "text/javascript",
  "s3-upload-core.js": "text/javascript",
  "s3-upload-core_bg.wasm": "application/wasm",
  "s3-upload-core_lazy.wasm": "application/wasm",
};

/** The tag's attributes: `$` is the backend's address. */
const TAGS = {
  native: 'endpoint="$/uploads"',
  companion: 'endpoint="$/s3" protocol="companion"',
  "better-upload": 'endpoint="$/api/upload" protocol="better-upload" route="any"',
  auto: 'endpoint="$/sign"',
  presign: 'data-presign="$"',
};

/** Where each step's requests go: a method, and a path. */
const STORE = { put: ["PUT", /./], part: ["PUT", /./], form: ["POST", /./] };
const REQUESTS = {
  native: {
    create: ["POST", /^\/uploads$/],
    sign: ["POST", /^\/uploads\/[^/]+\/parts$/],
    list: ["GET", /^\/uploads\/[^/]+\/parts$/],
    complete: ["POST", /^\/uploads\/[^/]+\/complete$/],
    abort: ["DELETE", /^\/uploads\/[^/]+$/],
  },
  companion: {
    create: ["GET", /^\/s3\/params$/],
    sign: ["GET", /^\/s3\/multipart\/[^/]+\/batch$/],
    list: ["GET", /^\/s3\/multipart\/[^/]+$/],
    complete: ["POST", /^\/s3\/multipart\/[^/]+\/complete$/],
    abort: ["DELETE", /^\/s3\/multipart\/[^/]+$/],
  },
  "better-upload": { create: ["POST", /^\/api\/upload$/], complete: ["POST", /./] },
  auto: { create: ["POST", /^\/sign$/] },
  presign: {
    create: ["POST", /^\/begin$/],
    sign: ["POST", /^\/sign$/],
    list: ["GET", /^\/parts$/],
    complete: ["POST", /^\/complete$/],
    abort: ["DELETE", /^\/upload$/],
  },
};

/** Faults that are about one request, and tell nothing of the service. */
const OF_ONE_REQUEST = ["drip", "hang", "empty", "lost", "truncated", "body", "413", "413-bare"];

/** True if the page or its backend asks for the cause of a missing answer. */
function isQuestion(url) {
  return /\?(tagging|uploadId=none)$|\/doctor$/.test(url);
}

/** The bytes of a file, as the page makes them too. */
function content(size) {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251));
}
const SUMS = Object.fromEntries(Object.entries(SIZES).map(([name, size]) => [name, sha256of(content(size))]));

/** A widget with a backend and a store, in which one step meets one fault. */
class Cell {
  constructor(bed, id, { backend, step, fault, times, expected }) {
    Object.assign(this, { bed, id, backend, step, fault, times, expected });
    this.file = ["create", "put", "form"].includes(step) ? "small" : "large";
    this.title = `${FAULTS[fault].title}, ${step}, ${backend}`;
    this.met = 0;
    this.begun = false;
  }

  async start(origin) {
    this.lab = await Lab.start({ extra: ["--allow-origin", origin, "--store-credentials", `${KEYS.accessKeyId}:${KEYS.secretAccessKey}`] });
    if (this.backend !== "native") {
      this.other = await startBackend(this.backend, this.lab, { form: this.step === "form" });
      this.lab.backend.target = this.other.url;
    }
    this.side = this.lab[sideOf(this.backend, this.step)];
    this.requests = { ...STORE, ...REQUESTS[this.backend] }[this.step];
    signInPage(this.side, { cors: true });
    this.side.on((request) => this.meets(request), act(this.fault, this.bed), { times: Infinity, probes: true });
    if (this.backend === "native" && this.step === "form") this.lab.insist("post");
    // The page cannot read an ETag, so that the parts have to be listed.
    if (this.step === "list") this.lab.store.on("PUT", strip("access-control-expose-headers"), { times: Infinity });
    if (this.step === "abort") {
      this.gate = new Gate();
      this.lab.store.on("PUT", hold(this.gate), { times: Infinity });
      this.gate.reached.then(() => (this.held = true));
    }
  }

  async stop() {
    this.gate?.open();
    await this.other?.stop();
    await this.lab?.stop();
  }

  get tag() {
    const attributes = TAGS[this.backend].replace("$", this.lab.backend.url);
    return `<s3-upload id="${this.id}" ${attributes} part-size="5MiB" multipart-threshold="1MB"></s3-upload>`;
  }

  /** True if a request is one of the step's. A browser asks for permission first, which is no try of its own. */
  is({ method, url, headers }, { preflight = false } = {}) {
    const [wanted, path] = this.requests;
    if (!path.test(url.split("?")[0])) return false;
    return preflight ? method === "OPTIONS" && headers["access-control-request-method"] === wanted : method === wanted;
  }

  /** True if a request meets the fault: the first so many of the step, and whatever looks after the same service meanwhile. */
  meets(request) {
    if (this.over) return false;
    const page = /Mozilla/.test(request.headers["user-agent"] ?? "");
    const step = this.is(request, { preflight: this.fault === "502-all-bare" }) && page && !isQuestion(request.url);
    if (step && this.met >= this.times) {
      this.over = true;
      return false;
    }
    if (step) {
      this.met += 1;
      if (this.fault === "refused" && !this.begun) {
        this.begun = true;
        this.side.gone();
      }
      return true;
    }
    const looks = isQuestion(request.url) || !page || ["GET", "HEAD"].includes(request.method);
    return this.met > 0 && looks && !OF_ONE_REQUEST.includes(this.fault);
  }

  /** A request of the page got no answer. After so many that were refused, the service is back. */
  async unanswered(request) {
    const url = request.url();
    if (!this.begun || this.over || !url.startsWith(`${this.side.url}/`) || isQuestion(url)) return;
    if (!this.is({ method: request.method(), url: url.slice(this.side.url.length), headers: {} })) return;
    this.refused = (this.refused ?? 0) + 1;
    if (this.refused < this.times) return;
    this.over = true;
    await this.side.back();
  }

  /** True while a request is open that gets no answer until the widget aborts it. */
  get hangs() {
    return ["hang", "drip"].includes(this.fault) && this.side.log.some((entry) => entry.fault && !entry.ended);
  }

  /** True if all requests are answered, except those that never are. */
  get isIdle() {
    return this.hangs || (this.lab.backend.open === 0 && this.lab.store.open === 0);
  }

  /** True if nothing is left at the store after a cancel. */
  async isAborted() {
    if ([LEFT, TRUSTED].includes(this.expected)) return this.met > 0;
    return (await this.lab.left()).length === 0 && this.lab.store.open === 0;
  }

  /** Completes that the backend or the store carried out. */
  get completes() {
    if (this.backend === "better-upload") return this.lab.store.requests("POST").filter(({ status, fault }) => status === 200 && !fault).length;
    if (this.other) return this.other.store.completed;
    const [method, path] = REQUESTS.native.complete;
    return this.lab.backend.requests([method, path]).filter(({ status, fault }) => status === 200 && !fault).length;
  }

  /** The signatures of the scripted backends. Those of others are read from the requests. */
  get signatures() {
    return this.other?.store.signatures ?? new Set();
  }

  /** The requests between the page and both sides, for the report of a cell that failed. */
  get evidence() {
    const lines = [this.lab.backend, this.lab.store].map((proxy, at) => {
      const said = proxy.log.map(
        ({ method, path, part, status, fault, probe }) =>
          `${method} ${path.replace(/[\w-]{30,}/g, "…")}${part ? `#${part}` : ""}${probe ? "?" : ""} ${status || "-"}${fault ? "!" : ""}`,
      );
      return `      ${["backend", "store"][at]}: ${said.join(", ")}`;
    });
    return lines.join("\n");
  }

  /** The faults of an upload that arrived. */
  async wrongs() {
    const wrong = [];
    const keys = await objects(this.lab);
    if (keys.length !== 1) wrong.push(`${keys.length} objects`);
    for (const key of keys) {
      if ((await stored(this.lab, key)) !== SUMS[this.file]) wrong.push("another object than the file");
    }
    const left = await this.lab.left();
    if (left.length > 0) wrong.push(`${left.length} unfinished uploads`);
    return wrong;
  }
}

/** A page with a widget for each cell. */
export class Bed {
  static async open(page, cells) {
    const bed = Object.assign(new Bed(), { page });
    bed.site = await FaultProxy.listen();
    const other = await FaultProxy.listen();
    signInPage(other, { cors: false });
    bed.other = other;
    bed.elsewhere = other.url;
    for (const [name, type] of Object.entries(SCRIPTS)) {
      const html = await readFile(join(process.env.S3_UPLOAD_DIST, name));
      bed.site.pages.set(`/${name}`, { html, headers: { "content-type": type } });
    }
    bed.cells = cells.map((cell, at) => new Cell(bed, `c${at}`, cell));
    const queue = [...bed.cells];
    const starts = Array.from({ length: STARTS_AT_ONCE }, async () => {
      for (let cell = queue.shift(); cell; cell = queue.shift()) await cell.start(bed.site.url);
    });
    await Promise.all(starts);
    bed.site.pages.set("/page", { html: pageOf(bed.cells.map((cell) => cell.tag).join("")) });
    await page.clock.install();
    await page.addInitScript(() => (Math.random = () => 0.9));
    bed.requests = new PageRequests(page);
    page.on("requestfailed", (request) => bed.cells.forEach((cell) => cell.unanswered(request)));
    await page.goto(`${bed.site.url}/page`);
    await page.waitForFunction((count) => document.querySelectorAll("s3-upload:defined").length === count, cells.length);
    await page.evaluate(async () => {
      for (const host of document.querySelectorAll("s3-upload")) await host.ready;
    });
    await page.evaluate(presignByFunction);
    return bed;
  }

  async stop() {
    await Promise.all([this.site?.close(), this.other?.close(), ...(this.cells ?? []).map((cell) => cell.stop())]);
  }

  /** Hands each widget its file, and notes all words that a person could read in its row. */
  async begin() {
    const files = Object.fromEntries(this.cells.map((cell) => [cell.id, cell.file]));
    await this.page.evaluate(
      ({ files, sizes }) => {
        const blobs = Object.fromEntries(
          Object.entries(sizes).map(([name, size]) => [name, Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251)]),
        );
        window.words = {};
        const made = {};
        for (const [id, name] of Object.entries(files)) {
          const host = document.getElementById(id);
          const said = (window.words[id] = []);
          new MutationObserver(() => {
            const text = host.shadowRoot.querySelector('[part~="file"] [part="status"]')?.textContent;
            if (text && said.at(-1) !== text) said.push(text);
          }).observe(host.shadowRoot, { subtree: true, childList: true, characterData: true });
          made[name] ??= new File([blobs[name]], `${name}.bin`, { type: "application/octet-stream" });
          host.add([made[name]]);
        }
      },
      { files, sizes: SIZES },
    );
  }

  /** The state of each cell: `{ id: { status, code, words, failures, successes } }`. */
  async look() {
    return this.page.evaluate(() => {
      const seen = {};
      for (const host of document.querySelectorAll("s3-upload")) {
        const [file] = host.files;
        const told = (name) => window.events.filter((event) => event.name === name && event.host === host.id).length;
        seen[host.id] = {
          status: file?.status,
          code: file?.error?.code,
          words: window.words[host.id],
          failures: told("error"),
          successes: told("success"),
        };
      }
      return seen;
    });
  }

  /** Cancels what has come so far that its abort is the next to happen. */
  async cancel(cells) {
    await this.page.evaluate((ids) => ids.forEach((id) => document.getElementById(id).cancel()), cells.map((cell) => cell.id));
  }

  /** Lets this many seconds pass by the page's clock, in steps in which no request that is answered looks stalled. */
  async pass(seconds) {
    await this.quiet();
    for (let passed = 0; passed < seconds; passed += 15) {
      await this.page.clock.fastForward(15_000);
      await this.quiet();
    }
    return this.look();
  }

  /** Waits until no request is under way and none begins, as the page itself sees it: what has a limit of time would else
   * run into it. Requests that are never answered are left out. */
  async quiet() {
    let before = false;
    const answered = async () => {
      if (!this.cells.every((cell) => cell.isIdle)) return false;
      const hanging = this.cells.filter((cell) => cell.hangs).flatMap(({ lab }) => [lab.backend.url, lab.store.url]);
      return (await this.requests.open()).every((url) => hanging.some((origin) => url.startsWith(`${origin}/`)));
    };
    await expect
      .poll(
        async () => {
          const now = await answered();
          const both = now && before;
          before = now;
          return both;
        },
        { intervals: [20], message: "no request is under way" },
      )
      .toBe(true);
  }

  /** Waits until every cell has come to an end, and moves the page's clock on when only silence is waited for. */
  async settle({ patience = 150_000 } = {}) {
    const end = performance.now() + patience;
    for (;;) {
      const seen = await this.look();
      const held = this.cells.filter((cell) => cell.held && seen[cell.id].status === "uploading");
      if (held.length > 0) await this.cancel(held);
      for (const cell of this.cells) if (seen[cell.id].status === "cancelled") cell.gate?.open();
      const open = [];
      for (const cell of this.cells) {
        const { status } = seen[cell.id];
        const over = cell.step === "abort" ? status === "cancelled" : ["completed", "failed", "cancelled"].includes(status);
        const done = over && (cell.step !== "abort" || (await cell.isAborted()));
        if (!done) open.push(cell);
      }
      if (open.length === 0 || performance.now() > end) return { seen, open };
      if (open.every((cell) => cell.hangs)) await this.page.clock.fastForward(31_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
