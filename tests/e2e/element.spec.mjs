// The element among others and in a page's hands: settings, moves, methods, events.
import { download, filled, objects, sha256, sha256of, stored } from "./files.mjs";
import { Gate, holdHalfway, hold, respond } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const CREATE = ["POST", "/uploads"];

test("two on one page do not disturb each other", async ({ lab, page }) => {
  lab.backend.on(["POST", "/other"], respond({ status: 403, body: "" }), { times: Infinity });
  await lab.open(
    page,
    `<s3-upload id="one" endpoint="/uploads" multiple accept="image/*"></s3-upload>
     <s3-upload id="two" endpoint="/other" max-size="1KB"></s3-upload>`,
  );
  const [one, two] = [await Widget.ready(page, "#one"), await Widget.ready(page, "#two")];
  await expect(one.part("hint")).toHaveText("Images");
  await expect(two.part("hint")).toHaveText("Up to 1 KB");
  await one.add({ name: "a.png", type: "image/png", size: 5000 }, { name: "b.png", type: "image/png", size: 5000 });
  await two.add({ name: "a.png", type: "image/png", size: 10 });
  await one.arrived("b.png");
  await expect(two.row("a.png")).toHaveAttribute("data-status", "failed");
  await two.add({ name: "big.txt", size: 1001 });
  await expect(two.part("rejection")).toHaveCount(1);
  await expect(one.part("rejection")).toHaveCount(0);
  await expect(one.rows).toHaveCount(2);

  const events = await page.evaluate(() => window.events.map(({ name, host }) => `${host} ${name}`));
  const of = (host) => new Set(events.filter((event) => event.startsWith(host)).map((event) => event.split(" ")[1]));
  expect([...of("one")].filter((name) => name !== "progress").sort()).toEqual(["add", "complete", "start", "success"]);
  expect([...of("two")].sort()).toEqual(["add", "complete", "error", "reject", "start"]);
  expect(await one.host.evaluate((host) => host.value.length)).toBe(2);
  expect(await two.host.evaluate((host) => host.value)).toBe("");

  // One is taken away in the middle of its work; the other goes on.
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 2 });
  await page.evaluate(() => document.querySelector("#two").setAttribute("endpoint", "/uploads"));
  await two.host.evaluate((host) => host.clear());
  await one.add({ name: "c.png", type: "image/png", size: 100 });
  await two.add({ name: "d.txt", size: 100 });
  await expect.poll(() => lab.store.open).toBe(2);
  await page.evaluate(() => document.querySelector("#one").remove());
  gate.open();
  await two.arrived("d.txt");
});

test("removed from the page it stops, and goes on when it is put back", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 12 << 20);
  const gate = new Gate();
  lab.store.on("PUT", holdHalfway(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.choose(path);
  await expect.poll(() => lab.store.bytes("PUT")).toBeGreaterThan(1 << 20);
  await page.evaluate(() => {
    window.kept = document.querySelector("s3-upload");
    window.kept.remove();
  });
  gate.open();
  await expect.poll(() => lab.store.open, { message: "requests under way" }).toBe(0);
  expect(await page.evaluate(() => window.kept.files.map((file) => file.status))).toEqual(["paused"]);
  expect(await page.evaluate(() => window.kept.shadowRoot.querySelectorAll("[part~=file]").length)).toBe(0);

  await page.evaluate(() => document.querySelector("main").append(window.kept));
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  await expect(widget.rows).toHaveCount(1);
});

test("removed from the page it begins nothing new", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: Infinity });
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple concurrency="1"></s3-upload>');
  await widget.add(...[..."abcdef"].map((name) => ({ name: `${name}.txt`, text: name })));
  await gate.reached;
  const statuses = await page.evaluate(async () => {
    window.begun = 0;
    const { fetch } = window;
    const { send } = XMLHttpRequest.prototype;
    window.fetch = (...call) => (window.begun++, fetch(...call));
    XMLHttpRequest.prototype.send = function (...call) {
      window.begun++;
      return send.apply(this, call);
    };
    window.kept = document.querySelector("s3-upload");
    window.kept.remove();
    const of = () => window.kept.files.map((file) => file.status);
    while (!of().every((status) => status === "paused")) await new Promise((resolve) => setTimeout(resolve));
    return of();
  });
  expect(statuses).toHaveLength(6);
  expect(await page.evaluate(() => window.begun)).toBe(0);
  gate.open();
  await page.evaluate(() => document.querySelector("main").append(window.kept));
  for (const name of "abcdef") await widget.arrived(`${name}.txt`);
});

