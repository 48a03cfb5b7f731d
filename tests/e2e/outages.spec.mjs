// A side that is down for a while: nothing fails, the rows say whom they wait for, it is asked seldom, and everything arrives
// once when it is back. Page, backend and store have an origin each.
import { filled, objects, sha256, sha256of, stored } from "./files.mjs";
import { cut, FaultProxy, Gate, hold, respond, s3Error } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { PageRequests, quiet } from "./page-requests.mjs";
import { Widget } from "./widget.mjs";

const CREATE = ["POST", /^\/uploads$/];
const COMPLETE = ["POST", /^\/uploads\/.+\/complete$/];
const MIB = 1 << 20;
/** Small files, of which more are added than there are lanes; and one in parts. */
const NAMES = Array.from({ length: 9 }, (_, index) => `${index + 1}.txt`);
const LARGE = "movie.mp4";
/** The longest time from the end of an outage to the next request, in s: the longest pause. */
const LONGEST_PAUSE = 30;

/** As a gateway answers whose service is down: to preflights too, and without CORS headers. */
async function gateway(exchange) {
  await exchange.text();
  exchange.answer(502, { "content-type": "text/html" }, "<html><body>Bad gateway</body></html>");
}

const KINDS = {
  "the store refuses connections": { side: "store", at: "PUT" },
  "the store answers 503": { side: "store", at: "PUT", fault: s3Error(503, "SlowDown", "Please reduce your request rate.") },
  "the store's gateway answers 502 without CORS headers": { side: "store", at: "PUT", fault: gateway },
  "the backend's connections are reset": { side: "backend", at: CREATE, fault: cut() },
  "the backend's gateway answers 502 without CORS headers to completes": { side: "backend", at: COMPLETE, fault: gateway, only: COMPLETE },
};

class Outage {
  constructor(page, lab, { side, at, fault, only }) {
    const words = { store: /^Waiting for the storage/, backend: /^Waiting for the server/ }[side];
    Object.assign(this, { requests: new PageRequests(page), proxy: lab[side], at, fault, active: false, gate: new Gate(), words });
    const concerned = ({ method, url, headers }) => {
      if (!this.active) return false;
      const wanted = method === "OPTIONS" ? headers["access-control-request-method"] : method;
      return !only || (wanted === only[0] && only[1].test(url.split("?")[0]));
    };
    this.proxy.on(concerned, hold(this.gate, fault ?? cut()), { times: Infinity, probes: true });
  }

  /** From now on some requests of this kind wait, after the first so many; then the outage begins, and they are let go into
   * it. A browser opens six connections to a host: others are left for what carries the first files home. */
  after(count) {
    this.proxy.on(this.at, hold(this.gate, (exchange) => (this.active ? (this.fault ?? cut())(exchange) : exchange.passOn())), {
      times: 3,
      skip: count,
    });
  }

  /** From now on each request fails. Those that the backend or the store already has are answered before the first failure,
   * and the page has read the answers: a later answer would end the outage for the widget. */
  async begin() {
    this.active = true;
    const earlier = async () => {
      const held = this.proxy.log.filter(({ ended, fault }) => fault && !ended).length;
      return (await this.requests.to(this.proxy.url)).filter(({ open }) => open).length - held;
    };
    await expect.poll(earlier, { message: "requests from before the outage" }).toBe(0);
    if (!this.fault) await this.proxy.gone();
    this.gate.open();
  }

  /** Requests that carry an upload on, and not those that look for the cause. */
  async asked() {
    const requests = await this.requests.to(this.proxy.url);
    return requests.filter(({ method, url }) => ["PUT", "POST"].includes(method) && !/\?tagging$|\/doctor$/.test(url));
  }

  async end() {
    if (!this.fault) await this.proxy.back();
    this.active = false;
  }
}

