// Small backends that speak as others do, and presign for the embedded store: Companion, better-upload, any JSON with an
// address, and the backend of a page's own function. Each begins, lists, completes and aborts at the store itself.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

export const KEYS = { accessKeyId: "table", secretAccessKey: "secret-of-the-fault-table" };
const MIB = 1 << 20;
const Bucket = "uploads";
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, PUT, POST, DELETE",
  "access-control-allow-headers": "content-type",
  "access-control-max-age": "600",
};

/** The requests of a backend to the store: `front` is the store's address for browsers, `store` the one for the backend. */
class Bucketeer {
  constructor(front, store) {
    const settings = { region: "us-east-1", credentials: KEYS, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" };
    this.signer = new S3Client({ ...settings, endpoint: front });
    this.client = new S3Client({ ...settings, endpoint: store });
    this.completed = 0;
    /** All that was signed for writing, which nobody may tell. */
    this.signatures = new Set();
  }

  async sign(command) {
    const url = await getSignedUrl(this.signer, command, { expiresIn: 900 });
    this.signatures.add(new URL(url).searchParams.get("X-Amz-Signature"));
    return url;
  }

  put(Key, ContentType) {
    return this.sign(new PutObjectCommand({ Bucket, Key, ContentType }));
  }

  async form(Key, type) {
    const form = await createPresignedPost(this.signer, {
      Bucket,
      Key,
      Fields: { "Content-Type": type, success_action_status: "201" },
      Expires: 900,
    });
    this.signatures.add(form.fields["X-Amz-Signature"]);
    return form;
  }

  part(Key, UploadId, PartNumber) {
    return this.sign(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber }));
  }

  async begin(Key, ContentType) {
    const { UploadId } = await this.client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType }));
    return UploadId;
  }

  async list(Key, UploadId) {
    const { Parts = [] } = await this.client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    return Parts.map(({ PartNumber, Size, ETag }) => ({ PartNumber, Size, ETag }));
  }

  async complete(Key, UploadId, parts) {
    const done = await this.client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }),
    );
    this.completed += 1;
    return done;
  }

  abort(Key, UploadId) {
    return this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }

  stop() {
    this.signer.destroy();
    this.client.destroy();
  }
}

/** As Companion does: https://uppy.io/docs/companion/ */
async function companion(store, { method, path, query, json, form }) {
  const [, id, rest = ""] = path.match(/^\/s3\/multipart\/([^/]+)(\/.*)?$/) ?? [];
  const key = query.get("key");
  if (method === "GET" && path === "/s3/params") {
    const [name, type] = [`${randomUUID()}-${query.get("filename")}`, query.get("type")];
    if (form) return { method: "POST", ...(await store.form(name, type)) };
    return { method: "PUT", url: await store.put(name, type), fields: {}, headers: { "content-type": type } };
  }
  if (method === "POST" && path === "/s3/multipart") {
    const name = `${randomUUID()}-${json.filename}`;
    return { key: name, uploadId: await store.begin(name, json.type) };
  }
  if (method === "GET" && rest === "/batch") {
    const numbers = query.get("partNumbers").split(",");
    const urls = numbers.map(async (number) => [number, await store.part(key, id, Number(number))]);
    return { presignedUrls: Object.fromEntries(await Promise.all(urls)) };
  }
  if (method === "GET" && id && !rest) return store.list(key, id);
  if (method === "POST" && rest === "/complete") {
    const { Location } = await store.complete(key, id, json.parts);
    return { location: Location };
  }
  if (method === "DELETE" && id) {
    await store.abort(key, id);
    return {};
  }
  return undefined;
}

/** As version 3 of better-upload does: https://better-upload.com/docs */
async function betterUpload(store, { method, path, json }) {
  if (method !== "POST" || path !== "/api/upload") return undefined;
  const [{ name, size, type }] = json.files;
  const key = `${randomUUID()}-${name}`;
  const file = { name, size, type, objectInfo: { key, metadata: {} } };
  if (size <= MIB) return { files: [{ signedUrl: await store.put(key, type), file }], metadata: {} };
  const [partSize, uploadId] = [5 * MIB, await store.begin(key, type)];
  const parts = Array.from({ length: Math.ceil(size / partSize) }, async (_, at) => ({
    partNumber: at + 1,
    signedUrl: await store.part(key, uploadId, at + 1),
    size: Math.min(partSize, size - at * partSize),
  }));
  const end = { Bucket, Key: key, UploadId: uploadId };
  const whole = {
    file,
    uploadId,
    parts: await Promise.all(parts),
    completeSignedUrl: await store.sign(new CompleteMultipartUploadCommand(end)),
    abortSignedUrl: await store.sign(new AbortMultipartUploadCommand(end)),
  };
  return { multipart: { partSize, files: [whole] }, metadata: {} };
}

/** Answers an address and no id. */
async function auto(store, { method, path, json, form }) {
  if (method !== "POST" || path !== "/sign") return undefined;
  const key = `${randomUUID()}-${json.name}`;
  if (form) return { ...(await store.form(key, json.type)), method: "POST" };
  return { url: await store.put(key, json.type), headers: { "Content-Type": json.type }, key };
}

/** The requests of the page's function, see `presign.mjs`. */
async function presign(store, { method, path, query, json, form }) {
  const [key, id] = [query.get("key"), query.get("id")];
  switch (`${method} ${path}`) {
    case "POST /begin": {
      const name = `${randomUUID()}-${json.name}`;
      if (json.parts) return { key: name, id: await store.begin(name, json.type) };
      if (form) return { ...(await store.form(name, json.type)), method: "POST" };
      return { url: await store.put(name, json.type), headers: { "Content-Type": json.type }, key: name };
    }
    case "POST /sign":
      return Promise.all(json.map(async ({ number }) => ({ number, url: await store.part(key, id, number) })));
    case "GET /parts":
      return (await store.list(key, id)).map((part) => ({ number: part.PartNumber, size: part.Size, etag: part.ETag }));
    case "POST /complete": {
      const sent = json.parts?.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
      const { ETag } = await store.complete(key, id, sent ?? (await store.list(key, id)));
      return { key, etag: ETag };
    }
    case "DELETE /upload":
      await store.abort(key, id);
      return {};
    default:
      return undefined;
  }
}

const ANSWERS = { companion, "better-upload": betterUpload, auto, presign };

/** Starts a backend of this kind for the store of a lab. `form`: files in one request go as a form. */
export async function startBackend(kind, lab, { form = false } = {}) {
  const store = new Bucketeer(lab.store.url, lab.server.store);
  const answer = ANSWERS[kind];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const say = (status, value) =>
      response.writeHead(status, { ...CORS, "content-type": "application/json" }).end(JSON.stringify(value));
    if (request.method === "OPTIONS") return response.writeHead(204, CORS).end();
    try {
      const body = await text(request);
      const asked = { method: request.method, path: url.pathname, query: url.searchParams, json: body ? JSON.parse(body) : {}, form };
      const answered = await answer(store, asked);
      if (answered === undefined) say(404, { message: "There is nothing here." });
      else say(200, answered);
    } catch (error) {
      // As backends do that hand on what their S3 library throws.
      say(error.$metadata?.httpStatusCode ?? 500, { code: error.name, message: error.message });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    store,
    async stop() {
      store.stop();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