test("let in after it was removed, a file waits for its return", async ({ lab, page }) => {
  const widget = await lab.open(page);
  await page.evaluate(() => {
    document.addEventListener("upload-add", (event) => event.detail.waitUntil(new Promise((resolve) => (window.allow = resolve))));
  });
  await widget.add({ name: "a.txt", text: "hello" });
  await expect.poll(() => page.evaluate(() => typeof window.allow)).toBe("function");
  await page.evaluate(async () => {
    window.kept = document.querySelector("s3-upload");
    window.kept.remove();
    await Promise.resolve();
    window.allow(true);
    while (window.kept.files.length === 0) await new Promise((resolve) => setTimeout(resolve));
  });
  expect(await page.evaluate(() => window.kept.files.map((file) => file.status))).toEqual(["queued"]);
  await page.evaluate(() => document.querySelector("main").append(window.kept));
  await widget.arrived("a.txt");
  expect((await widget.events("start")).length).toBe(1);
  expect(lab.backend.count(CREATE)).toBe(1);
});

test("removed before the widget has come, it keeps what was chosen for its return", async ({ lab, page }) => {
  const gate = new Gate();
  await lab.openBefore(page, gate);
  await page.locator('s3-upload input[type=file]').setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await page.evaluate(() => (window.kept = document.querySelector("s3-upload")).remove());
  gate.open();
  await expect.poll(() => page.evaluate(() => window.kept.files.map((file) => file.status))).toEqual(["queued"]);
  expect(lab.backend.count(CREATE)).toBe(0);
  await page.evaluate(() => document.querySelector("main").append(window.kept));
  await (await Widget.ready(page)).arrived("a.txt");
});

test("moved within the page it keeps uploading", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads"></s3-upload><section id="there"></section>');
  await widget.add({ name: "a.txt", text: "hello" });
  await gate.reached;
  await page.evaluate(() => document.querySelector("#there").append(document.querySelector("s3-upload")));
  gate.open();
  const result = await widget.arrived("a.txt");
  expect(await stored(lab, result.key)).toBe(sha256of("hello"));
  expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([200]);
  expect(await page.locator("#there s3-upload").count()).toBe(1);
});

test("attributes, properties and calls from before the element is defined count", async ({ lab, page }) => {
  const asked = [];
  page.on("request", (request) => request.method() === "POST" && request.url().endsWith("/uploads") && asked.push(request.postDataJSON()));
  lab.backend.pages.set("/page", { html: '<!doctype html><html lang="en"><title>Test</title><main></main></html>' });
  await page.goto(`${lab.url}/page`);
  await page.evaluate(() => {
    const upload = document.createElement("s3-upload");
    upload.endpoint = "/uploads";
    upload.multiple = true;
    upload.maxSize = "1 KB";
    upload.metadata = { album: "summer", number: 7, shared: true };
    upload.setAttribute("accept", ".txt");
    document.querySelector("main").append(upload);
  });
  await page.evaluate(async () => {
    await import("/s3-upload.js");
    // The wasm is not there yet.
    document.querySelector("s3-upload").add(new File(["early"], "early.txt", { type: "text/plain" }));
  });
  const widget = await Widget.ready(page);
  await expect(widget.part("hint")).toHaveText("TXT, up to 1 KB each");
  await expect(widget.part("browse")).toHaveText("Choose files");
  const result = await widget.arrived("early.txt");
  expect(await stored(lab, result.key)).toBe(sha256of("early"));
  await widget.add({ name: "long.txt", size: 1001 }, { name: "a.png", type: "image/png", size: 10 });
  await expect(widget.part("rejection")).toHaveCount(2);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ name: "early.txt", metadata: { album: "summer", number: "7", shared: "true" } });
  // And they are attributes now, as if set in the page.
  expect(await widget.host.getAttribute("max-size")).toBe("1 KB");
});

