// Files that go in parts: what is sent, what is sent again and what is not, and what is left behind.
import { filled, objects, sha256, stored } from "./files.mjs";
import { cut, cutAnswer, Gate, holdHalfway, hang, hold, respond, s3Error, strip } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { quiet } from "./page-requests.mjs";

const MIB = 1 << 20;
const SIGN = ["POST", /^\/uploads\/[^/]+\/parts$/];
const LIST = ["GET", /^\/uploads\/[^/]+\/parts$/];
const COMPLETE = ["POST", /^\/uploads\/[^/]+\/complete$/];
const ABORT = ["DELETE", /^\/uploads\/[^/]+$/];
const CREATE = ["POST", "/uploads"];
const TRIES = 6;

async function begin(lab, page, folder, { size = 12 * MIB, attributes = "", clock = true } = {}) {
  lab.insist("multipart");
  const path = await filled(folder, "movie.mp4", size);
  const widget = await lab.open(page, `<s3-upload endpoint="/uploads" part-size="5 MiB" ${attributes}></s3-upload>`, { clock });
  await widget.choose(path);
  return { path, widget, row: widget.row("movie.mp4") };
}

async function intact(lab, widget, path) {
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  expect(await lab.left()).toEqual([]);
  return result;
}

const sent = (lab) => lab.store.requests("PUT").filter((put) => put.status === 200);

test("parts of the asked size, each sent once, put together", async ({ lab, page, folder }) => {
  const { path, widget } = await begin(lab, page, folder);
  const result = await intact(lab, widget, path);
  expect(result).toMatchObject({ size: 12 * MIB, type: "video/mp4" });
  expect(sent(lab).map((put) => [put.part, put.bytes]).sort()).toEqual([[1, 5 * MIB], [2, 5 * MIB], [3, 2 * MIB]]);
  expect(lab.backend.count(CREATE)).toBe(1);
  expect(lab.backend.count(COMPLETE)).toBe(1);
});

/** <https://www.w3.org/TR/resource-timing/#dom-performanceresourcetiming-nexthopprotocol> */
test("the browser knows the protocol of the store when its first response is read", async ({ lab, page, folder }) => {
  await page.addInitScript(() => {
    window.asked = [];
    const entries = performance.getEntriesByName.bind(performance);
    performance.getEntriesByName = (name, ...rest) => {
      const found = entries(name, ...rest);
      const { origin, searchParams } = new URL(name);
      window.asked.push([origin, searchParams.has("partNumber"), found.map((entry) => entry.nextHopProtocol)]);
      return found;
    };
  });
  const { path, widget } = await begin(lab, page, folder, { size: 30 * MIB, clock: false });
  await intact(lab, widget, path);
  // Before the first request to the store there is no entry. The store does not allow the page to read its timing.
  expect(await page.evaluate(() => window.asked)).toEqual([[lab.store.url, true, []], [lab.store.url, true, [""]]]);
});

test("by itself above 64 MiB, and not below", async ({ lab, page, folder }) => {
  const widget = await lab.open(page);
  await widget.choose(await filled(folder, "small.bin", 64 * MIB));
  await widget.arrived("small.bin");
  expect(lab.store.count("PUT")).toBe(1);
  const path = await filled(folder, "big.bin", 64 * MIB + 1);
  await widget.choose(path);
  const result = await widget.arrived("big.bin");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  const parts = lab.store.requests("PUT").slice(1);
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.map((put) => put.part).sort((a, b) => a - b)).toEqual(parts.map((_, index) => index + 1));
});

/** A file of so many MiB in parts of five over two lanes, with the first two parts confirmed and the next two without an
 * answer: only what is confirmed makes room for the next. */
async function halfway(lab, page, folder, size) {
  lab.store.on("PUT", hang(), { times: 2, skip: 2 });
  const begun = await begin(lab, page, folder, { size: size * MIB, attributes: 'concurrency="2"', clock: false });
  await expect.poll(() => lab.store.count("PUT"), { message: "parts under way" }).toBe(4);
  return begun;
}

