// A backend that is down, ill or wrong, and the words that the person reads.
import { download, objects } from "./files.mjs";
import { hang, respond } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { quiet } from "./page-requests.mjs";

const CREATE = ["POST", "/uploads"];
/** A widget that gives up when the server was down for a minute. */
const LIMITED = '<s3-upload endpoint="/uploads" multiple outage-limit="60"></s3-upload>';

async function fails(lab, page, rule, { clock = true, body } = {}) {
  const widget = await lab.open(page, body, { clock });
  const fault = rule && lab.backend.on(CREATE, rule, { times: Infinity });
  await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
  const row = widget.row("a.txt");
  await widget.comesTo(row, "failed");
  return { widget, row, fault };
}

test("down: waits, says so, and the file arrives when the server is back", async ({ lab, page }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  await lab.backend.gone();
  await widget.add({ name: "a.txt", text: "hello" });
  const row = widget.row("a.txt");
  await expect(widget.status(row)).toHaveText(/^Waiting for the server/);
  await expect(row).toHaveAttribute("data-status", "waiting");
  // For as long as it takes.
  for (let minutes = 0; minutes < 10; minutes += 0.25) {
    await quiet(page);
    await page.clock.fastForward(15_000);
  }
  await expect(widget.status(row)).toHaveText(/^Waiting for the server/);
  await lab.backend.back();
  await widget.comesTo(row, "completed");
  expect(await widget.events("error")).toEqual([]);
  expect((await widget.events("success"))[0].attempts).toBe(0);
});

test("down for longer than the page wants to wait: said, and it works when asked again", async ({ lab, page }) => {
  const widget = await lab.open(page, LIMITED, { clock: true });
  await lab.backend.gone();
  await widget.add({ name: "a.txt", text: "hello" });
  const row = widget.row("a.txt");
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toHaveText(
    "The server could not be reached. Check your internet connection, then try again.",
  );
  expect(await widget.events("error")).toMatchObject([{ error: { code: "backend-unreachable" } }]);
  expect(await widget.events("complete")).toEqual([{ succeeded: 0, failed: 1 }]);

  await lab.backend.back();
  await widget.button(row, "retry").click();
  await widget.arrived("a.txt");
  expect(await widget.events("error")).toHaveLength(1);
});

test("500 for longer than the page wants to wait: said", async ({ lab, page }) => {
  const { widget, row, fault } = await fails(lab, page, respond({ status: 500, body: "oops" }), { body: LIMITED });
  await expect(widget.status(row)).toHaveText("The server has a problem (status 500). Try again later.");
  expect(fault.hits).toBeGreaterThan(2);
  expect(await widget.files()).toMatchObject([{ status: "failed", error: { code: "backend-refused", status: 500 } }]);
  expect(lab.store.count("PUT")).toBe(0);
});

test("500 once: tried again, and arrives without a word", async ({ lab, page }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  const fault = lab.backend.on(CREATE, respond({ status: 500 }), { times: 1 });
  await widget.add({ name: "a.txt", text: "hello" });
  await widget.comesTo(widget.row("a.txt"), "completed");
  expect(fault.hits).toBe(1);
  expect(lab.backend.count(CREATE)).toBe(2);
  expect(await widget.events("error")).toEqual([]);
});

test("503 with Retry-After: not a moment sooner", async ({ lab, page }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  lab.backend.on(CREATE, respond({ status: 503, headers: { "retry-after": "120" } }), { times: 1 });
  await widget.add({ name: "a.txt", text: "hello" });
  const row = widget.row("a.txt");
  await expect(widget.status(row)).toHaveText("The server is busy (status 503). Trying again in 2 min.");
  await page.clock.fastForward(100_000);
  await expect(widget.status(row)).toHaveText(/Trying again in (20|1\d) s\.$/);
  expect(lab.backend.count(CREATE)).toBe(1);
  await widget.comesTo(row, "completed");
  expect(lab.backend.count(CREATE)).toBe(2);
});

// https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
test("503 with a Retry-After that is a date", async ({ lab, page }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  lab.backend.on(
    CREATE,
    respond(() => ({ status: 503, headers: { "retry-after": new Date(Date.now() + 120_000).toUTCString() } })),
    { times: 1 },
  );
  await widget.add({ name: "a.txt", text: "hello" });
  const row = widget.row("a.txt");
  await expect(widget.status(row)).toHaveText("The server is busy (status 503). Trying again in 2 min.");
  await page.clock.fastForward(100_000);
  await expect(widget.status(row)).toHaveText(/Trying again in (20|1\d) s\.$/);
  expect(lab.backend.count(CREATE)).toBe(1);
  await widget.comesTo(row, "completed");
  expect(lab.backend.count(CREATE)).toBe(2);
});