test("an element made by script, with properties set after it is defined, behaves the same", async ({ lab, page }) => {
  await lab.open(page);
  await page.evaluate(() => {
    const upload = document.createElement("s3-upload");
    upload.id = "made";
    Object.assign(upload, { endpoint: "/uploads", multiple: true, maxSize: "1 KB" });
    document.querySelector("main").append(upload);
  });
  const widget = await Widget.ready(page, "#made");
  await expect(widget.part("hint")).toHaveText("Up to 1 KB each");
  await page.evaluate(() => (document.querySelector("#made").maxSize = null));
  await expect(widget.part("hint")).toHaveText("");
  await widget.add({ name: "a.txt", size: 5000 });
  await widget.arrived("a.txt");
});

test("an attribute that is not understood is named on the console", async ({ lab, page }) => {
  await lab.open(page, '<s3-upload endpoint="/uploads" max-size="huge"></s3-upload>');
  expect(await page.evaluate(() => window.said)).toEqual([
    '<s3-upload max-size="huge">: expected a size such as 5MB, 2 GiB or 1048576. The default is used instead.',
  ]);
});

test.describe("upload-add", () => {
  test("the page may refuse a file at once, or after asking somebody", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await page.evaluate(() => {
      const say = {
        "now.txt": (event) => event.preventDefault(),
        "false.txt": (event) => event.detail.waitUntil(Promise.resolve(false)),
        "error.txt": (event) => event.detail.waitUntil(Promise.reject(new Error("no"))),
        "two.txt": (event) => {
          event.detail.waitUntil(Promise.resolve(true));
          event.detail.waitUntil(Promise.resolve(false));
        },
        "later.txt": (event) => event.detail.waitUntil(new Promise((resolve) => (window.allow = resolve))),
      };
      document.addEventListener("upload-add", (event) => {
        (window.offered ??= []).push([event.cancelable, event.detail.file instanceof File, event.detail.size]);
        say[event.detail.name]?.(event);
      });
    });
    await widget.add(...["now.txt", "false.txt", "error.txt", "two.txt", "later.txt", "plain.txt"].map((name) => ({ name, text: "12345" })));
    await widget.arrived("plain.txt");
    // One is let in, and about one the page has not decided yet.
    await expect(widget.rows).toHaveCount(2);
    await expect(widget.row("later.txt")).toHaveAttribute("data-status", "checking");
    expect(await page.evaluate(() => window.offered)).toEqual(Array(6).fill([true, true, 5]));
    await page.evaluate(() => window.allow(true));
    await widget.arrived("later.txt");
    await expect(widget.rows).toHaveCount(2);
    expect(lab.backend.count(CREATE)).toBe(2);
  });

  test("a file that breaks a limit is not offered", async ({ lab, page }) => {
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" max-size="3"></s3-upload>');
    await widget.add({ name: "long.txt", text: "12345" });
    await expect(widget.part("rejection")).toHaveCount(1);
    expect(await widget.events("add")).toEqual([]);
  });
});

test("events come out of other components' shadow roots", async ({ lab, page }) => {
  await lab.open(page, '<div id="wrapper"></div><s3-upload id="plain" endpoint="/uploads"></s3-upload>');
  await page.evaluate(() => {
    const root = document.querySelector("#wrapper").attachShadow({ mode: "open" });
    root.innerHTML = '<form><s3-upload endpoint="/uploads"></s3-upload></form>';
    window.heard = [];
    for (const name of ["add", "start", "success", "complete"]) {
      document.body.addEventListener(`upload-${name}`, (event) => window.heard.push([name, event.target.id, event.bubbles, event.composed]));
    }
  });
  const widget = await Widget.ready(page, "#wrapper s3-upload");
  await widget.add({ name: "a.txt", text: "hello" });
  await expect
    .poll(() => page.evaluate(() => window.heard))
    .toEqual(["add", "start", "success", "complete"].map((name) => [name, "wrapper", true, true]));
});

