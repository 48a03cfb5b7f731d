// The widget in a page of another origin, as in examples/html.
import { readFile } from "node:fs/promises";
import { sha256of, stored } from "./files.mjs";
import { cut, FaultProxy, respond } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const EXAMPLE = new URL("../../examples/html/index.html", import.meta.url);

async function site(page, lab) {
  const site = await FaultProxy.listen();
  site.pages.set("/", { html: await readFile(EXAMPLE, "utf8") });
  await page.goto(`${site.url}/?origin=${lab.url}`);
  return site;
}

test("the example page uploads from its own origin", async ({ lab, page }) => {
  const there = await site(page, lab);
  const widget = await Widget.ready(page);
  await widget.add({ name: "beach.jpg", type: "image/jpeg", text: "sand" }, { name: "notes.pdf", type: "application/pdf", text: "n" });
  const result = await widget.arrived("beach.jpg");
  expect(await stored(lab, result.key)).toBe(sha256of("sand"));
  await expect(page.locator("#thanks")).toContainText("We have received 2 of your files.");
  await widget.add({ name: ".hidden.pdf", type: "application/pdf", text: "x" }, { name: "empty.pdf", type: "application/pdf" });
  await widget.add({ name: "last.pdf", type: "application/pdf", text: "x" });
  await widget.arrived("last.pdf");
  await expect(widget.rows).toHaveCount(3);
  // The page's own style reaches in.
  const colour = await widget.part("browse").evaluate((button) => {
    const style = getComputedStyle(button);
    return `${style.backgroundColor} ${style.color} ${style.fontFamily}`;
  });
  expect(colour).toContain("Georgia");
  expect(colour).toContain("rgb(122, 62, 157)");
  await there.close();
});

test("a backend that does not allow the page's origin is named", async ({ ownLab, page }) => {
  const lab = await ownLab(["--allow-origin", "https://example.com"]);
  // The files of the widget come from elsewhere: only the backend refuses.
  const there = await FaultProxy.listen();
  there.target = lab.url;
  there.pages.set("/page", {
    html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="${lab.url}/uploads"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  await page.clock.install();
  await page.goto(`${there.url}/page`);
  const widget = await Widget.ready(page);
  await widget.add({ name: "a.txt", text: "a" });
  const row = widget.row("a.txt");
  await widget.comesTo(row, "failed");
  expect(await widget.events("error")).toMatchObject([{ error: { code: "blocked-cors" } }]);
  await expect(widget.status(row)).toHaveText(
    `${lab.url} does not accept uploads from this page (CORS). Ask the site's owner to allow the origin ${there.url} there.`,
  );
  expect(lab.store.count("PUT")).toBe(0);
  await there.close();
});

test("a backend of another origin whose connections break is not blamed for its CORS rule", async ({ lab, page }) => {
  const there = await FaultProxy.listen();
  there.target = lab.url;
  there.pages.set("/page", {
    html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="${lab.url}/uploads" outage-limit="200"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  const broken = lab.backend.on(["POST", "/uploads"], cut(), { times: Infinity });
  await page.clock.install();
  await page.goto(`${there.url}/page`);
  const widget = await Widget.ready(page);
  await widget.add({ name: "a.txt", text: "a" });
  const row = widget.row("a.txt");
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toHaveText("The server could not be reached. Check your internet connection, then try again.");
  expect(broken.hits).toBeGreaterThan(2);
  await there.close();
});

// https://fetch.spec.whatwg.org/#cors-preflight-fetch
for (const [what, headers, message] of [
  ["allows JSON, and so every safelisted method", "content-type", "The server could not be reached. Check your internet connection, then try again."],
  ["allows no JSON", "x-other", "does not accept uploads from this page (CORS)."],
]) {
  test(`a preflight that ${what}, before a connection that breaks`, async ({ lab, page }) => {
    const there = await FaultProxy.listen();
    there.target = lab.url;
    there.pages.set("/page", {
      html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="${lab.url}/uploads" outage-limit="200"></s3-upload></main>
        <script type="module" src="/s3-upload.js"></script></html>`,
    });
    // It names no method.
    const preflight = { status: 204, headers: { "access-control-allow-headers": headers } };
    lab.backend.on(["OPTIONS", "/uploads"], respond(preflight), { times: Infinity });
    lab.backend.on(["HEAD", "/uploads"], respond({ status: 405 }), { times: Infinity, probes: true });
    lab.backend.on(["POST", "/uploads"], cut(), { times: Infinity });
    await page.clock.install();
    await page.goto(`${there.url}/page`);
    const widget = await Widget.ready(page);
    await widget.add({ name: "a.txt", text: "a" });
    const row = widget.row("a.txt");
    await widget.comesTo(row, "failed");
    await expect(widget.status(row)).toContainText(message);
    await there.close();
  });
}

test("a page whose security policy forbids the store is told which rule to change", async ({ lab, page }) => {
  lab.backend.pages.set("/page", {
    headers: { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" },
    html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="/uploads"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  await page.goto(`${lab.url}/page`);
  const widget = await Widget.ready(page);
  await widget.add({ name: "a.txt", text: "a" });
  const row = widget.row("a.txt");
  await expect(row).toHaveAttribute("data-status", "failed");
  await expect(widget.status(row)).toHaveText(
    `This page's security policy forbids uploads to ${lab.store.url}. Ask the site's owner to add it to connect-src.`,
  );
  // The widget's own style needs no exception.
  const root = await widget.part("root").evaluate((root) => getComputedStyle(root).display);
  expect(root).not.toBe("inline");
});

test("a page that forbids WebAssembly says so", async ({ lab, page }) => {
  lab.backend.pages.set("/page", {
    headers: { "content-security-policy": "script-src 'self'" },
    html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="/uploads"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  await page.goto(`${lab.url}/page`);
  await expect(page.getByRole("alert")).toHaveText(
    /This page's security policy forbids the uploader. Ask the site's owner to add 'wasm-unsafe-eval' to script-src./,
  );
});