test("paused and resumed in the middle: nothing that is confirmed is sent again", async ({ lab, page, folder }) => {
  const { path, widget, row } = await halfway(lab, page, folder, 31);
  await widget.button(row, "pause").click();
  await expect(widget.status(row)).toHaveText("Paused");
  await expect.poll(() => lab.store.open, { message: "requests under way" }).toBe(0);
  const shown = Number(await widget.bar(row).getAttribute("aria-valuenow"));

  await widget.button(row, "resume").click();
  await intact(lab, widget, path);
  const after = lab.store.requests("PUT").slice(4);
  expect(after.map((put) => put.part).sort()).toEqual([3, 4, 5, 6, 7]);
  expect(sent(lab).map((put) => put.part).sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const percents = (await widget.events("progress")).map((event) => event.percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(shown).toBeGreaterThan(0);
});

test("removed from the page and put back: goes on where it was", async ({ lab, page, folder }) => {
  const { path, widget } = await halfway(lab, page, folder, 21);
  await page.evaluate(() => (window.kept = document.querySelector("s3-upload")).remove());
  await expect.poll(() => lab.store.open).toBe(0);
  // Lost interest is not lost data.
  expect(lab.backend.count(ABORT)).toBe(0);
  expect((await lab.left()).length).toBeGreaterThan(0);
  await page.evaluate(() => document.querySelector("main").append(window.kept));
  await intact(lab, widget, path);
  expect(lab.backend.count(CREATE)).toBe(1);
  expect(lab.store.requests("PUT").slice(4).map((put) => put.part).sort()).toEqual([3, 4, 5]);
  expect(sent(lab).map((put) => put.part).sort()).toEqual([1, 2, 3, 4, 5]);
});

test("cancelled in the middle: nothing is left at the store", async ({ lab, page, folder }) => {
  const before = await objects(lab);
  const gate = new Gate();
  lab.store.on("PUT", holdHalfway(gate), { times: Infinity, skip: 1 });
  const { widget, row } = await begin(lab, page, folder, { size: 31 * MIB, clock: false });
  await expect.poll(() => sent(lab).length).toBeGreaterThanOrEqual(1);
  await widget.button(row, "cancel").click();
  await expect(row).toHaveAttribute("data-status", "cancelled");
  gate.open();
  await expect.poll(() => lab.backend.requests(ABORT).map((abort) => abort.status)).toEqual([204]);
  await expect.poll(() => lab.store.open).toBe(0);
  // The store may still be reading what arrived of a part whose request was aborted.
  await expect.poll(() => lab.left()).toEqual([]);
  expect(await objects(lab)).toEqual(before);
  // Asked by listing: the upload is gone.
  const [{ path }] = lab.backend.requests(SIGN);
  expect((await fetch(`${lab.url}${path}`)).status).toBe(404);
});

test("a cancel that is lost on the way is tried again", async ({ lab, page, folder }) => {
  const gate = new Gate();
  lab.store.on("PUT", holdHalfway(gate), { times: Infinity, skip: 1 });
  const aborts = lab.backend.on(ABORT, respond({ status: 500 }), { times: 1 });
  const { widget, row } = await begin(lab, page, folder, { size: 31 * MIB, clock: false });
  await expect.poll(() => sent(lab).length).toBeGreaterThanOrEqual(1);
  await widget.button(row, "cancel").click();
  await expect(row).toHaveAttribute("data-status", "cancelled");
  gate.open();
  await expect.poll(() => lab.backend.count(ABORT)).toBe(2);
  expect(aborts.hits).toBe(1);
  await expect.poll(() => lab.left()).toEqual([]);
});

test("the store's CORS rule hides the ETag: completed by listing", async ({ lab, page, folder }) => {
  lab.store.on("PUT", strip("access-control-expose-headers"), { times: Infinity });
  const { path, widget } = await begin(lab, page, folder);
  await intact(lab, widget, path);
  expect(sent(lab)).toHaveLength(3);
});

/** Once, the store says yes to part 2 and keeps nothing. */
function lose(lab) {
  return lab.store.on(
    (request) => request.method === "PUT" && request.url.includes("partNumber=2"),
    respond({ status: 200, headers: { etag: '"00000000000000000000000000000000"' } }),
    { times: 1 },
  );
}

test("a part that the store lost is found by listing, and sent again alone", async ({ lab, page, folder }) => {
  const lost = lose(lab);
  const { path, widget } = await begin(lab, page, folder);
  await intact(lab, widget, path);
  expect(lost.hits).toBe(1);
  expect(lab.backend.count(LIST)).toBe(1);
  expect(lab.backend.requests(COMPLETE).map((complete) => complete.status)).toEqual([409, 200]);
  expect(lab.store.requests("PUT").map((put) => put.part).sort()).toEqual([1, 2, 2, 3]);
});

test("a multipart that is gone starts over, once", async ({ lab, page, folder }) => {
  const gone = lab.store.on("PUT", s3Error(404, "NoSuchUpload", "The specified upload does not exist."), { times: 1 });
  const { path, widget } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  expect(gone.hits).toBe(1);
  expect(lab.backend.count(CREATE)).toBe(2);
});

test("parts whose addresses expired are signed again", async ({ lab, page, folder }) => {
  const expired = lab.store.on("PUT", s3Error(403, "AccessDenied", "Request has expired"), { times: 2 });
  const { path, widget } = await begin(lab, page, folder);
  await intact(lab, widget, path);
  expect(expired.hits).toBe(2);
  expect((await widget.events("success"))[0].attempts).toBe(0);
});

/** The sentence that the person reads when the page wants no longer wait, by step and fault. */
const CUT =
  "The connection broke each time this file was sent. Something in between may limit the size of uploads. Ask the site's owner.";
const UNREACHABLE = "The server could not be reached. Check your internet connection, then try again.";
const HTML = respond({ status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><p>Log in" });
const PAGE = (who) =>
  `The ${who} answered with a web page. If this network ${who === "server" ? "or this site " : ""}asks you to sign in, do so, then try again.`;
const STEPS = {
  create: { where: "backend", match: CREATE },
  sign: { where: "backend", match: SIGN },
  put: { where: "store", match: ["PUT"] },
  list: { where: "backend", match: LIST, before: lose },
  complete: { where: "backend", match: COMPLETE },
};
const FAULTS = {
  "a 500": {
    fault: (step) => (step === "put" ? s3Error(500, "InternalError", "Sorry.") : respond({ status: 500, body: "" })),
    words: (step) =>
      step === "put"
        ? "The storage has an internal problem (InternalError). Try again later."
        : "The server has a problem (status 500). Try again later.",
  },
  "a 503 with Retry-After": {
    fault: (step) =>
      step === "put"
        ? s3Error(503, "SlowDown", "Reduce your request rate.", { "retry-after": "1" })
        : respond({ status: 503, headers: { "retry-after": "1" }, body: "" }),
    words: (step) =>
      step === "put" ? "The storage is busy (SlowDown). Try again later." : "The server is busy (status 503). Try again later.",
  },
  "a 429 with Retry-After": {
    fault: () => respond({ status: 429, headers: { "retry-after": "1" }, body: "" }),
    words: (step) => `The ${step === "put" ? "storage" : "server"} is busy (status 429). Try again later.`,
  },
  "a broken connection": {
    fault: (step) => cut({ after: step === "put" ? 1000 : 0 }),
    // The store answers whatever else this page asks there.
    words: (step) => (step === "put" ? CUT : UNREACHABLE),
  },
  "a lost answer": {
    fault: () => cutAnswer(),
    // The store answers whatever else this page asks there.
    words: (step) => (step === "put" ? CUT : UNREACHABLE),
  },
  "a web page": {
    fault: () => HTML,
    words: (step) => PAGE(step === "put" ? "storage" : "server"),
  },
};

for (const [step, { where, match, before: prepare = () => {} }] of Object.entries(STEPS)) {
  test.describe(`${step} meets`, () => {
    for (const [name, { fault, words }] of Object.entries(FAULTS)) {
      test(`${name}, once`, async ({ lab, page, folder }) => {
        const rule = lab[where].on(match, fault(step), { times: 1 });
        prepare(lab);
        const { path, widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
        await widget.comesTo(row, "completed");
        expect(rule.hits).toBe(1);
        const result = await widget.arrived("movie.mp4");
        expect(await stored(lab, result.key)).toBe(await sha256(path));
        // Exactly once for all that was not at fault.
        expect(sent(lab).filter((put) => !put.fault).map((put) => put.part).sort()).toEqual(
          step === "put" && name === "a lost answer" ? expect.arrayContaining([2, 3]) : [1, 2, 3],
        );
      });

      test(`${name}, for longer than the page wants to wait`, async ({ lab, page, folder }) => {
        const rule = lab[where].on(match, fault(step), { times: Infinity });
        prepare(lab);
        const before = await objects(lab);
        const { widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1" outage-limit="60"' });
        if (step === "put" && name === "a lost answer") {
          // The parts are listed before any is sent again, and they are there.
          await widget.comesTo(row, "completed");
          expect(rule.hits).toBe(3);
          return;
        }
        await widget.comesTo(row, "failed");
        await expect(widget.status(row)).toHaveText(words(step));
        expect(rule.hits).toBeGreaterThan(2);
        expect(await widget.events("error")).toHaveLength(1);
        // A lost answer to the last request may leave a whole object; nothing else does.
        if (name !== "a lost answer") expect(await objects(lab)).toEqual(before);
      });
    }
  });
}

test.describe("abort meets", () => {
  /** A file whose first part is stored and whose second is on its way, cancelled. */
  async function cancelled(lab, page, folder) {
    const gate = new Gate();
    lab.store.on("PUT", hold(gate), { times: 1, skip: 1 });
    const { widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
    await gate.reached;
    await widget.button(row, "cancel").click();
    await expect(widget.status(row)).toHaveText("Cancelled");
    return { widget, row };
  }

  /** Time goes by, so slowly that nothing which is in flight looks stalled, until this is so. */
  const goesBy = (page, what, is) =>
    expect
      .poll(
        async () => {
          await quiet(page);
          await page.clock.fastForward(2_000);
          return what();
        },
        { intervals: [150], timeout: 120_000 },
      )
      .toEqual(is);

  for (const name of Object.keys(FAULTS)) {
    test(`${name}, once: tried again, and nothing is left`, async ({ lab, page, folder }) => {
      const rule = lab.backend.on(ABORT, FAULTS[name].fault("abort"), { times: 1 });
      await cancelled(lab, page, folder);
      await expect.poll(() => rule.hits).toBe(1);
      await goesBy(page, () => [lab.backend.count(ABORT), lab.backend.requests(ABORT).at(-1).status], [2, 204]);
      await expect.poll(() => lab.left()).toEqual([]);
    });

    test(`${name}, always: tried six times, and the person hears nothing of it`, async ({ lab, page, folder }) => {
      const rule = lab.backend.on(ABORT, FAULTS[name].fault("abort"), { times: Infinity });
      const { widget, row } = await cancelled(lab, page, folder);
      await goesBy(page, () => rule.hits, TRIES);
      await expect(widget.status(row)).toHaveText("Cancelled");
      await page.clock.fastForward(600_000);
      await widget.add({ name: "next.txt", text: "next" });
      await widget.arrived("next.txt");
      expect(rule.hits).toBe(TRIES);
      expect(await widget.events("error")).toEqual([]);
    });
  }

  test("no answer: cut after the stall time and tried again", async ({ lab, page, folder }) => {
    const fault = lab.backend.on(ABORT, hang(), { times: 1 });
    await cancelled(lab, page, folder);
    await expect.poll(() => fault.hits).toBe(1);
    await page.clock.fastForward(31_000);
    await goesBy(page, () => [lab.backend.count(ABORT), lab.backend.requests(ABORT).at(-1).status], [2, 204]);
    await expect.poll(() => lab.backend.open, { message: "the request was cut" }).toBe(0);
    await expect.poll(() => lab.left()).toEqual([]);
  });
});

for (const step of ["sign", "list"]) {
  test(`no answer to ${step}: cut after the stall time and asked again`, async ({ lab, page, folder }) => {
    const { match, before = () => {} } = STEPS[step];
    const fault = lab.backend.on(match, hang(), { times: 1 });
    before(lab);
    const { path, widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
    await expect.poll(() => fault.hits).toBe(1);
    await widget.stalls();
    await expect(widget.status(row)).toHaveText(/^The server did not answer within 30 s\. Trying again (in \d+ s|now)\.$/);
    await page.clock.resume();
    await widget.comesTo(row, "completed");
    await intact(lab, widget, path);
    expect(lab.backend.count(match)).toBeGreaterThan(1);
    await expect.poll(() => lab.backend.open, { message: "the request was cut" }).toBe(0);
  });
}

for (const step of ["sign", "list", "complete"]) {
  test(`the backend no longer knows the upload at ${step}: starts over once, and arrives`, async ({ lab, page, folder }) => {
    const { match, before = () => {} } = STEPS[step];
    const message = "This upload has been open for too long.";
    const gone = respond({ status: 404, body: { error: { code: "unknown_upload", message } } });
    const fault = lab.backend.on(match, gone, { times: 1 });
    before(lab);
    const { path, widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
    await widget.comesTo(row, "completed");
    const result = await widget.arrived("movie.mp4");
    expect(await stored(lab, result.key)).toBe(await sha256(path));
    expect(fault.hits).toBe(1);
    expect(lab.backend.count(CREATE)).toBe(2);
  });

  test(`the backend never knows the upload at ${step}: said after the second time`, async ({ lab, page, folder }) => {
    const { match, before = () => {} } = STEPS[step];
    const message = "This upload has been open for too long.";
    const gone = respond({ status: 404, body: { error: { code: "unknown_upload", message } } });
    const fault = lab.backend.on(match, gone, { times: Infinity });
    // Lost again in the second run.
    before(lab);
    before(lab);
    const { widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText(message);
    expect(fault.hits).toBe(2);
    expect(lab.backend.count(CREATE)).toBe(2);
  });
}

test("no answer to a part: cut in the end and sent again", async ({ lab, page, folder }) => {
  const fault = lab.store.on("PUT", hang(), { times: 1 });
  const { path, widget, row } = await begin(lab, page, folder, { attributes: 'concurrency="1"' });
  await expect.poll(() => fault.hits).toBe(1);
  await expect.poll(() => lab.store.requests("PUT")[0].bytes).toBe(5 * MIB);
  // The engine decides how long a store may take for a part: the clock moves by half a minute at a time until it is cut.
  await expect
    .poll(async () => {
      await page.clock.fastForward(30_000);
      return lab.store.requests("PUT")[0].ended;
    })
    .toBe(true);
  await widget.comesTo(row, "completed");
  await intact(lab, widget, path);
  expect(lab.store.count("PUT")).toBe(4);
});

test("no answer to the completion: waits for a minute, then asks again", async ({ lab, page, folder }) => {
  const fault = lab.backend.on(COMPLETE, hang(), { times: 1 });
  const { path, widget, row } = await begin(lab, page, folder);
  await expect.poll(() => fault.hits).toBe(1);
  await page.clock.fastForward(50_000);
  await expect(row).toHaveAttribute("data-status", "completing");
  await expect(widget.status(row)).toHaveText("Still waiting for the server");
  await page.clock.fastForward(11_000);
  await widget.comesTo(row, "completed");
  await intact(lab, widget, path);
});