test("manual: files wait for the button, or for start()", async ({ lab, page }) => {
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple manual></s3-upload>');
  await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
  await expect(widget.rows).toHaveCount(2);
  await expect(widget.status(widget.row("a.txt"))).toHaveText("Ready to upload");
  expect(lab.backend.count(CREATE)).toBe(0);
  await widget.button(widget.row("b.txt"), "remove").click();
  await widget.part("start").click();
  await widget.arrived("a.txt");
  await widget.add({ name: "c.txt", text: "c" });
  await expect(widget.status(widget.row("c.txt"))).toHaveText("Ready to upload");
  await widget.host.evaluate((host) => host.start());
  await widget.arrived("c.txt");
  expect(lab.backend.count(CREATE)).toBe(2);
});

test("pause and resume of a file that goes in one request", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 10 << 20);
  const gate = new Gate();
  lab.store.on("PUT", holdHalfway(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.choose(path);
  const row = widget.row("movie.mp4");
  await expect.poll(() => lab.store.bytes("PUT")).toBeGreaterThan(1 << 20);
  await widget.button(row, "pause").click();
  await expect(widget.status(row)).toHaveText("Paused");
  gate.open();
  await expect.poll(() => lab.store.open, { message: "requests under way" }).toBe(0);
  const percent = Number(await widget.bar(row).getAttribute("aria-valuenow"));
  await widget.button(row, "resume").click();
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  expect(lab.store.count("PUT")).toBe(2);
  // The bar did not go back.
  const after = (await widget.events("progress")).map((event) => event.percent);
  expect(after).toEqual([...after].sort((a, b) => a - b));
  expect(Math.max(percent, ...after)).toBeLessThan(100);
});

test("the methods do what the buttons do", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page);
  const before = await objects(lab);
  await widget.add({ name: "a.txt", text: "a" });
  await gate.reached;
  const [{ id }] = await widget.files();
  await widget.host.evaluate((host, id) => host.pause(id), id);
  await expect.poll(async () => (await widget.files())[0].status).toBe("paused");
  await widget.host.evaluate((host, id) => host.resume(id), id);
  await widget.arrived("a.txt");
  await widget.host.evaluate((host) => host.clear());
  await expect(widget.rows).toHaveCount(0);

  lab.backend.on(CREATE, respond({ status: 403 }), { times: 1 });
  await widget.add({ name: "b.txt", text: "b" });
  await expect(widget.row("b.txt")).toHaveAttribute("data-status", "failed");
  await widget.host.evaluate((host) => host.retry());
  await widget.arrived("b.txt");

  const second = new Gate();
  lab.store.on("PUT", hold(second), { times: 1 });
  await widget.add({ name: "c.txt", text: "c" });
  await second.reached;
  await widget.host.evaluate((host) => host.cancel());
  await expect(widget.row("c.txt")).toHaveAttribute("data-status", "cancelled");
  expect((await objects(lab)).length - before.length).toBe(2);
  gate.open();
  second.open();
});

test("one file at a time: a new one takes the place of one that is done", async ({ lab, page }) => {
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads"></s3-upload>');
  await expect(widget.part("browse")).toHaveText("Choose a file");
  await widget.add({ name: "a.txt", text: "a" });
  await widget.arrived("a.txt");
  await widget.add({ name: "b.txt", text: "b" });
  const { key } = await widget.arrived("b.txt");
  await expect(widget.rows).toHaveCount(1);
  expect(await widget.host.evaluate((host) => host.value)).toBe(key);
});