test("a web page instead of JSON, each time", async ({ lab, page }) => {
  const html = "<!doctype html><title>Log in</title><p>Please log in";
  const { widget, row, fault } = await fails(
    lab,
    page,
    respond({ status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: html }),
  );
  await expect(widget.status(row)).toHaveText(
    "The server answered with a web page. If this network or this site asks you to sign in, do so, then try again.",
  );
  expect(await widget.events("error")).toMatchObject([{ error: { code: "web-page" } }]);
  expect(fault.hits).toBeGreaterThan(2);
});

test("a web page instead of JSON, once: asked again", async ({ lab, page }) => {
  const page200 = respond({ status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><p>Please log in" });
  lab.backend.on(CREATE, page200, { times: 1 });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "hello" });
  await widget.comesTo(widget.row("a.txt"), "completed");
  expect(lab.backend.count(CREATE)).toBe(2);
});

test("nothing instead of JSON", async ({ lab, page }) => {
  const { widget, row } = await fails(lab, page, respond({ status: 200, body: "" }));
  await expect(widget.status(row)).toHaveText(
    'The server\'s answer was not understood (expected JSON like {"url": "https://…"}; got an empty answer with status 200). ' +
      "Ask the site's owner to check the address for uploads.",
  );
});

test("JSON of another shape", async ({ lab, page }) => {
  const { widget, row, fault } = await fails(lab, page, respond({ body: { link: "https://example.com/x?secret=1" } }));
  await expect(widget.status(row)).toHaveText(
    'The server\'s answer was not understood (expected JSON like {"url": "https://…"}; ' +
      'got {"link": text}). Ask the site\'s owner to check the address for uploads.',
  );
  expect(fault.hits).toBe(1);
});

test("JSON that cannot be followed says why, and never the address", async ({ lab, page }) => {
  const url = `${lab.store.url}/uploads/k?X-Amz-Signature=0123456789abcdef`;
  const { widget, row } = await fails(lab, page, respond({ body: { url, method: "POST" } }));
  await expect(widget.status(row)).toHaveText(
    'The server\'s answer was not understood (expected JSON like {"url": "https://…"}; ' +
      'got JSON with another method than PUT, and without the "fields" of a form). ' +
      "Ask the site's owner to check the address for uploads.",
  );
  await expect(widget.status(row)).not.toContainText("0123456789abcdef");
});

