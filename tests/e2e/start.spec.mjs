// Before the widget is loaded: what is shown at once, when the widget is loaded, and what a failed load says and keeps.
import { readFile } from "node:fs/promises";
import { Gate, respond } from "./faults.mjs";
import { filled, sha256, sha256of, stored } from "./files.mjs";
import { expect, pageOf, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const CORE = ["GET", /^\/s3-upload-core\.js/];
const WASM = ["GET", /^\/s3-upload-core_bg\.wasm/];
const source = (name) => readFile(new URL(`../../src/element/${name}`, import.meta.url), "utf8");
const ONE = '<s3-upload endpoint="/uploads" multiple></s3-upload>';
/** Its first load begins with the first file. */
const UNLOADED = '<s3-upload endpoint="/uploads" load="interaction"></s3-upload>';

async function open(page, lab, body = ONE, { headers = {}, head } = {}) {
  lab.backend.pages.set("/page", { html: pageOf(body, head), headers });
  await page.goto(`${lab.url}/page`);
  await page.evaluate(() => customElements.whenDefined("s3-upload"));
  return new Widget(page);
}

/** The number of requests for the script and for the wasm. */
const loads = (lab) => [lab.backend.count(CORE), lab.backend.count(WASM)];

test("the texts before the load are those of the widget", async () => {
  const { limits, formatSize, displayName } = await import(`data:text/javascript,${encodeURIComponent(await source("start_text.js"))}`);
  const cases = JSON.parse(await source("start_text.json"));
  for (const { attributes, multiple, line } of cases.limits) {
    const host = { multiple };
    for (const [name, value] of Object.entries(attributes)) host[name.replace(/-./g, (dash) => dash[1].toUpperCase())] = value;
    expect(limits(undefined, host), JSON.stringify(attributes)).toBe(line);
  }
  for (const [size, shown] of cases.sizes) expect(formatSize(size)).toBe(shown);
  for (const [name, shown] of cases.names) expect(displayName(name)).toBe(shown);
});

test("files that are chosen and dropped before the load are listed, and uploaded after it", async ({ lab, page, folder }) => {
  const gate = new Gate();
  await lab.openBefore(page, gate);
  const widget = new Widget(page);
  await expect(widget.part("browse")).toHaveText("Choose files");
  const path = await filled(folder, "movie.mp4", 3 << 20);
  const chooser = page.waitForEvent("filechooser");
  await widget.part("browse").click();
  await (await chooser).setFiles(path);
  await expect(widget.rows).toHaveText([/movie\.mp4.*3\.1 MB.*Waiting for the uploader/s]);
  await widget.part("dropzone").evaluate((zone) => {
    const data = new DataTransfer();
    data.items.add(new File(["sand"], "beach.jpg", { type: "image/jpeg" }));
    zone.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
    if (!zone.matches(".s3u-dragging")) throw new Error("the zone does not show that it takes the file");
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await expect(widget.rows).toHaveCount(2);
  gate.open();
  const movie = await widget.arrived("movie.mp4");
  expect(await stored(lab, movie.key)).toBe(await sha256(path));
  const beach = await widget.arrived("beach.jpg");
  expect(await stored(lab, beach.key)).toBe(sha256of("sand"));
  await expect(widget.rows).toHaveCount(2);
});

test("a drop without a file before the load is explained after it", async ({ lab, page }) => {
  const gate = new Gate();
  await lab.openBefore(page, gate);
  const widget = new Widget(page);
  await widget.part("dropzone").evaluate((zone) => {
    const data = new DataTransfer();
    data.setData("text/plain", "words");
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  gate.open();
  await expect(widget.part("notice")).toContainText("Nothing was added");
});

test("before the load without `multiple`, the last chosen file counts, and `disabled` takes none", async ({ lab, page }) => {
  const gate = new Gate();
  await lab.openBefore(page, gate, '<s3-upload endpoint="/uploads"></s3-upload>');
  const widget = new Widget(page);
  await expect(widget.part("browse")).toHaveText("Choose a file");
  await widget.add({ name: "a.txt", text: "a" });
  await widget.add({ name: "b.txt", text: "b" });
  await expect(widget.rows).toHaveText([/b\.txt/]);
  await widget.host.evaluate((host) => (host.disabled = true));
  await expect(widget.part("browse")).toBeDisabled();
  await widget.host.evaluate((host) => (host.disabled = false));
  gate.open();
  await widget.arrived("b.txt");
  await expect(widget.rows).toHaveCount(1);
});

for (const width of [320, 390, 1280]) {
  test(`nothing on the page moves while the widget is loaded, at ${width} px`, async ({ lab, page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.addInitScript(() => {
      window.shifts = [];
      const note = (list) => window.shifts.push(...list.getEntries().map(({ value, sources }) => [value, sources.map(({ node }) => node?.nodeName)]));
      new PerformanceObserver(note).observe({ type: "layout-shift", buffered: true });
    });
    const gate = new Gate();
    const body = `<p>before</p><s3-upload endpoint="/uploads" multiple accept="image/*,.pdf,.doc,.docx,.xls,.xlsx,.csv" max-size="2GB" max-files="10"></s3-upload><p>after</p>`;
    await lab.openBefore(page, gate, body, { head: '<script type="module" blocking="render" src="/s3-upload.js"></script>' });
    const widget = new Widget(page);
    const place = () =>
      page.evaluate(() => {
        const host = document.querySelector("s3-upload");
        const parts = ["browse", "dropzone", "hint"].map((part) => host.shadowRoot.querySelector(`[part=${part}]`));
        return [host, ...parts, document.querySelector("p:last-of-type")].map((element) => {
          const { x, y, width, height } = element.getBoundingClientRect();
          return [x, y, width, height].map((value) => Math.round(value * 10) / 10);
        });
      });
    await expect(widget.part("hint")).toContainText("up to 2 GB each");
    const before = await place();
    gate.open();
    await Widget.ready(page);
    expect(await place()).toEqual(before);
    expect(await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.shifts)))))).toEqual([]);
  });
}

test("the README's rule reserves the height of the zone", async ({ lab, page }) => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const [, reserved] = readme.match(/s3-upload:not\(:defined\) \{ display: block; min-block-size: (\d+)px; \}/);
  await open(page, lab);
  const heights = [];
  for (const width of [500, 768, 1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const { height } = await page.locator("s3-upload").boundingBox();
    heights.push(Math.round(height));
  }
  expect(heights).toEqual(Array(4).fill(Number(reserved)));
});

test("it has a width where its parent takes the width of its content", async ({ lab, page }) => {
  const inside = [
    `<div style="display: flex">${ONE}</div>`,
    `<div style="display: flex; inline-size: 200px">${ONE}</div>`,
    `<div style="display: inline-block">${ONE}</div>`,
    `<div style="float: left">${ONE}</div>`,
    `<table><tr><td>${ONE}</td></tr></table>`,
    `<dialog open style="position: static">${ONE}</dialog>`,
    `<div style="display: grid; grid-template-columns: auto 1fr">${ONE}</div>`,
    `<div style="position: absolute">${ONE}</div>`,
    `<div style="inline-size: fit-content">${ONE}</div>`,
  ];
  await open(page, lab, inside.join(""));
  const widths = () => page.locator("s3-upload").evaluateAll((hosts) => hosts.map((host) => host.getBoundingClientRect().width));
  const before = await widths();
  await page.evaluate(() => Promise.all([...document.querySelectorAll("s3-upload")].map((host) => host.ready.then(() => {}))));
  expect(await widths()).toEqual(before);
  for (const [index, width] of before.entries()) {
    const [least, most] = index === 1 ? [200, 200] : [288, 1000];
    expect(width, inside[index]).toBeGreaterThanOrEqual(least);
    expect(width, inside[index]).toBeLessThanOrEqual(most);
  }
});

test("five elements load each file once", async ({ lab, page }) => {
  await open(page, lab, ONE.repeat(5));
  await page.evaluate(() => Promise.all([...document.querySelectorAll("s3-upload")].map((host) => host.ready.then(() => {}))));
  expect(loads(lab)).toEqual([1, 1]);
  expect(lab.backend.count(["GET", "/s3-upload.js"])).toBe(1);
});

test("an element far below is loaded when the page is scrolled to it", async ({ lab, page }) => {
  const widget = await open(page, lab, `<div style="block-size: 6000px"></div>${ONE}`);
  await expect(widget.part("browse")).toHaveText("Choose files");
  await idle(page);
  expect(loads(lab)).toEqual([0, 0]);
  await page.evaluate(() => scrollTo(0, 6000));
  await expect.poll(() => loads(lab)).toEqual([1, 1]);
});

test('with `load="eager"` it is loaded wherever it is', async ({ lab, page }) => {
  await open(page, lab, `<div style="block-size: 6000px"></div><s3-upload endpoint="/uploads" load="eager"></s3-upload>`);
  await expect.poll(() => loads(lab)).toEqual([1, 1]);
});

for (const [title, reach] of Object.entries({
  "the pointer": (widget) => widget.part("dropzone").hover(),
  "the keyboard": (widget) => widget.page.keyboard.press("Tab"),
  "a drag": (widget) => widget.part("dropzone").dispatchEvent("dragenter"),
  "a script that adds a file": (widget) => widget.add({ name: "a.txt", text: "a" }),
  "a script that awaits it": (widget) => widget.host.evaluate((host) => host.ready.then(() => true)),
})) {
  test(`with \`load="interaction"\` ${title} loads it`, async ({ lab, page }) => {
    const widget = await open(page, lab, UNLOADED);
    await idle(page);
    expect(loads(lab)).toEqual([0, 0]);
    await page.evaluate(() => document.addEventListener("upload-ready", ({ target }) => (window.readied = target.localName)));
    await reach(widget);
    await expect.poll(() => page.evaluate(() => window.readied)).toBe("s3-upload");
    expect(loads(lab)).toEqual([1, 1]);
  });
}

/** The page has had an idle moment, after an intersection could be observed. */
function idle(page) {
  return page.evaluate(
    () =>
      new Promise((done) => {
        const observer = new IntersectionObserver(() => requestIdleCallback(() => requestIdleCallback(() => done())));
        observer.observe(document.body);
      }),
  );
}

test("a page can name the files", async ({ lab, page }) => {
  for (const [name, type] of [["s3-upload-core.js", "text/javascript"], ["s3-upload-core_bg.wasm", "application/wasm"]]) {
    const html = await readFile(`${process.env.S3_UPLOAD_DIST}/${name}`);
    lab.backend.pages.set(`/elsewhere/${name}`, { html, headers: { "content-type": type } });
  }
  const head = `<script type="module">
    import { S3Upload } from "/s3-upload.js";
    S3Upload.configure({ core: "/elsewhere/s3-upload-core.js" });
  </script>`;
  const body = '<s3-upload endpoint="/uploads" wasm-src="elsewhere/s3-upload-core_bg.wasm"></s3-upload>';
  await open(page, lab, body, { head });
  const widget = await Widget.ready(page);
  expect(loads(lab)).toEqual([0, 0]);
  await widget.add({ name: "a.txt", text: "a" });
  await widget.arrived("a.txt");
});

test("files that the page preloads are used", async ({ lab, page }) => {
  const head = `<link rel="modulepreload" href="/s3-upload-core.js">
    <link rel="preload" as="fetch" crossorigin href="/s3-upload-core_bg.wasm">
    <script type="module">
      import { S3Upload } from "/s3-upload.js";
      S3Upload.configure({ core: "/s3-upload-core.js", wasm: "/s3-upload-core_bg.wasm" });
    </script>`;
  await open(page, lab, ONE, { head });
  await Widget.ready(page);
  expect(loads(lab)).toEqual([1, 1]);
});

test("the script and the wasm are named by their version", async ({ lab, page }) => {
  const asked = [];
  page.on("request", (request) => /-core/.test(request.url()) && asked.push(new URL(request.url()).search));
  await open(page, lab);
  await Widget.ready(page);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatch(/^\?v=[0-9a-f]{8}$/);
  expect(asked[1]).toBe(asked[0]);
});

test("a file that is chosen while the widget comes at 50 KB/s is uploaded", async ({ lab, page }) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 100, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  const widget = await open(page, lab);
  await widget.host.locator("input[type=file]").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await expect(widget.rows).toHaveText([/a\.txt.*Waiting for the uploader/s]);
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 100, downloadThroughput: 200_000, uploadThroughput: 200_000 });
  const result = await widget.arrived("a.txt");
  expect(await stored(lab, result.key)).toBe(sha256of("hello"));
});