test("files are dropped and pasted", async ({ lab, page }) => {
  const widget = await lab.open(page);
  await widget.part("dropzone").evaluate((zone) => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped"], "dropped.txt", { type: "text/plain" }));
    for (const type of ["dragenter", "dragover", "drop"]) {
      zone.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  });
  const dropped = await widget.arrived("dropped.txt");
  expect(await stored(lab, dropped.key)).toBe(sha256of("dropped"));
  await widget.part("root").evaluate((root) => {
    const data = new DataTransfer();
    data.items.add(new File(["pasted"], "pasted.txt", { type: "text/plain" }));
    root.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await widget.arrived("pasted.txt");
});

test("the link of a stored file is copied", async ({ lab, page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: lab.url });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", text: "hello" });
  const result = await widget.arrived("a.txt");
  await widget.part("copy").click();
  await expect(widget.part("copy")).toHaveText("Copied");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(result.downloadUrl);
  expect(await download(copied)).toMatchObject({ status: 200, sha256: sha256of("hello") });
});

test("in a tab that is hidden, and so draws no frame, uploads go on and are shown", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", text: "hello" });
  await gate.reached;
  const turn = (state) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
      Object.defineProperty(document, "hidden", { configurable: true, value: state === "hidden" });
      window.draw ??= window.requestAnimationFrame;
      window.requestAnimationFrame = state === "hidden" ? () => 0 : window.draw;
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
  await turn("hidden");
  expect(lab.store.open).toBe(1);
  gate.open();
  const result = await widget.arrived("a.txt");
  await expect(widget.status(widget.row("a.txt"))).toHaveText("Uploaded");
  await widget.add({ name: "b.txt", text: "b" });
  await widget.arrived("b.txt");
  await turn("visible");
  await widget.add({ name: "c.txt", text: "c" });
  await widget.arrived("c.txt");
  expect(await stored(lab, result.key)).toBe(sha256of("hello"));
  expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([200, 200, 200]);
  expect(lab.backend.count(CREATE)).toBe(3);
});

/** Whether the browser would ask before it leaves the page. */
function asks(page) {
  return page.evaluate(() => {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  });
}

test("leaving the page asks only while something would be lost", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page);
  const leave = () => asks(page);
  expect(await leave()).toBe(false);
  await widget.add({ name: "a.txt", text: "a" });
  await gate.reached;
  await expect.poll(leave).toBe(true);
  gate.open();
  await widget.arrived("a.txt");
  await expect.poll(leave).toBe(false);
});

test("leaving the page asks about what was paused half way, not about what only waits", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 12 << 20);
  lab.store.on("PUT", holdHalfway(new Gate()), { times: Infinity });
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple manual></s3-upload>');
  const leave = () => asks(page);
  await widget.choose(path);
  const row = widget.row("movie.mp4");
  await expect(widget.status(row)).toHaveText("Ready to upload");
  expect(await leave()).toBe(false);
  await widget.part("start").click();
  await expect.poll(async () => (await widget.files())[0].sent).toBeGreaterThan(0);
  await expect.poll(leave).toBe(true);
  await widget.button(row, "pause").click();
  await expect(row).toHaveAttribute("data-status", "paused");
  expect(await leave()).toBe(true);

  await widget.button(row, "resume").click();
  await expect(row).toHaveAttribute("data-status", "uploading");
  await page.evaluate(() => {
    window.kept = document.querySelector("s3-upload");
    window.kept.remove();
  });
  await expect.poll(leave, { message: "the page took it away" }).toBe(false);
  await page.evaluate(() => document.querySelector("main").append(window.kept));
  await expect.poll(leave).toBe(true);
  await widget.button(row, "cancel").click();
  await expect.poll(leave).toBe(false);
});

// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set
test("in a form: the keys of what is stored are sent by its name, and a reset clears the list", async ({ lab, page }) => {
  const widget = await lab.open(page, '<form><s3-upload endpoint="/uploads" name="photos" multiple></s3-upload></form>');
  const sent = () => page.evaluate(() => new FormData(document.forms[0]).getAll("photos"));
  expect(await sent()).toEqual([]);
  await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
  const [a, b] = [await widget.arrived("a.txt"), await widget.arrived("b.txt")];
  expect(await sent()).toEqual([a.key, b.key]);
  expect(await widget.host.evaluate((host) => host.form === document.forms[0])).toBe(true);
  await widget.button(widget.row("a.txt"), "remove").click();
  expect(await sent()).toEqual([b.key]);
  await widget.host.evaluate((host) => (host.disabled = true));
  expect(await sent()).toEqual([]);
  await widget.host.evaluate((host) => (host.disabled = false));
  await page.evaluate(() => document.forms[0].reset());
  await expect(widget.rows).toHaveCount(0);
  expect(await sent()).toEqual([]);
});
