// A minimal backend for <s3-upload> in Node, with the AWS SDK v3. Start it in this folder:
//
//     npm install
//     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com node server.mjs
//
// Embed <s3-upload endpoint="http://127.0.0.1:3000/uploads">. The SDK finds credentials like every AWS tool. PORT sets
// another port. AWS_ENDPOINT_URL_S3 sets another S3, which is addressed by path. The backend checks type and size, and
// signs a URL. It never receives the file. It does not authenticate clients: add that check where `sign` is called.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const { BUCKET, ALLOWED_ORIGIN, AWS_ENDPOINT_URL_S3, PORT = "3000" } = process.env;
if (!BUCKET || !ALLOWED_ORIGIN) throw new Error("Set BUCKET and ALLOWED_ORIGIN, as this file's first lines say.");

const TYPES = ["application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4"];
const MAX_SIZE = 100_000_000; // bytes of a file
const MAX_REQUEST = 16 * 1024; // bytes of a request to this server
const EXPIRES = 300; // seconds

const s3 = new S3Client({
  forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3),
  // By default the SDK signs the CRC32 of the request's body into the URL. The body is empty here, so that a store that
  // verifies the CRC32 refuses every file.
  requestChecksumCalculation: "WHEN_REQUIRED",
});

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

async function sign({ type, size, accepts = ["put"] }) {
  if (typeof type !== "string" || !Number.isSafeInteger(size) || !Array.isArray(accepts))
    throw new Refusal(422, "invalid_request", "Say the file's type as a string and its size in bytes as a number.");
  if (size < 1) throw new Refusal(422, "too_small", "The file is empty.");
  if (size > MAX_SIZE) throw new Refusal(413, "too_large", `At most ${MAX_SIZE / 1e6} MB are allowed.`);
  if (!TYPES.includes(type)) throw new Refusal(415, "type_not_allowed", `Allowed are ${TYPES.join(", ")}.`);

  const key = `${new Date().toISOString().slice(0, 10)}/${randomUUID()}`; // contains no input of the client
  if (accepts.includes("put")) {
    const command = new PutObjectCommand({
      Bucket: BUCKET,
      Key: key,
      ContentType: type,
      ContentLength: size,
      IfNoneMatch: "*",
    });
    const signableHeaders = new Set(["content-length", "content-type", "host", "if-none-match"]);
    const url = await getSignedUrl(s3, command, { expiresIn: EXPIRES, signableHeaders });
    return { url, method: "PUT", headers: { "content-type": type, "if-none-match": "*" }, key, expiresIn: EXPIRES };
  }
  if (accepts.includes("post")) {
    const form = await createPresignedPost(s3, {
      Bucket: BUCKET,
      Key: key,
      Fields: { "Content-Type": type, success_action_status: "201" },
      Conditions: [["content-length-range", size, size]],
      Expires: EXPIRES,
    });
    return { ...form, method: "POST", key, expiresIn: EXPIRES };
  }
  throw new Refusal(422, "unsupported_strategy", 'This server signs "put" and "post".');
}

async function read(request) {
  const chunks = [];
  let length = 0;
  // By default, leaving the loop destroys the connection, so that the client does not receive the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > MAX_REQUEST) throw new Refusal(413, "request_too_large", "This request is too large.");
    chunks.push(chunk);
  }
  try {
    return Object(JSON.parse(Buffer.concat(chunks).toString()));
  } catch {
    throw new Refusal(400, "malformed_json", "The request is not JSON.");
  }
}

async function answer({ method, url, headers: { origin } }, body) {
  if (origin && origin !== ALLOWED_ORIGIN)
    throw new Refusal(403, "origin_not_allowed", "This site may not upload here.");
  if (url !== "/uploads") throw new Refusal(404, "not_found", "There is nothing at this address.");
  if (method === "OPTIONS") return undefined;
  if (method !== "POST") throw new Refusal(405, "method_not_allowed", "Ask with POST.");
  return sign(await body());
}

const server = createServer(async (request, response) => {
  response.setHeader("cache-control", "no-store").setHeader("vary", "origin");
  if (request.headers.origin === ALLOWED_ORIGIN)
    response
      .setHeader("access-control-allow-origin", ALLOWED_ORIGIN)
      .setHeader("access-control-allow-credentials", "true")
      .setHeader("access-control-allow-headers", "authorization, content-type")
      .setHeader("access-control-allow-methods", "POST")
      .setHeader("access-control-max-age", "7200");
  const reply = (status, value) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  try {
    const value = await answer(request, () => read(request));
    if (value) reply(200, value);
    else response.writeHead(204).end();
  } catch (error) {
    if (error instanceof Refusal) return reply(error.status, { error: { code: error.code, message: error.message } });
    console.error(error);
    reply(500, { error: { code: "internal", message: "The server could not sign. Its log says why." } });
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`Ready: http://127.0.0.1:${server.address().port}/uploads`));