const html = { status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><title>Home</title>" };
const FAILURES = {
  "a wasm that is missing": { at: WASM, fault: respond({ status: 404 }), code: "missing", says: "The uploader could not be loaded (404)." },
  "a script that is missing": { at: CORE, fault: respond({ status: 404 }), code: "missing", says: "The uploader could not be loaded (404)." },
  "a web page in place of the wasm": { at: WASM, fault: respond(html), code: "not-wasm", says: "The uploader could not be loaded (another page came)." },
  "a web page in place of the script": { at: CORE, fault: respond(html), code: "failed", says: "The uploader could not be loaded. Try again later" },
  "a broken connection": { at: WASM, fault: (exchange) => exchange.passOn({ cutAfter: 0 }), code: "network", says: "The uploader could not be loaded. Check your internet connection" },
};

// A script that failed to load is asked for again, by another name:
// https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-imported-module-script
for (const [title, { at, fault, code, says }] of Object.entries(FAILURES)) {
  test(`${title}: its sentence, its event, and the chosen file after another try`, async ({ lab, page }) => {
    // The browser itself asks once more after a broken connection.
    const rule = lab.backend.on(at, fault, { times: Infinity });
    await page.addInitScript(() => {
      window.failures = [];
      document.addEventListener("upload-load-error", ({ detail }) => window.failures.push(detail));
    });
    const widget = await open(page, lab, UNLOADED);
    await widget.add({ name: "a.txt", text: "a" });
    await expect(widget.part("load-error")).toContainText(says);
    expect(await page.evaluate(() => window.failures)).toMatchObject([{ code, message: expect.stringContaining(says) }]);
    await expect(widget.rows).toHaveText([/a\.txt/]);
    rule.times = 0;
    await widget.part("reload").click();
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("a"));
    await expect(widget.part("load-error")).toHaveCount(0);
  });
}

