// The parts that the specs share: the server behind two fault-injecting proxies, a page with the widget, and a check after every
// test that no signature of an upload's address was said anywhere. Specs import `test` and `expect` from here.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultProxy, respond } from "./faults.mjs";
import { unfinished } from "./files.mjs";
import { record } from "./page-requests.mjs";
import { ended, expect, test as base, running, start } from "./server.mjs";
import { Widget } from "./widget.mjs";

export { expect };

/** A server, with `backend` and `store` as proxies in front of it. Pages come from the backend's address. */
export class Lab {
  /** `direct`: browsers reach the store without a proxy in between. */
  static async start({ extra = [], direct = false } = {}) {
    const [backend, store] = await Promise.all([FaultProxy.listen(), FaultProxy.listen()]);
    const front = direct ? [] : ["--public-endpoint", store.url];
    const server = await start({ extra: ["--log", "debug", ...front, ...extra] });
    backend.target = server.url;
    store.target = server.store;
    const lab = Object.assign(new Lab(), { backend, store, server, data: server.data, url: backend.url });
    await lab.reset();
    return lab;
  }

  /** As new, but for what the store holds. */
  async reset() {
    this.backend.reset();
    this.store.reset();
    this.before = new Set(await unfinished(this));
  }

  async stop() {
    await Promise.all([this.backend.close(), this.store.close()]);
    await this.server.stop();
  }

  /** The multipart uploads of this test that the store keeps: none, when all were completed or aborted. */
  async left() {
    return (await unfinished(this)).filter((name) => !this.before.has(name));
  }

  /** From now on files go by this strategy, `put` or `multipart`, whatever their size. Faults of the create go first. */
  insist(strategy) {
    const instead = respond(async (request, body) => {
      const answer = await fetch(`${this.server.url}/uploads`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...JSON.parse(body), accepts: [strategy] }),
      });
      return { status: answer.status, headers: { "content-type": "application/json" }, body: await answer.text() };
    });
    return this.backend.on(["POST", "/uploads"], instead, { times: Infinity });
  }

  /** Opens a page with this body, and waits for the widgets in it. `clock`: time can be moved by the test, and the random
   * waits before a retry are the same each time: at first nearly half a second, then nearly a second. */
  async open(page, body = '<s3-upload endpoint="/uploads" multiple></s3-upload>', { clock = false, head = "" } = {}) {
    this.backend.pages.set("/page", { html: pageOf(body, head) });
    if (clock) {
      await page.clock.install();
      await page.addInitScript(() => (Math.random = () => 0.9));
    }
    await page.goto(`${this.url}/page`);
    return Widget.ready(page);
  }

  /** Opens a page on which the widget itself does not arrive before the gate opens. */
  async openBefore(page, gate, body = '<s3-upload endpoint="/uploads" multiple></s3-upload>', { head } = {}) {
    await page.route("**/s3-upload-core.js*", async (route) => {
      await gate.opened;
      await route.continue();
    });
    this.backend.pages.set("/page", { html: pageOf(body, head) });
    await page.goto(`${this.url}/page`);
  }
}

export function pageOf(body, head = "") {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Test</title>
    <link rel="icon" href="data:,">
    ${head || '<script type="module" src="/s3-upload.js"></script>'}
  </head>
  <body><main><h1>Test</h1>${body}</main></body>
</html>`;
}

export const test = base.extend({
  sharedLab: [
    async ({}, use) => {
      const lab = await Lab.start();
      await use(lab);
      await lab.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  /** The worker's lab, without any rule. */
  lab: async ({ sharedLab }, use) => {
    await sharedLab.reset();
    await use(sharedLab);
    await sharedLab.reset();
  },

  /** A lab of the test's own, with more arguments for the server's command line: `await ownLab(["--expires", "5"])`. */
  ownLab: async ({}, use) => {
    const labs = [];
    await use(async (extra = [], more = {}) => {
      const lab = await Lab.start({ extra, ...more });
      labs.push(lab);
      return lab;
    });
    await Promise.all(labs.map((lab) => lab.stop()));
  },

  /** A folder for the test's files. */
  folder: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "s3-upload-files-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true });
  },

  // Only the lab's addresses are used.
  baseURL: async ({}, use) => use(undefined),

  /** After every test: what was signed for writing must not have been said by the widget or the server. */
  secrets: [
    async ({ context, page }, use, info) => {
      const signatures = new Set();
      context.on("request", (request) => {
        const [, signature] = request.url().match(/[?&]X-Amz-Signature=([^&]+)/) ?? [];
        if (signature && request.method() !== "GET") signatures.add(signature);
      });
      await context.addInitScript(listen);
      await context.addInitScript(record);
      ended.clear();
      await use(signatures);
      // By now the test's own servers have ended.
      if (info.status !== info.expectedStatus) return;
      const said = await heard(page);
      for (const [name, log] of logs()) said[name] = log;
      expect(leaks(said, signatures)).toEqual([]);
    },
    { auto: true },
  ],
});

/** Lines that tell a signature: `where: line`. The link to read a stored file is signed as well; the page and its events
 * may have that, since it was asked for. */
export function leaks(said, signatures) {
  const found = [];
  for (const [where, text] of Object.entries(said)) {
    const forbidden = [...signatures];
    if (where !== "page" && where !== "events") forbidden.push("X-Amz-Signature");
    for (const line of text.split("\n")) {
      const word = forbidden.find((word) => line.includes(word));
      if (word) found.push(`${where}: …${line.slice(Math.max(0, line.indexOf(word) - 100), line.indexOf(word) + 70)}…`);
    }
  }
  return found.slice(0, 5);
}

function* logs() {
  for (const server of [...running, ...ended]) yield [`log of ${server.url}`, server.log.join("\n")];
}

/** Everything that the page's scripts wrote and dispatched, and all that is in its tree. */
export async function heard(page) {
  if (page.isClosed()) return {};
  return page.evaluate(() => {
    const dom = [];
    const walk = (node) => {
      if (node.nodeType === Node.TEXT_NODE) dom.push(node.data);
      for (const attribute of node.attributes ?? []) dom.push(attribute.value);
      if (node.shadowRoot) walk(node.shadowRoot);
      node.childNodes.forEach(walk);
    };
    walk(document);
    return {
      console: (window.said ?? []).join("\n"),
      events: JSON.stringify(window.events ?? []),
      page: dom.join("\n"),
    };
  });
}

/** Runs in the page, before anything else: keeps what scripts say and what the widget dispatches. */
function listen() {
  window.said = [];
  window.events = [];
  window.dialogs = [];
  for (const level of ["log", "info", "warn", "error", "debug"]) {
    const original = console[level];
    console[level] = (...words) => {
      window.said.push(
        words.map((word) => (word instanceof Error ? `${word}\n${word.stack}` : typeof word === "string" ? word : JSON.stringify(word))).join(" "),
      );
      original.apply(console, words);
    };
  }
  window.addEventListener("error", (event) => window.said.push(String(event.message)));
  window.addEventListener("unhandledrejection", (event) => window.said.push(String(event.reason)));
  for (const name of ["add", "reject", "start", "progress", "success", "error", "cancel", "complete"]) {
    window.addEventListener(
      `upload-${name}`,
      (event) => window.events.push({ name, host: event.target.id, detail: JSON.parse(JSON.stringify(event.detail)) }),
      true,
    );
  }
}