test("a URL that is none", async ({ lab, page }) => {
  const { widget, row } = await fails(lab, page, respond({ body: { url: "http://[not a host/x?X-Amz-Signature=0123456789" } }));
  await expect(widget.status(row)).toHaveText(/^The server's answer was not understood \(expected .+; got .+\)\./);
  await expect(widget.status(row)).not.toContainText("0123456789");
});

for (const [status, words] of [
  [401, "The server does not know who you are (status 401). Sign in, then try again."],
  [403, "The server does not allow this upload (status 403). Ask the site's owner for permission."],
  [404, "The server has no place for uploads at this address (status 404). Ask the site's owner to check the address for uploads."],
]) {
  test(`${status}: said at once`, async ({ lab, page }) => {
    const { widget, row, fault } = await fails(lab, page, respond({ status, body: "" }));
    await expect(widget.status(row)).toHaveText(words);
    expect(fault.hits).toBe(1);
  });
}

test("its own message is shown word for word, as text", async ({ lab, page }) => {
  const message = "Your plan is full: 5 GB of 5 GB <b>used</b>";
  const { widget, row } = await fails(lab, page, respond({ status: 403, body: { error: { code: "quota", message } } }));
  await expect(widget.status(row)).toHaveText(`${message}.`);
  expect(await widget.events("error")).toMatchObject([{ error: { status: 403, reason: "quota" } }]);
});

test("no answer at all: cut after the stall time, tried again, and arrives", async ({ lab, page }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  const fault = lab.backend.on(CREATE, hang(), { times: 1 });
  await widget.add({ name: "a.txt", text: "hello" });
  const row = widget.row("a.txt");
  await expect.poll(() => fault.hits).toBe(1);
  await widget.stalls();
  await expect(widget.status(row)).toHaveText(/^The server did not answer within 30 s\. Trying again (in \d+ s|now)\.$/);
  await page.clock.resume();
  await widget.comesTo(row, "completed");
  await expect.poll(() => lab.backend.open, { message: "the request was cut" }).toBe(0);
});

test.describe("limits", () => {
  const limited = '<s3-upload endpoint="/uploads" multiple accept="image/*,.pdf" max-size="1MB" min-size="2"></s3-upload>';

  test("the widget refuses by itself, before it asks anybody", async ({ lab, page }) => {
    const widget = await lab.open(page, limited);
    await expect(widget.part("hint")).toHaveText("Images or PDF, 2 bytes to 1 MB each");
    await widget.add(
      { name: "big.pdf", type: "application/pdf", size: 2_000_000 },
      { name: "edge.pdf", type: "application/pdf", size: 1_000_001 },
      { name: "small.pdf", type: "application/pdf", size: 1 },
      { name: "script.exe", type: "application/x-msdownload", size: 100 },
      { name: "good.pdf", type: "application/pdf", size: 1_000_000 },
    );
    await expect(widget.part("rejection")).toHaveText([
      "big.pdf The file is 2 MB. The limit is 1 MB.",
      "edge.pdf The file is 1,000,001 bytes. The limit is 1,000,000 bytes.",
      "small.pdf The file is 1 byte. It must be at least 2 bytes.",
      "script.exe This type of file is not accepted. Choose images or PDF.",
    ]);
    await widget.arrived("good.pdf");
    expect(lab.backend.count(CREATE)).toBe(1);
    const codes = (await widget.events("reject")).map((event) => event.error.code);
    expect(codes).toEqual(["too-large", "too-large", "too-small", "type-not-accepted"]);

    // Each message stays until it is dismissed.
    await widget.part("rejection").nth(1).getByRole("button").click();
    await expect(widget.part("rejection")).toHaveCount(3);
    await widget.part("dismiss-all").click();
    await expect(widget.part("rejection")).toHaveCount(0);
  });

  test("no more files than allowed", async ({ lab, page }) => {
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple max-files="2"></s3-upload>');
    await widget.add({ name: "1" }, { name: "2" }, { name: "3" });
    await expect(widget.part("rejection")).toHaveText([
      "3 No more than 2 files can be uploaded at a time. Remove one first.",
    ]);
    await widget.all(2);
  });

  test("the server refuses too, when the widget knows no limit", async ({ ownLab, page }) => {
    const lab = await ownLab(["--max-size", "1MB", "--allow-type", "image/*,.pdf"]);
    const widget = await lab.open(page);
    await widget.add({ name: "big.pdf", type: "application/pdf", size: 2_000_000 });
    await expect(widget.row("big.pdf")).toHaveAttribute("data-status", "failed");
    await expect(widget.status(widget.row("big.pdf"))).toHaveText(
      "This file is too large: it has 2 MB, and at most 1 MB are allowed.",
    );
    await widget.add({ name: "x.exe", type: "application/x-msdownload", size: 10 });
    await expect(widget.status(widget.row("x.exe"))).toHaveText("Files of this type are not allowed. Allowed: image/*, .pdf.");
    expect(lab.backend.count(CREATE)).toBe(2);
    expect(lab.store.count("PUT")).toBe(0);
  });

  test("the server and the store refuse, when the widget is bypassed", async ({ ownLab, request }) => {
    const lab = await ownLab(["--max-size", "1MB", "--allow-type", "image/*,.pdf"]);
    const ask = (data) => request.post(`${lab.url}/uploads`, { data: { accepts: ["put"], ...data } });
    const big = await ask({ name: "a.pdf", type: "application/pdf", size: 1_000_001 });
    expect(big.status()).toBe(413);
    expect((await big.json()).error).toMatchObject({ code: "too_large" });
    const type = await ask({ name: "a.exe", type: "application/x-msdownload", size: 10 });
    expect(type.status()).toBe(415);
    expect((await type.json()).error).toMatchObject({ code: "type_not_allowed" });

    // A small file asked for, a big one sent: the length is part of what is signed. And the type is.
    const grant = await (await ask({ name: "a.pdf", type: "application/pdf", size: 10 })).json();
    const send = (body, headers) => request.put(grant.url, { data: Buffer.from(body), headers: { ...grant.headers, ...headers } });
    const longer = await send("x".repeat(11));
    expect(longer.status()).toBe(403);
    expect(await longer.text()).toContain("SignatureDoesNotMatch");
    const other = await send("0123456789", { "content-type": "text/html" });
    expect(other.status()).toBe(403);
    const overwriting = { ...grant.headers };
    delete overwriting["if-none-match"];
    const unbound = await request.put(grant.url, { data: Buffer.from("0123456789"), headers: overwriting });
    expect(unbound.status()).toBe(403);
    expect(await objects(lab)).toEqual([]);
    expect((await send("0123456789")).status()).toBe(200);
    expect((await send("9876543210")).status()).toBe(412);
    const done = await (await request.post(`${lab.url}/uploads/${grant.id}/complete`, { data: {} })).json();
    expect(await download(done.downloadUrl)).toMatchObject({ status: 200, size: 10 });
  });
});
