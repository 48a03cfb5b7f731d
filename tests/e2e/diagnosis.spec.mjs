// A browser says only that a request failed. What the person reads, and what the developer finds in the event and in the
// console. Each cause is made to happen; those that other specs make happen as well are only looked at from this side.
import { filled } from "./files.mjs";
import { FaultProxy, respond, s3Error, strip } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const CREATE = ["POST", "/uploads"];

/** The error of the one file that failed, after what the person reads was compared. */
async function failed(page, widget, words, { name = "a.txt" } = {}) {
  const row = widget.row(name);
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toHaveText(words);
  const [{ error }] = await widget.events("error");
  const said = await page.evaluate(() => window.said.join("\n"));
  expect(said).toContain(`${error.cause} ${error.fix}`);
  return error;
}

/** Answers every create with this address. */
function answer(lab, url, more = {}) {
  lab.backend.on(CREATE, respond({ body: { url, ...more } }), { times: Infinity });
}

test("the backend is gone for longer than the page wants to wait", async ({ lab, page }) => {
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" outage-limit="60"></s3-upload>', { clock: true });
  // The page comes from the same server, so that the causes have to be loaded before.
  lab.backend.on(CREATE, respond({ status: 400, body: { error: { code: "x", message: "No." } } }));
  await widget.add({ name: "first.txt", text: "a" });
  await widget.comesTo(widget.row("first.txt"), "failed");
  await widget.host.evaluate((host) => host.clear());
  await page.evaluate(() => (window.said.length = window.events.length = 0));
  await lab.backend.gone();
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(page, widget, "The server could not be reached. Check your internet connection, then try again.");
  expect(error).toMatchObject({ code: "backend-unreachable", cause: "the backend did not answer." });
  await lab.backend.back();
});

