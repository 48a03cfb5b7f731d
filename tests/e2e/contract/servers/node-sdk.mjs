// A backend as people write it by hand with the AWS SDK for JavaScript: its presigners' answers, handed on as they are.
//
//     POST /form      createPresignedPost: {url, fields}
//     POST /signed    getSignedUrl: {signedUrl}
//     POST /bare      the same, as a JSON string
//     GET  /text      the same, as plain text
//     POST /checksum  the same from a client with the SDK's default settings
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { ready, store } from "./environment.mjs";

const { bucket: Bucket, ...options } = store;
const settings = { ...options, forcePathStyle: true, credentials: store };
const s3 = new S3Client({ ...settings, requestChecksumCalculation: "WHEN_REQUIRED" });
const byDefault = new S3Client(settings);

const sign = (client, type) => getSignedUrl(client, new PutObjectCommand({ Bucket, Key: randomUUID(), ContentType: type }), { expiresIn: 60 });

const ways = {
  "/form": ({ contentType }) =>
    createPresignedPost(s3, {
      Bucket,
      Key: `${randomUUID()}/\${filename}`,
      Fields: { "Content-Type": contentType },
      Conditions: [["content-length-range", 0, 30 << 20]],
      Expires: 60,
    }),
  "/signed": async ({ contentType }) => ({ signedUrl: await sign(s3, contentType) }),
  "/bare": ({ contentType }) => sign(s3, contentType),
  "/text": async ({ contentType }) => new String(await sign(s3, contentType)),
  "/checksum": async ({ contentType }) => ({ url: await sign(byDefault, contentType) }),
};

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  const asked = request.method === "POST" ? await json(request) : Object.fromEntries(searchParams);
  const say = (status, type, text) => response.writeHead(status, { "content-type": type }).end(text);
  if (asked.contentType === "text/html") return say(415, "application/json", JSON.stringify({ error: "No web pages, please." }));
  const answer = await ways[pathname](asked);
  if (answer instanceof String) return say(200, "text/plain", String(answer));
  say(200, "application/json", JSON.stringify(answer));
});
await ready(server);
