// The files that are accepted, their names and types, and the messages about the others.
import { throttle } from "./faults.mjs";
import { sha256of, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

const CREATE = ["POST", "/uploads"];

/** The name and types of each file, as sent to the backend and the store: `{ name, type }` and the Content-Type of the PUT. */
function told(page) {
  const said = { created: [], sent: [] };
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/uploads")) said.created.push(request.postDataJSON());
    if (request.method() === "PUT") said.sent.push(request.headers()["content-type"]);
  });
  return said;
}

test.describe("extensions and types stand for each other", () => {
  for (const [accept, name, type, sent] of [
    ["image/*", "IMG_4711.HEIC", "", "image/heic"],
    ["text/csv", "data.csv", "application/vnd.ms-excel", "text/csv"],
    ["application/zip", "a.zip", "application/x-zip-compressed", "application/x-zip-compressed"],
    [".jpg", "photo.jpeg", "image/jpeg", "image/jpeg"],
    ["pdf", "a.pdf", "application/pdf", "application/pdf"],
    ["*.pdf", "a.PDF", "", "application/pdf"],
    ["jpg, png", "a.png", "image/png", "image/png"],
    ["image/jpg", "a.jpg", "image/jpeg", "image/jpeg"],
  ]) {
    test(`accept="${accept}" takes ${name} of type "${type}"`, async ({ lab, page }) => {
      const said = told(page);
      const widget = await lab.open(page, `<s3-upload endpoint="/uploads" multiple accept="${accept}"></s3-upload>`);
      await widget.add({ name: "evil.exe", type: "application/x-msdownload", text: "no" }, { name, type, text: "hello" });
      const result = await widget.arrived(name);
      expect(await stored(lab, result.key)).toBe(sha256of("hello"));
      expect(said.created.map(({ type }) => type)).toEqual([sent]);
      expect(said.sent).toEqual([sent]);
      expect(result.type).toBe(sent);
      await expect(widget.part("rejection")).toHaveCount(1);
      await expect(widget.part("rejection")).toContainText("evil.exe");
      expect(await page.evaluate(() => window.said)).toEqual([]);
    });
  }

  test("what of accept is not understood is named, and refuses nothing", async ({ lab, page }) => {
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" accept="documents"></s3-upload>');
    await widget.add({ name: "a.txt", text: "hello" });
    await widget.arrived("a.txt");
    const [said] = await page.evaluate(() => window.said);
    expect(said).toContain('<s3-upload accept="documents">: "documents" is not understood: expected extensions with a dot (.pdf)');
  });
});

test.describe("add()", () => {
  test("takes a File of another window", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => {
      const frame = document.createElement("iframe");
      document.body.append(frame);
      const { File } = frame.contentWindow;
      host.add(new File(["one"], "one.txt", { type: "text/plain" }));
      host.add([new File(["two"], "two.txt", { type: "text/plain" })]);
    });
    for (const name of ["one", "two"]) {
      const result = await widget.arrived(`${name}.txt`);
      expect(await stored(lab, result.key)).toBe(sha256of(name));
    }
    expect(await page.evaluate(() => window.said)).toEqual([]);
  });

  test("takes a File after the page's classes were replaced, and the upload goes on", async ({ lab, page }) => {
    lab.store.on("PUT", throttle({ bytesPerSecond: 4 << 20 }), { times: 1 });
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple transport="xhr"></s3-upload>');
    await widget.host.evaluate((host) => {
      const { File } = window;
      for (const name of ["File", "Blob", "Response", "ProgressEvent", "Event", "DOMException"]) {
        window[name] = class Other {};
      }
      host.add(new File([new Uint8Array(4 << 20)], "big.bin"));
    });
    await widget.arrived("big.bin");
    expect((await widget.events("progress")).length).toBeGreaterThan(0);
  });

  // https://xhr.spec.whatwg.org/#dom-formdata-append
  test("names what is no File", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => {
      host.add(new Blob(["x"]));
      host.add([{ name: "a.txt", size: 1, [Symbol.toStringTag]: "File" }, null]);
      host.add("a.txt");
      host.add(null);
      host.add(new File(["hello"], "a.txt", { type: "text/plain" }));
    });
    await widget.arrived("a.txt");
    const said = await page.evaluate(() => window.said);
    expect(said.filter((line) => line.includes("expected File objects"))).toHaveLength(3);
    await expect(widget.rows).toHaveCount(1);
  });
});

test("a file without a name gets one, and a long one is told shorter", async ({ lab, page }) => {
  const said = told(page);
  const widget = await lab.open(page);
  const long = `${"x".repeat(300)}.pdf`;
  await widget.add({ name: "", type: "image/png", text: "one" }, { name: long, type: "application/pdf", text: "two" });
  await widget.arrived("file.png");
  await widget.arrived(long);
  const names = said.created.map(({ name }) => name).sort();
  expect(names).toEqual(["file.png", `${"x".repeat(251)}.pdf`]);
});

