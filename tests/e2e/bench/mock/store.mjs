// A store: objects by PUT, by a form or in parts. It keeps sizes and checksums and discards the bytes.
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { digest, form } from "./body.mjs";

/** The seconds for which a browser may keep the answer to a preflight: the value in the examples of S3's documentation. */
const MAX_AGE = 3000;

/** The size of a signature's query. */
const SIGNATURE = new URLSearchParams({
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "AKIAIOSFODNN7EXAMPLE/20261127/eu-central-1/s3/aws4_request",
  "X-Amz-Date": "20261127T000000Z",
  "X-Amz-Expires": "900",
  "X-Amz-Signature": "0".repeat(64),
  "X-Amz-SignedHeaders": "content-type;host",
});

export class Store {
  /** The address at which browsers reach the store. */
  url;

  constructor(counts, faults) {
    this.counts = counts;
    this.faults = faults;
    this.server = createServer((request, response) => this.#answer(request, response).catch(() => request.destroy()));
    // A connection that is used again must not be closed meanwhile.
    this.server.keepAliveTimeout = 120_000;
    this.begin({ put: 0 });
  }

  /** Forgets everything. `put` is the delay before an answer to a PUT or a form, in milliseconds. */
  begin({ put }) {
    this.put = put;
    /** The parts of each object, by its key: `{ size, crc }`. */
    this.objects = new Map();
    this.uploads = new Map();
  }

  newKey(name) {
    return `${crypto.randomUUID()}/${encodeURIComponent(name)}`;
  }

  signed(key, query = {}) {
    return `${this.url}/bucket/${key}?${new URLSearchParams(query)}${Object.keys(query).length > 0 ? "&" : ""}${SIGNATURE}`;
  }

  /** The answer of a backend that signs a form. */
  signedForm(key, type) {
    const policy = Buffer.from(JSON.stringify({ key, type, conditions: "-".repeat(300) })).toString("base64");
    const fields = { key, "content-type": type, success_action_status: "201", policy, ...Object.fromEntries(SIGNATURE) };
    return { method: "POST", url: `${this.url}/bucket`, fields };
  }

  createUpload(name) {
    const [id, key] = [crypto.randomUUID(), this.newKey(name)];
    this.uploads.set(id, { key, parts: new Map() });
    return { id, key };
  }

  listParts(id) {
    const parts = [...(this.uploads.get(id)?.parts ?? [])].toSorted(([a], [b]) => a - b);
    return parts.map(([number, part]) => ({ number, size: part.size, etag: etagOf(part) }));
  }

  /** Ends an upload in parts. Returns its size; `undefined` if a part is missing or another one than is named. */
  completeUpload(id, named) {
    const upload = this.uploads.get(id);
    if (!upload) return undefined;
    const parts = named.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      return part && etagOf(part).replaceAll('"', "") === etag.replaceAll('"', "") ? part : undefined;
    });
    if (parts.length === 0 || parts.includes(undefined)) return undefined;
    this.objects.set(upload.key, parts);
    return this.sizeOf(upload.key);
  }

  sizeOf(key) {
    return this.objects.get(key)?.reduce((total, { size }) => total + size, 0);
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://store");
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "ETag, Location");
    if (request.method === "OPTIONS") {
      this.counts.preflight += 1;
      response.setHeader("access-control-allow-methods", "GET, PUT, POST, DELETE, HEAD");
      response.setHeader("access-control-allow-headers", "*");
      response.setHeader("access-control-max-age", MAX_AGE);
      response.writeHead(204).end();
      return;
    }
    // A request of the backend is not one of the browser.
    const isBrowser = request.headers["x-from"] !== "backend";
    if (isBrowser) this.counts.store += 1;
    const fault = isBrowser ? this.faults.next() : undefined;
    if (fault === "reset") return request.socket.resetAndDestroy();
    const key = pathname.replace(/^\/bucket\//, "");
    if (fault === "503") {
      for await (const _ of request);
      response.writeHead(503, { "content-type": "application/xml" });
      response.end("<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>");
      return;
    }
    const stored = await this.#store(request, key, searchParams);
    if (!stored) return request.destroy();
    stored.keep();
    if (fault === "lost") return request.socket.resetAndDestroy();
    if (stored.isSlow) await delay(this.put);
    response.writeHead(stored.status, stored.headers).end(stored.body);
  }

  /** Reads a request to its end. Returns what keeps it and what answers it; `undefined` if it broke. */
  async #store(request, key, query) {
    const id = query.get("uploadId");
    const answered = (status, { headers = {}, body = "", isSlow = false, keep = () => {} } = {}) => ({ status, headers, body, isSlow, keep });
    if (request.method === "PUT") {
      const part = await digest(request);
      if (!part) return undefined;
      const upload = this.uploads.get(id);
      if (id && !upload) return answered(404);
      const keep = () => (upload ? upload.parts.set(Number(query.get("partNumber")), part) : this.objects.set(key, [part]));
      return answered(200, { headers: { etag: etagOf(part) }, isSlow: true, keep });
    }
    if (request.method === "POST" && id) {
      const text = await textOf(request);
      const named = [...text.matchAll(/<Part>([^]*?)<\/Part>/g)].map(([, part]) => ({
        number: Number(/<PartNumber>(\d+)</.exec(part)[1]),
        etag: /<ETag>(.*?)</.exec(part)[1].replaceAll("&quot;", '"'),
      }));
      const size = this.completeUpload(id, named);
      const xml = { "content-type": "application/xml" };
      if (size === undefined) return answered(400, { headers: xml, body: "<Error><Code>InvalidPart</Code></Error>" });
      const body = `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>"0"</ETag></CompleteMultipartUploadResult>`;
      return answered(200, { headers: xml, body });
    }
    if (request.method === "POST") {
      const part = { size: 0, crc: 0 };
      let object;
      const isWhole = await form(request, (fields) => {
        object = fields.key;
        return (chunk) => {
          part.size += chunk.length;
          part.crc = crc32(chunk, part.crc);
        };
      });
      if (!isWhole) return undefined;
      const location = `${this.url}/bucket/${object}`;
      const tag = etagOf(part);
      return answered(201, {
        headers: { "content-type": "application/xml", etag: tag, location },
        body: `<PostResponse><Location>${location}</Location><Bucket>bucket</Bucket><Key>${object}</Key><ETag>${tag}</ETag></PostResponse>`,
        isSlow: true,
        keep: () => this.objects.set(object, [part]),
      });
    }
    request.resume();
    if (request.method === "DELETE") return answered(204, { keep: () => (id ? this.uploads.delete(id) : this.objects.delete(key)) });
    return answered(this.objects.has(key) ? 200 : 403);
  }
}

async function textOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function etagOf({ size, crc }) {
  return `"${crc.toString(16).padStart(8, "0")}${size.toString(16).padStart(24, "0")}"`;
}
