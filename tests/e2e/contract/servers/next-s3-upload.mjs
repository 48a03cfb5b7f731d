// next-s3-upload's route handler. Of Next.js it uses one class, which is the web's Response by another name; the stand-in
// for it spares the tests the whole framework.
import { createServer } from "node:http";
import { register } from "node:module";
import { buffer } from "node:stream/consumers";
import { ready, store } from "./environment.mjs";

const next = `data:text/javascript,${encodeURIComponent("export const NextResponse = Response;")}`;
const hook = `export const resolve = (name, context, other) =>
  name === "next/server" ? { url: ${JSON.stringify(next)}, shortCircuit: true } : other(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { POST } = await import("next-s3-upload/route");

const { accessKeyId, secretAccessKey, bucket, region, endpoint } = store;
const handler = POST.configure({
  accessKeyId,
  secretAccessKey,
  bucket,
  region,
  endpoint,
  forcePathStyle: true,
  // The one place where an application can say no.
  key: (_, filename) => {
    if (filename.endsWith(".html")) throw new Error("Web pages are not taken.");
    return `next-s3-uploads/${crypto.randomUUID()}/${encodeURIComponent(filename)}`;
  },
});

const server = createServer(async (request, response) => {
  const { method, headers, url } = request;
  const body = method === "POST" ? await buffer(request) : undefined;
  const answer = await handler(new Request(new URL(url, "http://127.0.0.1"), { method, headers, body }));
  // Next.js answers with a 500 where a browser has Response.error().
  response.writeHead(answer.status || 500, Object.fromEntries(answer.headers)).end(await answer.text());
});
await ready(server);
