// A store that refuses, expires, hides or breaks off, and the words that the person reads.
import { filled, objects, sha256, sha256of, stored } from "./files.mjs";
import { cut, cutAnswer, Gate, holdHalfway, hang, hold, respond, rewrite, s3Error } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { quiet } from "./page-requests.mjs";

const CREATE = ["POST", "/uploads"];
const COMPLETE = ["POST", /^\/uploads\/.+\/complete$/];
/** A widget that gives up when the store was down for a minute. */
const LIMITED = '<s3-upload endpoint="/uploads" outage-limit="60"></s3-upload>';
const CUT_OFF =
  "The connection broke each time this file was sent. Something in between may limit the size of uploads. Ask the site's owner.";
const LOST = "The connection to the storage was lost. Check your internet connection, then try again.";

async function begin(lab, page, { file = { name: "a.txt", type: "text/plain", text: "hello" }, body } = {}) {
  const widget = await lab.open(page, body, { clock: true });
  await widget.add(file);
  return { widget, row: widget.row(file.name) };
}

test.describe("an address that expired", () => {
  test("is signed again, and costs no try", async ({ lab, page }) => {
    const expired = lab.store.on("PUT", s3Error(403, "AccessDenied", "Request has expired"), { times: 1 });
    const { widget, row } = await begin(lab, page);
    const result = await widget.arrived("a.txt");
    expect(expired.hits).toBe(1);
    expect(lab.backend.count(CREATE)).toBe(2);
    expect(lab.store.count("PUT")).toBe(2);
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    await expect(row).toHaveAttribute("data-status", "completed");
    // Never said to be in trouble.
    expect(await widget.events("error")).toEqual([]);
    expect((await widget.events("success"))[0].attempts).toBe(0);
  });

  test("really, at the store: the request waits in the network for longer than the address lives", async ({ ownLab, page }) => {
    const lab = await ownLab(["--expires", "2"]);
    const overdue = (exchange) => {
      const query = new URLSearchParams(exchange.request.url.split("?")[1]);
      const [, y, mo, d, h, mi, s] = query.get("X-Amz-Date").match(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/);
      const end = Date.UTC(y, mo - 1, d, h, mi, s) + Number(query.get("X-Amz-Expires")) * 1000;
      return new Promise((resolve) => setTimeout(resolve, end + 1000 - Date.now())).then(() => exchange.passOn());
    };
    const late = lab.store.on("PUT", overdue, { times: 1 });
    const widget = await lab.open(page);
    await widget.add({ name: "a.txt", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(late.hits).toBe(1);
    expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([403, 200]);
    expect(lab.backend.count(CREATE)).toBe(2);
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    expect(await objects(lab)).toEqual([result.key]);
  });

  test("is not used when the widget knows that it is too old", async ({ lab, page }) => {
    // Two files, one lane: the second has its address while it waits, and is paused for so long that it is no good any more.
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple concurrency="1"></s3-upload>', { clock: true });
    const gate = new Gate();
    lab.store.on("PUT", hold(gate), { times: 1 });
    await widget.add({ name: "1", text: "one" });
    await gate.reached;
    await widget.add({ name: "2", text: "two" });
    const second = widget.row("2");
    await expect(second).toHaveAttribute("data-status", "uploading");
    await widget.button(second, "pause").click();
    gate.open();
    await widget.arrived("1");
    await page.clock.fastForward(300_000);
    await widget.button(second, "resume").click();
    const result = await widget.arrived("2");
    expect(await stored(lab, result.key)).toBe(sha256of("two"));
    expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([200, 200]);
    expect(lab.backend.count(CREATE)).toBe(3);
  });

  test("again and again: said after three times", async ({ lab, page }) => {
    const expired = lab.store.on("PUT", s3Error(403, "AccessDenied", "Request has expired"), { times: Infinity });
    const { widget, row } = await begin(lab, page);
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText(
      "The permission to upload expired before the file was sent. Try again. If it fails again, ask the site's owner to check the clock of the server that signs.",
    );
    expect(expired.hits).toBe(4);
  });
});

test("the Content-Type was changed after signing: refused by the store, and shown as such", async ({ lab, page }) => {
  const changed = lab.store.on("PUT", rewrite({ "content-type": "text/html" }), { times: Infinity });
  const { widget, row } = await begin(lab, page);
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toHaveText(
    "The storage refused the upload: the request does not match what was signed (SignatureDoesNotMatch). " +
      "Ask the site's owner to check the server's secret key and the headers it signs.",
  );
  expect(changed.hits).toBe(1);
  expect(lab.store.requests("PUT")[0].status).toBe(403);
  expect(await widget.events("error")).toMatchObject([
    { error: { code: "store-refused", status: 403, reason: "SignatureDoesNotMatch" } },
  ]);
});

test("changed in the browser, too", async ({ lab, page }) => {
  const widget = await lab.open(page);
  await page.route(
    (url) => url.origin === lab.store.url,
    (route) =>
      route.request().method() === "PUT"
        ? route.continue({ headers: { ...route.request().headers(), "content-type": "text/html" } })
        : route.continue(),
  );
  await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
  await expect(widget.status(widget.row("a.txt"))).toContainText("(SignatureDoesNotMatch)");
});

for (const transport of ["fetch", "xhr"]) {
  test(`a store without a CORS rule is named, by ${transport}`, async ({ ownLab, page }) => {
    const lab = await ownLab(["--store-cors", "off", "--doctor", "off"]);
    const { widget, row } = await begin(lab, page, {
      body: `<s3-upload endpoint="/uploads" transport="${transport}"></s3-upload>`,
    });
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText(
      `${lab.store.url} does not accept uploads from this page (CORS). ` +
        `Ask the site's owner to allow the origin ${lab.url} there.`,
    );
    // The server's own look at the store is left out, so that nobody proves that the rule is missing: it may be a gateway's
    // outage, and is tried again, each time slower.
    expect(lab.store.count(["OPTIONS"])).toBeGreaterThan(2);
    expect(lab.store.count(["OPTIONS"])).toBeLessThan(50);
    expect(lab.store.count("PUT")).toBe(0);
    expect(await widget.events("error")).toMatchObject([{ error: { code: "blocked-cors" } }]);
  });
}

test("a store that is gone is waited for", async ({ lab, page }) => {
  await lab.store.gone();
  const { widget, row } = await begin(lab, page);
  await expect(widget.status(row)).toHaveText(/^Waiting for the storage/);
  for (let minutes = 0; minutes < 10; minutes += 0.25) {
    await quiet(page);
    await page.clock.fastForward(15_000);
  }
  await expect(widget.status(row)).toHaveText(/^Waiting for the storage/);
  await lab.store.back();
  await widget.comesTo(row, "completed");
  expect(await widget.events("error")).toEqual([]);
});

test("a store that is gone for longer than the page wants to wait", async ({ lab, page }) => {
  await lab.store.gone();
  const { widget, row } = await begin(lab, page, { body: LIMITED });
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toHaveText(LOST);
  expect(await widget.events("error")).toMatchObject([{ error: { code: "network" } }]);
  await lab.store.back();
  await widget.button(row, "retry").click();
  await widget.arrived("a.txt");
});

for (const transport of ["fetch", "xhr"]) {
  test.describe(`the connection is cut in the middle, by ${transport}`, () => {
    const body = `<s3-upload endpoint="/uploads" transport="${transport}"></s3-upload>`;

    test("once: tried again, and arrives as it is", async ({ lab, page, folder }) => {
      const path = await filled(folder, "movie.mp4", 8 << 20);
      const cuts = lab.store.on("PUT", cut({ after: 3 << 20 }), { times: 1 });
      const widget = await lab.open(page, body, { clock: true });
      await widget.choose(path);
      await widget.comesTo(widget.row("movie.mp4"), "completed");
      const result = await widget.arrived("movie.mp4");
      expect(await stored(lab, result.key)).toBe(await sha256(path));
      expect(cuts.hits).toBe(1);
      expect(lab.store.count("PUT")).toBe(2);
      // The same address is used again.
      expect(lab.backend.count(CREATE)).toBe(1);
    });

    test("always, while the store answers everything else: said after a few tries", async ({ lab, page, folder }) => {
      const path = await filled(folder, "movie.mp4", 2 << 20);
      const cuts = lab.store.on("PUT", cut({ after: 1 << 16 }), { times: Infinity });
      const before = await objects(lab);
      const widget = await lab.open(page, body, { clock: true });
      await widget.choose(path);
      const row = widget.row("movie.mp4");
      await widget.comesTo(row, "failed");
      await expect(widget.status(row)).toHaveText(CUT_OFF);
      expect((await widget.events("error"))[0]).toMatchObject({ error: { code: "cut-off" } });
      expect(cuts.hits).toBeGreaterThan(2);
      expect(cuts.hits).toBeLessThanOrEqual(6);
      expect(await objects(lab)).toEqual(before);
    });
  });
}

test("cancelled in the middle: the request is gone, nothing is stored, no more is sent", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 20 << 20);
  const before = await objects(lab);
  const gate = new Gate();
  lab.store.on("PUT", holdHalfway(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.choose(path);
  const row = widget.row("movie.mp4");
  await expect.poll(() => lab.store.bytes("PUT"), { message: "under way" }).toBeGreaterThan(1 << 20);
  await widget.button(row, "cancel").click();
  await expect(row).toHaveAttribute("data-status", "cancelled");
  await expect(widget.status(row)).toHaveText("Cancelled");
  gate.open();
  await expect.poll(() => lab.store.open, { message: "requests under way" }).toBe(0);
  expect(lab.store.bytes("PUT")).toBeLessThan(20 << 20);
  expect(await widget.events("cancel")).toHaveLength(1);

  // The next file is not disturbed, and the cancelled one sends nothing more.
  await widget.add({ name: "next.txt", text: "next" });
  const result = await widget.arrived("next.txt");
  expect(lab.store.count("PUT")).toBe(2);
  await expect.poll(async () => (await objects(lab)).sort(), { message: "stored" }).toEqual([...before, result.key].sort());
  expect(await widget.events("error")).toEqual([]);
});

test("the same place twice: the second is refused, and the first stays", async ({ lab, page }) => {
  // A backend without confirmation that hands out one address for two files.
  let grant;
  lab.backend.on(
    CREATE,
    respond(async (_, body) => {
      grant ??= await fetch(`${lab.server.url}/uploads`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      }).then((answer) => answer.json());
      return { body: { url: grant.url, headers: grant.headers } };
    }),
    { times: Infinity },
  );
  const widget = await lab.open(page);
  await widget.add({ name: "first.txt", type: "text/plain", text: "first" });
  await widget.arrived("first.txt");
  await widget.add({ name: "other.txt", type: "text/plain", text: "other" });
  const row = widget.row("other.txt");
  await expect(row).toHaveAttribute("data-status", "failed");
  await expect(widget.status(row)).toHaveText(
    "A file with this name is already stored (PreconditionFailed). Rename the file, then add it again.",
  );
  // It might have been the browser's own second try, so a new address is asked for, once.
  expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([200, 412, 412]);
  expect(await stored(lab, grant.key)).toBe(sha256of("first"));
});

for (const transport of ["fetch", "xhr"]) {
  test(`it arrived but the answer was lost: confirmed, not sent into another object, by ${transport}`, async ({ lab, page }) => {
    const before = await objects(lab);
    const lost = lab.store.on("PUT", cutAnswer(), { times: 1 });
    const { widget, row } = await begin(lab, page, {
      body: `<s3-upload endpoint="/uploads" transport="${transport}"></s3-upload>`,
    });
    await widget.comesTo(row, "completed");
    const result = await widget.arrived("a.txt");
    expect(lost.hits).toBe(1);
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    expect(lab.backend.count(CREATE)).toBe(1);
    expect(lab.backend.count(COMPLETE)).toBe(1);
    expect((await objects(lab)).length).toBe(before.length + 1);
  });
}

for (const transport of ["fetch", "xhr"]) {
  test(`it arrived, the answer was lost, and the browser sent it again by itself, by ${transport}`, async ({ lab, page }) => {
    // Chromium does so when a connection breaks that it has used before; the page hears only of the 412.
    lab.store.keepAlive = true;
    const widget = await lab.open(page, `<s3-upload endpoint="/uploads" multiple transport="${transport}"></s3-upload>`, {
      clock: true,
    });
    await widget.add({ name: "first.txt", text: "first" });
    await widget.arrived("first.txt");
    const lost = lab.store.on("PUT", cutAnswer(), { times: 1 });
    await widget.add({ name: "second.txt", text: "second" });
    await widget.comesTo(widget.row("second.txt"), "completed");
    const result = await widget.arrived("second.txt");
    expect(lost.hits).toBe(1);
    expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([200, 200, 412, 200]);
    expect(await stored(lab, result.key)).toBe(sha256of("second"));
  });
}

test("no answer at all: cut after the stall time, tried again, and arrives", async ({ lab, page }) => {
  const fault = lab.store.on("PUT", hang(), { times: 1 });
  const { widget, row } = await begin(lab, page);
  await expect.poll(() => fault.hits).toBe(1);
  await widget.stalls();
  await expect(widget.status(row)).toHaveText(/^Nothing could be sent for 30 s\. Trying again (in \d+ s|now)\.$/);
  await page.clock.resume();
  await widget.comesTo(row, "completed");
  await expect.poll(() => lab.store.open, { message: "the request was cut" }).toBe(0);
});

test.describe("tried again", () => {
  for (const [status, code] of [
    [500, "InternalError"],
    [503, "SlowDown"],
    [400, "RequestTimeout"],
    [409, "ConditionalRequestConflict"],
  ]) {
    test(`${status} ${code}`, async ({ lab, page }) => {
      const fault = lab.store.on("PUT", s3Error(status, code, "We are sorry."), { times: 2 });
      const { widget, row } = await begin(lab, page);
      await widget.comesTo(row, "completed");
      const result = await widget.arrived("a.txt");
      expect(fault.hits).toBe(2);
      expect(lab.store.count("PUT")).toBe(3);
      expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    });
  }

  test("500 for longer than the page wants to wait: said", async ({ lab, page }) => {
    const fault = lab.store.on("PUT", s3Error(500, "InternalError", "We encountered an internal error."), { times: Infinity });
    const { widget, row } = await begin(lab, page, { body: LIMITED });
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText("The storage has an internal problem (InternalError). Try again later.");
    expect(fault.hits).toBeGreaterThan(2);
  });
});

test.describe("not tried again", () => {
  for (const [status, code, message, words] of [
    [403, "AccessDenied", "Access Denied", "The storage refused the upload: access is denied (AccessDenied). Ask the site's owner to check what the server's key may do."],
    [403, "InvalidAccessKeyId", "No such key.", "The storage refused the upload: it does not know the server's key (InvalidAccessKeyId). Ask the site's owner to check the server's credentials."],
    [400, "EntityTooLarge", "Too large.", "The file is larger than the storage accepts (EntityTooLarge). Choose a smaller file."],
    [404, "NoSuchBucket", "No bucket.", "The storage place does not exist (NoSuchBucket). Ask the site's owner to check the bucket's name."],
    [400, "QuotaExceeded", "Bucket quota of 1 GB is used up.", "The storage refused the upload: Bucket quota of 1 GB is used up (QuotaExceeded). Ask the site's owner for help."],
  ]) {
    test(`${status} ${code}`, async ({ lab, page }) => {
      const fault = lab.store.on("PUT", s3Error(status, code, message), { times: Infinity });
      const { widget, row } = await begin(lab, page);
      await widget.comesTo(row, "failed");
      await expect(widget.status(row)).toHaveText(words);
      expect(fault.hits).toBe(1);
    });
  }

  // https://w3c.github.io/FileAPI/#dfn-error-codes
  test("a file that changed on disk after it was added", async ({ lab, page, folder }) => {
    const path = await filled(folder, "draft.txt", 1000);
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" manual></s3-upload>', { clock: true });
    await widget.choose(path);
    await expect(widget.row("draft.txt")).toHaveAttribute("data-status", "queued");
    await filled(folder, "draft.txt", 2000);
    await widget.part("start").click();
    const row = widget.row("draft.txt");
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toHaveText("The file changed after it was added. Remove it from the list and add it again.");
  });
});

test("offline: waits without spending a try, and goes on by itself", async ({ lab, page, context }) => {
  const gate = new Gate();
  const broken = lab.backend.on(CREATE, hold(gate, cut()), { times: 1 });
  const { widget, row } = await begin(lab, page);
  await gate.reached;
  await context.setOffline(true);
  gate.open();
  await expect(row).toHaveAttribute("data-status", "waiting");
  await expect(widget.status(row)).toHaveText("You are offline. The upload continues by itself when the connection is back.");
  await context.setOffline(false);
  const result = await widget.arrived("a.txt");
  expect(broken.hits).toBe(1);
  expect(await stored(lab, result.key)).toBe(sha256of("hello"));
  expect((await widget.events("success"))[0].attempts).toBe(0);
});
