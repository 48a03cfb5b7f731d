// The site of the benchmark: the pages and files of both sides with the same headers, a backend that signs, and a store of
// another origin. Backend and store answer after fixed delays.
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { start, stop } from "../bench-shared/servers.mjs";

/** Milliseconds until the backend answers, and the store. */
export const DELAYS = { backend: 50, store: 20 };

const TYPES = { js: "text/javascript", css: "text/css", wasm: "application/wasm" };

/** The lines that the README offers: to a page on which nothing may move, and to one that is usable sooner. */
const EXTRAS = {
  style: "<style>s3-upload:not(:defined) { display: block; min-block-size: 132px; }</style>",
  blocking: '<script type="module" blocking="render" src="/widget/s3-upload.js"></script>',
  preload: `<link rel="modulepreload" href="/widget/s3-upload-core.js">
    <link rel="preload" as="fetch" crossorigin href="/widget/s3-upload-core_bg.wasm">
    <script type="module">
      import { S3Upload } from "/widget/s3-upload.js";
      S3Upload.configure({ core: "/widget/s3-upload-core.js", wasm: "/widget/s3-upload-core_bg.wasm" });
    </script>`,
};

const HEADS = {
  widget: '<script type="module" src="/widget/s3-upload.js"></script>',
  uppy: '<link rel="stylesheet" href="/uppy/uppy.css"><script type="module" src="/uppy/uppy.js"></script>',
};
const BODIES = {
  widget: (isManual) => `<s3-upload endpoint="/uploads" multiple ${isManual ? "manual" : ""}></s3-upload>`,
  uppy: (isManual) => `<div id="dashboard" ${isManual ? "data-manual" : ""}></div>`,
};

/** A page of a side. Uploads `start` by themselves unless it is "manual"; `extra` names lines of the README. */
const pageOf = (side, { start, extra }) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${side}</title>
    <link rel="icon" href="data:,">
    ${EXTRAS[extra] ?? ""}${HEADS[side]}
  </head>
  <body><h1>Files</h1>${BODIES[side](start === "manual")}<p>The text that moves if the height above changes.</p></body>
</html>`;

/** Serves `files` of both sides: `{ widget, uppy }`. */
export async function listen(files) {
  /** The bytes of each file that was sent since the last page, by path. */
  const sent = new Map();
  const store = createServer(async (request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-methods", "PUT");
    response.setHeader("access-control-allow-headers", "*");
    response.setHeader("access-control-expose-headers", "etag");
    for await (const _ of request);
    if (request.method === "PUT") await delay(DELAYS.store);
    response.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"' }).end();
  });
  const storeUrl = await start(store);

  const site = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://site");
    if (request.method === "POST") {
      for await (const _ of request);
      await delay(DELAYS.backend);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ url: `${storeUrl}/bucket/${crypto.randomUUID()}` }));
      return;
    }
    const [, side, name] = pathname.split("/");
    if (side in HEADS && !name) {
      sent.clear();
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(pageOf(side, Object.fromEntries(searchParams)));
      return;
    }
    const file = files[side]?.find((file) => file.name === name);
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const isBrotli = /\bbr\b/.test(request.headers["accept-encoding"]);
    const body = isBrotli ? file.compressed : file.content;
    sent.set(pathname, (sent.get(pathname) ?? 0) + body.length);
    response.writeHead(200, {
      "content-type": TYPES[name.split(".").at(-1)],
      "content-length": body.length,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(isBrotli && { "content-encoding": "br" }),
    });
    response.end(body);
  });
  const url = await start(site);

  return { url, sent, stop: () => stop(site, store) };
}
