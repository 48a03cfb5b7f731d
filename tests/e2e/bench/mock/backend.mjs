// The site: its pages, and a backend that speaks the protocols of all competitors and takes files itself at /form.
import { createServer, request as send } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { form, json } from "./body.mjs";

const MIB = 2 ** 20;
/** better-upload's default. */
const PART_SIZE = 50 * MIB;

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", wasm: "application/wasm" };

export class Backend {
  /** The address of the store for the backend itself. */
  storeUrl;

  constructor(store, counts, faults, files) {
    Object.assign(this, { store, counts, faults });
    this.files = new Map(files.map(({ name, content }) => [`/${name}`, content]));
    this.server = createServer((request, response) => this.#answer(request, response).catch(() => request.destroy()));
    this.server.keepAliveTimeout = 120_000;
    this.begin({ backend: 0 });
  }

  /** Forgets everything. `backend` is the delay before an answer, in milliseconds; `partSize` binds better-upload. */
  begin({ backend, partSize }) {
    this.delay = backend;
    this.partSize = partSize ?? PART_SIZE;
    /** The key of each upload of the native protocol that is sent in one request. */
    this.singles = new Map();
  }

  async #answer(request, response) {
    const url = new URL(request.url, "http://site");
    const content = this.files.get(url.pathname);
    if (request.method === "GET" && content) {
      const type = TYPES[url.pathname.split(".").at(-1)];
      response.writeHead(200, { "content-type": type, "content-length": content.length, "cache-control": "max-age=3600" });
      response.end(content);
      return;
    }
    this.counts.backend += 1;
    const fault = this.faults.next();
    if (fault === "reset") return request.socket.resetAndDestroy();
    if (fault === "503") {
      for await (const _ of request);
      response.writeHead(503, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "unavailable", message: "Try again." } }));
      return;
    }
    const [, name, ...path] = url.pathname.split("/");
    const protocol = { uploads: native, companion, "better-upload": betterUpload, form: relay }[name];
    const answer = (protocol && (await protocol(this, request, path.map(decodeURIComponent), url.searchParams))) ?? [404, {}];
    await delay(this.delay);
    if (fault === "lost") return request.socket.resetAndDestroy();
    const [status, body] = answer;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  }
}

/** docs/protocol.md */
async function native({ store, singles }, request, [id, operation], _query) {
  const body = request.method === "POST" ? await json(request) : undefined;
  if (!id && body) {
    const { name, type, accepts = ["put"], partSize } = body;
    if (accepts[0] === "multipart") {
      const { id, key } = store.createUpload(name);
      return [200, { id, key, partSize }];
    }
    const [id, key] = [crypto.randomUUID(), store.newKey(name)];
    singles.set(id, { key, type });
    return [200, { url: store.signed(key), id, key, expiresIn: 900 }];
  }
  const single = singles.get(id);
  const upload = store.uploads.get(id);
  if (!single && !upload) return [404, { error: { code: "no_such_upload", message: "There is no such upload." } }];
  if (request.method === "DELETE") {
    store.uploads.delete(id);
    if (single) store.objects.delete(single.key);
    return [204];
  }
  if (operation === "parts" && body) {
    const parts = body.parts.map(({ number }) => ({ number, url: store.signed(upload.key, { partNumber: number, uploadId: id }), expiresIn: 900 }));
    return [200, { parts }];
  }
  if (operation === "parts") return [200, { parts: store.listParts(id) }];
  if (operation === "complete" && single) {
    const { key, type } = single;
    const size = store.sizeOf(key);
    return size === undefined ? [409, { error: { code: "not_stored", message: "Nothing is stored." } }] : [200, { key, size, type }];
  }
  if (operation === "complete") {
    const size = store.sizeOf(upload.key) ?? store.completeUpload(id, body.parts ?? store.listParts(id));
    return size === undefined ? [409, { error: { code: "invalid_part", message: "A part is missing." } }] : [200, { key: upload.key, size }];
  }
  return undefined;
}

/** <https://github.com/transloadit/uppy/blob/main/packages/%40uppy/companion/src/server/controllers/s3.ts> */
async function companion({ store }, request, [, what, id, operation], query) {
  if (what === "params") return [200, store.signedForm(store.newKey(query.get("filename")), query.get("type"))];
  if (what !== "multipart") return undefined;
  const body = request.method === "POST" ? await json(request) : undefined;
  if (!id) {
    const { id: uploadId, key } = store.createUpload(body.filename);
    return [200, { uploadId, key }];
  }
  const upload = store.uploads.get(id);
  if (!upload) return [404, {}];
  const urlOf = (number) => store.signed(upload.key, { partNumber: number, uploadId: id });
  if (request.method === "DELETE") return [200, store.uploads.delete(id) && {}];
  if (operation === "batch") {
    const numbers = query.get("partNumbers").split(",");
    return [200, { presignedUrls: Object.fromEntries(numbers.map((number) => [number, urlOf(number)])) }];
  }
  if (operation === "complete") {
    const parts = body.parts.map(({ PartNumber, ETag }) => ({ number: PartNumber, etag: ETag }));
    const isStored = store.sizeOf(upload.key) !== undefined || store.completeUpload(id, parts) !== undefined;
    return isStored ? [200, { location: `${store.url}/bucket/${upload.key}`, key: upload.key, bucket: "bucket" }] : [500, {}];
  }
  if (operation) return [200, { url: urlOf(operation), expires: 900 }];
  return [200, store.listParts(id).map(({ number, size, etag }) => ({ PartNumber: number, Size: size, ETag: etag }))];
}

/** crates/protocol/corpus/better-upload-3.json has recorded answers. */
async function betterUpload({ store, partSize }, request) {
  const { route, files } = await json(request);
  const fileOf = ({ name, size, type }, key) => ({ name, size, type, objectInfo: { key, metadata: {} } });
  if (route !== "parts") {
    const answers = files.map((file) => {
      const key = store.newKey(file.name);
      return { signedUrl: store.signed(key), file: fileOf(file, key), headers: {} };
    });
    return [200, { files: answers, metadata: {} }];
  }
  const answers = files.map((file) => {
    const { id, key } = store.createUpload(file.name);
    const count = Math.ceil(file.size / partSize);
    const parts = Array.from({ length: count }, (_, at) => ({
      partNumber: at + 1,
      size: Math.min(partSize, file.size - at * partSize),
      signedUrl: store.signed(key, { partNumber: at + 1, uploadId: id }),
    }));
    const end = store.signed(key, { uploadId: id });
    return { file: fileOf(file, key), parts, uploadId: id, completeSignedUrl: end, abortSignedUrl: end };
  });
  return [200, { multipart: { files: answers, partSize }, metadata: {} }];
}

/** Passes the file of a form on to the store, as it comes. */
async function relay({ store, storeUrl }, request) {
  let put;
  let answer;
  const isWhole = await form(request, ({ id }, name, size) => {
    const headers = { "content-length": size, "x-from": "backend" };
    // A form that is sent again replaces its object.
    put = send(`${storeUrl}/bucket/${id}/${encodeURIComponent(name)}`, { method: "PUT", headers });
    answer = new Promise((resolve, reject) => put.once("response", resolve).once("error", reject));
    // Whoever waits for the answer gets the error.
    answer.catch(() => {});
    return (chunk) => put.write(chunk) || writable(put);
  });
  if (!isWhole) {
    put?.destroy();
    throw new Error("The form is not whole.");
  }
  put.end();
  const { statusCode } = (await answer).resume();
  return statusCode === 200 ? [200, {}] : [502, {}];
}

/** Waits until a stream takes more, or none any more. */
function writable(stream) {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}