for (const [title, { headers = {}, before, code, says }] of Object.entries({
  "a browser without WebAssembly": { before: () => delete globalThis.WebAssembly, code: "no-wasm", says: "The uploader needs WebAssembly." },
  "a policy without wasm-unsafe-eval": {
    headers: { "content-security-policy": "script-src 'self'" },
    code: "csp",
    says: "Ask the site's owner to add 'wasm-unsafe-eval' to script-src.",
  },
  "a policy that does not let the wasm be fetched": {
    headers: { "content-security-policy": "connect-src https://example.com" },
    code: "csp",
    says: /Ask the site's owner to add http:\/\/127\.0\.0\.1:\d+\/s3-upload-core_bg\.wasm\S* to connect-src\./,
  },
})) {
  test(`${title}: its sentence, its event, and the chosen file stays`, async ({ lab, page }) => {
    await page.addInitScript(() => {
      window.failures = [];
      document.addEventListener("upload-load-error", ({ detail }) => window.failures.push(detail));
    });
    if (before) await page.addInitScript(before);
    const widget = await open(page, lab, UNLOADED, { headers });
    await widget.add({ name: "a.txt", text: "a" });
    await expect(widget.part("load-error")).toContainText(says);
    expect(await page.evaluate(() => window.failures)).toMatchObject([{ code }]);
    await widget.part("reload").click();
    await expect.poll(() => page.evaluate(() => window.failures.length)).toBe(2);
    await expect(widget.part("load-error")).toContainText(says);
    await expect(widget.rows).toHaveText([/a\.txt/]);
  });
}

test("a load that failed for the network is tried again when the browser is online", async ({ lab, page }) => {
  const rule = lab.backend.on(WASM, (exchange) => exchange.passOn({ cutAfter: 0 }), { times: Infinity });
  const widget = await open(page, lab);
  await expect(widget.part("load-error")).toBeVisible();
  rule.times = 0;
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await Widget.ready(page);
  await expect(widget.part("load-error")).toHaveCount(0);
});

test("the page's own texts are used before the load and for its failure", async ({ lab, page }) => {
  lab.backend.on(WASM, respond({ status: 404 }), { times: Infinity });
  const widget = await open(page, lab, UNLOADED);
  await widget.host.evaluate((host) => (host.messages = { "button.browse.one": "Escolher", "load.missing": "Falta: {status}", "load.retry": "Outra vez" }));
  await expect(widget.part("browse")).toHaveText("Escolher");
  await widget.part("browse").hover();
  await expect(widget.part("load-error")).toContainText("Falta: 404");
  await expect(widget.part("reload")).toHaveText("Outra vez");
});