// https://www.w3.org/TR/CSP3/#violation-events
test("the page's Content Security Policy", async ({ lab, page }) => {
  lab.backend.pages.set("/page", {
    headers: { "content-security-policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" },
    html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="/uploads"></s3-upload></main>
      <script type="module" src="/s3-upload.js"></script></html>`,
  });
  await page.clock.install();
  await page.goto(`${lab.url}/page`);
  const widget = await Widget.ready(page);
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(
    page,
    widget,
    `This page's security policy forbids uploads to ${lab.store.url}. Ask the site's owner to add it to connect-src.`,
  );
  expect(error).toMatchObject({ code: "blocked-csp", fix: `Add ${lab.store.url} to connect-src.` });
});

// https://w3c.github.io/webappsec-mixed-content/
test("an http store on an https page", async ({ lab, page }) => {
  // The page's own origin is made by the test's browser; nothing of it leaves this machine.
  const html = `<!doctype html><html lang="en"><title>Test</title><main><s3-upload endpoint="/uploads"></s3-upload></main>
    <script type="module" src="/s3-upload.js"></script></html>`;
  await page.route("https://app.test/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/page") return route.fulfill({ contentType: "text/html", body: html });
    if (pathname === "/uploads") return route.fulfill({ json: { url: "http://store.test/k?X-Amz-Signature=5ec5ec5ec" } });
    const file = await fetch(`${lab.url}${pathname}`);
    return route.fulfill({ contentType: file.headers.get("content-type"), body: Buffer.from(await file.arrayBuffer()) });
  });
  await page.clock.install();
  await page.goto("https://app.test/page");
  const widget = await Widget.ready(page);
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(
    page,
    widget,
    "This page is secure but http://store.test is not, so the browser blocks the upload. Ask the site's owner to serve it over https.",
  );
  expect(error).toMatchObject({ code: "blocked-mixed-content" });
  expect(error.cause).toContain("this page is https, and http://store.test is not");
});

test("a store without a CORS rule: the server looks for itself, and spells out the rule", async ({ ownLab, page }) => {
  const lab = await ownLab(["--store-cors", "off"]);
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", type: "text/plain", text: "a" });
  const error = await failed(
    page,
    widget,
    `${lab.store.url} does not accept uploads from this page (CORS). Ask the site's owner to allow the origin ${lab.url} there.`,
  );
  expect(error.code).toBe("blocked-cors");
  for (const word of ["AllowedOrigins", lab.url, "AllowedMethods", "PUT", "AllowedHeaders", "ExposeHeaders", "ETag"]) {
    expect(error.fix).toContain(word);
  }
  expect(lab.backend.count(["POST", "/uploads/doctor"])).toBeGreaterThan(0);
});

test("a store without a CORS rule, behind a backend that cannot look: the usual rule", async ({ ownLab, page }) => {
  const lab = await ownLab(["--store-cors", "off"]);
  lab.backend.on(["POST", "/uploads/doctor"], respond({ status: 404 }), { times: Infinity });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  await widget.comesTo(widget.row("a.txt"), "failed");
  const [{ error }] = await widget.events("error");
  expect(error.cause).toBe(`${lab.store.url} does not allow ${lab.url} to send this request (CORS).`);
  expect(error.fix).toContain(`AllowedOrigins ["${lab.url}"]`);
});

test("a bucket of another region: its redirect ends the preflight, and the server sees it", async ({ lab, page }) => {
  // The address that it points to answers as well, as a real region does.
  const headers = { location: `${lab.store.url}/elsewhere`, "x-amz-bucket-region": "eu-west-1" };
  lab.store.on((request) => request.url !== "/elsewhere", respond({ status: 307, headers }), { times: Infinity, probes: true });
  lab.store.on((request) => request.url === "/elsewhere", respond({ status: 200 }), { times: Infinity });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(
    page,
    widget,
    `The storage at ${lab.store.url} is not set up for these uploads. Ask the site's owner to look for the cause in the browser's console.`,
  );
  expect(error.code).toBe("store-setup");
  expect(`${error.cause} ${error.fix}`).toContain("eu-west-1");
});

test("an address that only the server can reach", async ({ lab, page }) => {
  answer(lab, "http://minio:9000/uploads/k?X-Amz-Signature=5ec5ec5ec");
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(
    page,
    widget,
    "The storage at http://minio:9000 cannot be reached from here. Ask the site's owner to sign uploads for an address that browsers can reach.",
  );
  expect(error.code).toBe("store-unreachable");
  expect(error.cause).toContain("a name of an inner network");
});

test("an address with the checksum of an empty body, refused by the store", async ({ lab, page }) => {
  answer(lab, `${lab.store.url}/uploads/k?x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&X-Amz-Signature=5ec5ec5ec`);
  lab.store.on("PUT", s3Error(400, "BadDigest", "The CRC32 you specified did not match the calculated checksum."), { times: Infinity });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  const error = await failed(
    page,
    widget,
    "The storage refused the upload: its address was signed for an empty file (BadDigest). " +
      "Ask the site's owner to turn off the checksum that the server's S3 library adds while it signs.",
  );
  expect(error.fix).toContain('requestChecksumCalculation: "WHEN_REQUIRED"');
});

test("a hidden ETag: the upload arrives, and the console says which header to expose", async ({ lab, page, folder }) => {
  lab.store.on("PUT", strip("access-control-expose-headers"), { times: Infinity });
  const path = await filled(folder, "movie.mp4", 12 << 20);
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multipart-threshold="1MB" part-size="5MiB"></s3-upload>');
  await widget.choose(path);
  await widget.arrived("movie.mp4");
  const said = await page.evaluate(() => window.said.filter((line) => line.includes("ETag")));
  expect(said).toEqual([expect.stringContaining("ExposeHeaders")]);
});

test("a header that is sent but not signed", async ({ lab, page }) => {
  answer(lab, `${lab.store.url}/uploads/k?X-Amz-SignedHeaders=host&X-Amz-Signature=5ec5ec5ec`, { headers: { "x-amz-acl": "public-read" } });
  lab.store.on("PUT", s3Error(403, "AccessDenied", "There were headers present in the request which were not signed"), { times: Infinity });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add({ name: "a.txt", text: "a" });
  await widget.comesTo(widget.row("a.txt"), "failed");
  const [{ error }] = await widget.events("error");
  expect(error.cause).toContain("has headers sent that the URL does not sign: x-amz-acl");
});

// https://fetch.spec.whatwg.org/#cors-check
test("a backend of another origin that does not allow this page", async ({ ownLab, page }) => {
  const lab = await ownLab(["--allow-origin", "https://example.com"]);
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
  await widget.comesTo(widget.row("a.txt"), "failed");
  const [{ error }] = await widget.events("error");
  expect(error.code).toBe("blocked-cors");
  expect(error.cause).toContain(there.url);
  await there.close();
});

// https://html.spec.whatwg.org/multipage/system-state.html#navigator.online
test("offline is said as such, and costs nothing", async ({ lab, page, context }) => {
  const widget = await lab.open(page);
  await context.setOffline(true);
  await widget.add({ name: "a.txt", text: "a" });
  await expect(widget.status(widget.row("a.txt"))).toHaveText("You are offline. The upload continues by itself when the connection is back.");
  await context.setOffline(false);
  await widget.arrived("a.txt");
});