/** A page of another origin than both sides, with nine small files and one in parts. */
async function open(page, lab, folder, { clock }) {
  const there = await FaultProxy.listen();
  there.target = lab.server.url;
  there.pages.set("/page", {
    html: `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
      <main><s3-upload multiple endpoint="${lab.url}/uploads" part-size="5MiB" multipart-threshold="8MB"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  if (clock) await page.clock.install();
  await page.goto(`${there.url}/page`);
  const widget = await Widget.ready(page);
  const path = await filled(folder, LARGE, 12 * MIB);
  const add = async () => {
    await widget.add(...NAMES.map((name) => ({ name, type: "text/plain", text: `the text of ${name}` })));
    await widget.choose(path);
  };
  return { there, widget, path, add };
}

/** Every file arrived once, whole, and nothing was sent twice. */
async function allArrived(lab, widget, path, before) {
  const results = await widget.events("success");
  expect(await widget.events("error")).toEqual([]);
  expect(results.map(({ name }) => name).sort()).toEqual([...NAMES, LARGE].sort());
  const fresh = (await objects(lab)).filter((key) => !before.includes(key));
  expect(fresh.sort()).toEqual(results.map(({ result }) => result.key).sort());
  for (const { name, result } of results) {
    expect(await stored(lab, result.key)).toBe(name === LARGE ? await sha256(path) : sha256of(`the text of ${name}`));
  }
  expect(await lab.left()).toEqual([]);
  const taken = lab.store.requests("PUT").filter(({ status }) => status === 200);
  const places = taken.map(({ path, part }) => `${path}#${part ?? ""}`);
  expect(places.length, "nothing is stored twice").toBe(new Set(places).size);
  expect(places).toHaveLength(NAMES.length + 3);
}

/** Waits until a row says that it waits for the side that is down. */
function says(widget, words) {
  return expect(widget.status(widget.rows).filter({ hasText: words }).first()).toBeVisible();
}

for (const [title, kind] of Object.entries(KINDS)) {
  test.describe(title, () => {
    for (const [seconds, { midway }] of [
      [20, { midway: false }],
      [90, { midway: true }],
    ]) {
      test(`for ${seconds} s, ${midway ? "after some files arrived" : "from the first request on"}`, async ({ ownLab, page, folder }) => {
        const lab = await ownLab();
        const before = await objects(lab);
        const outage = new Outage(page, lab, kind);
        if (midway) outage.after(2);
        const { there, widget, path, add } = await open(page, lab, folder, { clock: true });
        if (!midway) await outage.begin();
        await add();
        if (midway) {
          await outage.gate.reached;
          await expect.poll(async () => (await widget.events("success")).length).toBeGreaterThan(0);
          await outage.begin();
        }
        await says(widget, outage.words);
        // After the first failure each file waits for itself; after the second one it is an outage, and from here on one
        // request asks now and then.
        await expect(widget.part("offline")).toHaveText(/does not answer/);
        const { length: earlier } = await outage.asked();
        for (let passed = 0; passed < seconds; passed += 1) {
          await quiet(page);
          await page.clock.fastForward(1000);
        }
        await says(widget, outage.words);
        const times = (await outage.asked()).slice(earlier).map(({ at }) => at);
        expect(times.length, "requests during the outage").toBeGreaterThan(0);
        // By the page's clock, whatever the machine's load: each pause is twice the one before it, less a fifth at most.
        const pauses = times.slice(1).map((at, index) => at - times[index]);
        pauses.forEach((pause, index) => expect(pause, `pauses ${pauses} ms`).toBeGreaterThanOrEqual(800 * Math.min(2 ** (index + 1), 30)));
        expect(await widget.events("error")).toEqual([]);
        await outage.end();
        let passed = 0;
        await expect
          .poll(
            async () => {
              const arrived = (await widget.events("success")).length;
              // Time is moved on only as far as the next question may be away.
              if (arrived < NAMES.length + 1 && passed < LONGEST_PAUSE) {
                await quiet(page);
                await page.clock.fastForward(1000);
                passed += 1;
              }
              return arrived;
            },
            { timeout: 120_000, intervals: [50], message: "files that arrived" },
          )
          .toBe(NAMES.length + 1);
        await allArrived(lab, widget, path, before);
        await there.close();
      });
    }

    for (const seconds of kind.side === "store" && !kind.fault ? [3, 20] : [3]) {
      test(`for ${seconds} s by the clock on the wall`, async ({ ownLab, page, folder }) => {
        const lab = await ownLab();
        const before = await objects(lab);
        const outage = new Outage(page, lab, kind);
        outage.after(2);
        const { there, widget, path, add } = await open(page, lab, folder, { clock: false });
        await add();
        await outage.gate.reached;
        await outage.begin();
        // The length of the outage itself.
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        await says(widget, outage.words);
        await outage.end();
        await widget.all(NAMES.length + 1, { timeout: 120_000 });
        await allArrived(lab, widget, path, before);
        await there.close();
      });
    }
  });
}

test.describe("a store without a CORS rule is no outage", () => {
  for (const [title, extra, check] of [
    [
      "found by the server: said at once, and final",
      [],
      async (widget, row) => {
        await expect(row).toHaveAttribute("data-status", "failed");
        expect(await widget.events("error")).toMatchObject([{ error: { code: "blocked-cors" } }]);
      },
    ],
    ["that nobody looks at: named, while it is asked again", ["--doctor", "off"], (widget, row) => expect(widget.status(row)).toContainText("CORS")],
  ]) {
    test(title, async ({ ownLab, page }) => {
      const lab = await ownLab(["--store-cors", "off", ...extra]);
      const widget = await lab.open(page);
      await widget.add({ name: "a.txt", type: "text/plain", text: "a" });
      await check(widget, widget.row("a.txt"));
    });
  }
});

test("an outage has an end when the page wants one", async ({ ownLab, page }) => {
  const lab = await ownLab();
  lab.store.on("PUT", respond({ status: 503 }), { times: Infinity });
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" outage-limit="60"></s3-upload>', { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  await says(widget, /^Waiting for the storage/);
  await widget.comesTo(widget.row("a.txt"), "failed");
  expect(await widget.events("error")).toMatchObject([{ error: { code: "store-refused", status: 503 } }]);
});