test.describe("a drop", () => {
  /** Drops what looks like this on the widget. */
  const drop = (widget, what) =>
    widget.part("dropzone").evaluate((zone, what) => {
      const data = new DataTransfer();
      const unreadable = { kind: "file", type: "", webkitGetAsEntry: () => null, getAsFile: () => null };
      const folder = { ...unreadable, webkitGetAsEntry: () => ({ isDirectory: true }) };
      const fake = { types: ["Files"], files: [], items: { nothing: [], unreadable: [unreadable], folder: [folder] }[what] };
      const event = new DragEvent("drop", { bubbles: true, cancelable: true, composed: true, dataTransfer: data });
      if (what !== "empty") Object.defineProperty(event, "dataTransfer", { value: fake });
      zone.dispatchEvent(event);
    }, what);

  for (const [what, words] of [
    ["empty", "Nothing was added: what came holds no file."],
    ["nothing", "Nothing was added: what came holds no file."],
    ["unreadable", "Something was not added: the browser cannot read it as a file."],
    ["folder", "Folders cannot be uploaded. Choose the files in it."],
  ]) {
    test(`of this kind is answered: ${what}`, async ({ lab, page }) => {
      const widget = await lab.open(page);
      await drop(widget, what);
      await expect(widget.part("notice")).toContainText(words);
      await expect(widget.part("error")).toContainText(words);
    });
  }
});

test.describe("while the page checks a file", () => {
  const checks = (page) =>
    page.evaluate(() => {
      window.checks = {};
      document.addEventListener("upload-add", ({ detail }) =>
        detail.waitUntil(new Promise((allow, refuse) => (window.checks[detail.name] = { allow, refuse }))),
      );
    });

  test("its row says so at once, and stays in its place", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await checks(page);
    await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
    await expect(widget.rows).toHaveCount(2);
    const row = widget.row("a.txt");
    await expect(row).toHaveAttribute("data-status", "checking");
    await expect(widget.status(row)).toHaveText("Being checked by this page");
    expect(await widget.files()).toEqual([]);
    expect(lab.backend.count(CREATE)).toBe(0);
    await page.evaluate(() => window.checks["b.txt"].allow());
    await widget.arrived("b.txt");
    await expect(row).toHaveAttribute("data-status", "checking");
    await page.evaluate(() => window.checks["a.txt"].allow());
    await widget.arrived("a.txt");
    await expect(widget.part("name")).toHaveText(["a.txt", "b.txt"]);
    expect((await widget.files()).map(({ name }) => name)).toEqual(["a.txt", "b.txt"]);
  });

  test("it can be cancelled, whatever the page decides then", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await checks(page);
    await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
    await widget.button(widget.row("a.txt"), "cancel").click();
    await expect(widget.rows).toHaveCount(1);
    await page.evaluate(() => window.checks["a.txt"].allow());
    await page.evaluate(() => window.checks["b.txt"].allow());
    await widget.arrived("b.txt");
    await expect(widget.rows).toHaveCount(1);
    expect(lab.backend.count(CREATE)).toBe(1);
    await widget.add({ name: "c.txt", text: "c" });
    await expect(widget.row("c.txt")).toHaveAttribute("data-status", "checking");
    await widget.host.evaluate((host) => host.cancel());
    await expect(widget.row("c.txt")).toHaveCount(0);
  });

  test("a reason to refuse it is shown", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await checks(page);
    await widget.add(...["a.txt", "b.txt", "c.txt", "d.txt"].map((name) => ({ name, text: name })));
    await expect(widget.rows).toHaveCount(4);
    await page.evaluate(() => {
      window.checks["a.txt"].refuse(new Error("It holds a virus"));
      window.checks["b.txt"].refuse(undefined);
      window.checks["c.txt"].refuse(new Response('{"message":"At most 5 MB"}', { status: 413 }));
      window.checks["d.txt"].allow(false);
    });
    await expect(widget.rows).toHaveCount(0);
    await expect(widget.part("rejection").locator(".s3u-why")).toHaveText([
      /^a\.txt\s+It holds a virus\.$/,
      /^b\.txt\s+This page did not accept the file\.$/,
      /^c\.txt\s+At most 5 MB\.$/,
    ]);
    expect((await widget.events("reject")).map(({ error }) => error.code)).toEqual(["refused", "refused", "refused"]);
    expect(await page.evaluate(() => window.said.join("\n"))).toContain("was rejected with undefined");
  });
});
