// Checks a running backend of this folder against the store that it signs for:
//
//     node check.mjs http://127.0.0.1:3000/uploads [http://127.0.0.1:3000/api/v1/files/presign]
//
// The program needs the backend's environment: ALLOWED_ORIGIN, and AWS_REGION, AWS_ACCESS_KEY_ID and
// AWS_SECRET_ACCESS_KEY to read the stored objects. The second address is the second endpoint of the Python backend;
// its check also needs BUCKET. The program sends the requests of a browser, then requests that must be refused. A few
// small objects remain in the bucket. The program prints no URL.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import test from "node:test";

const [endpoint, presign] = process.argv.slice(2);
const { ALLOWED_ORIGIN: origin, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
if (!endpoint || !origin || !AWS_REGION || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
  console.error("Usage: node check.mjs URL [PRESIGN-URL]; the first lines of this file say which variables it reads.");
  process.exit(2);
}

const foreign = "https://foreign.example";
const name = "Übung 1/../résumé (final) 😀.png";
const type = "image/png";
const bytes = Buffer.from(Array.from({ length: 4099 }, (_, i) => (i * 31) % 251));
const size = bytes.length;

const post = (body, { url = endpoint, headers = {} } = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", origin, ...headers },
    body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });

const put = ({ url, headers = {} }, body = bytes, changed = {}) => {
  const sent = new Headers({ "content-type": type, ...headers, origin });
  for (const [key, value] of Object.entries(changed)) value === null ? sent.delete(key) : sent.set(key, value);
  return fetch(url, { method: "PUT", headers: sent, body });
};

const send = ({ url, fields }, body = bytes, changed = {}) => {
  const form = new FormData();
  for (const [key, value] of Object.entries({ ...fields, ...changed })) form.append(key, String(value));
  form.append("file", new Blob([body]), name);
  return fetch(url, { method: "POST", headers: { origin }, body: form });
};

/** Reads an object with a URL that this function signs (SigV4 in the query), and compares it with the bytes sent. */
async function stored(location) {
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${now.slice(0, 8)}/${AWS_REGION}/s3/aws4_request`;
  const { host, origin: store, pathname } = new URL(location);
  const query = new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${AWS_ACCESS_KEY_ID}/${scope}`,
    "X-Amz-Date": now,
    "X-Amz-Expires": "60",
    ...(AWS_SESSION_TOKEN && { "X-Amz-Security-Token": AWS_SESSION_TOKEN }),
    "X-Amz-SignedHeaders": "host",
  });
  const request = `GET\n${pathname}\n${query}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const hash = createHash("sha256").update(request).digest("hex");
  const key = scope.split("/").reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${now}\n${scope}\n${hash}`).toString("hex");
  const response = await fetch(`${store}${pathname}?${query}&X-Amz-Signature=${signature}`);
  assert.equal(response.status, 200, "the object is there");
  assert.equal(response.headers.get("content-type"), type, "its type is the one that was signed");
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes), "its bytes are those that were sent");
}

async function signed(response) {
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^application\/json/);
  const answer = await response.json();
  for (const header of Object.keys(answer.headers ?? {}))
    assert.ok(!["host", "content-length"].includes(header.toLowerCase()), `${header} is the browser's to set`);
  assert.match(answer.key, /^\d{4}(-\d\d){2}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "the backend's own key");
  assert.ok(answer.expiresIn >= 1 && answer.expiresIn <= 900, "it lives for minutes");
  return answer;
}

async function refused(response, status, code) {
  const { error } = await response.json();
  assert.deepEqual([response.status, error.code], [status, code]);
  assert.ok(error.message, "a sentence for the person");
  if (code === "origin_not_allowed") return;
  assert.equal(response.headers.get("access-control-allow-origin"), origin, "which the page may read");
}

/** Checks at the store that a URL binds length, type and condition. */
async function binds(answer) {
  const bound = new URL(answer.url).searchParams.get("X-Amz-SignedHeaders").split(";");
  assert.deepEqual(bound, ["content-length", "content-type", "host", "if-none-match"]);
  assert.doesNotMatch(answer.url, /x-amz-checksum/i, "no checksum of an empty body in the URL");
  assert.equal((await put(answer, Buffer.concat([bytes, bytes]))).status, 403, "a longer body");
  assert.equal((await put(answer, bytes.subarray(1))).status, 403, "a shorter body");
  assert.equal((await put(answer, bytes, { "content-type": "text/html" })).status, 403, "another type");
  assert.equal((await put(answer, bytes, { "if-none-match": null })).status, 403, "without the condition");
  assert.equal((await put(answer)).status, 200, "as it was signed");
  await stored(answer.url);
  assert.equal((await put(answer)).status, 412, "once more");
}

async function limits(form) {
  assert.equal(form.fields.success_action_status, "201");
  assert.equal(form.fields.key, form.key);
  assert.equal((await send(form, bytes, { "Content-Type": "text/html" })).status, 403, "another type");
  assert.equal((await send(form, bytes, { key: "elsewhere" })).status, 403, "another key");
  const response = await send(form);
  assert.equal(response.status, 201, "as it was signed");
  assert.match(await response.text(), /<PostResponse/);
  await stored(new URL(form.key, form.url.replace(/\/?$/, "/")));
}

test("a PUT is stored, exactly as it was signed, and only once", async () => {
  const answer = await signed(await post({ name, type, size, accepts: ["put", "post", "multipart"] }));
  assert.ok(!answer.fields && (answer.method ?? "PUT") === "PUT");
  await binds(answer);
});

test("the smallest request is enough, and every answer has a key of its own", async () => {
  const keys = await Promise.all([1, 2, 3].map(async () => (await signed(await post({ name, type, size }))).key));
  assert.equal(new Set(keys).size, 3);
});

test("a POST form, if that is all the client can do", async (t) => {
  const response = await post({ name, type, size, accepts: ["multipart", "post"] });
  if (response.status === 422) {
    await refused(response, 422, "unsupported_strategy");
    return t.skip("this backend's SDK signs no forms");
  }
  const form = await signed(response);
  assert.equal((await send(form, Buffer.concat([bytes, bytes]))).status, 400, "a longer file");
  await limits(form);
});

test("what is not allowed is refused, in words", async () => {
  const ask = { name, type, size, accepts: ["put"] };
  await refused(await post({ ...ask, type: "text/html" }), 415, "type_not_allowed");
  await refused(await post({ ...ask, type: "" }), 415, "type_not_allowed");
  await refused(await post({ ...ask, size: 2 ** 40 }), 413, "too_large");
  await refused(await post({ ...ask, size: 0 }), 422, "too_small");
  await refused(await post({ ...ask, accepts: ["multipart"] }), 422, "unsupported_strategy");
  const sizes = [undefined, null, "4099", 1.5].map((size) => ({ size }));
  for (const wrong of [...sizes, { type: undefined }, { type: 7 }, { accepts: "put" }])
    await refused(await post({ ...ask, ...wrong }), 422, "invalid_request");
  await refused(await post({ ...ask, size: -1 }), 422, "too_small");
  await refused(await post("[]"), 422, "invalid_request");
});

test("what is no request is refused, in words", async () => {
  await refused(await post('{"name": '), 400, "malformed_json");
  await refused(await post(""), 400, "malformed_json");
  await refused(await post({ name: "x".repeat(64 * 1024), type, size }), 413, "request_too_large");
  for (const odd of ["\xff", "[".repeat(9000), `{"type":"${type}","size":1e999}`])
    assert.match(String((await post(Buffer.from(odd, "latin1"))).status), /^4(00|22)$/);
  await refused(await fetch(endpoint, { headers: { origin } }), 405, "method_not_allowed");
  await refused(await post({ type, size }, { url: `${endpoint}/elsewhere` }), 404, "not_found");
});

test("the allowed origin is let in by name, and no other one", async () => {
  const asks = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
  const preflight = (from) => fetch(endpoint, { method: "OPTIONS", headers: { origin: from, ...asks } });
  const allowed = await preflight(origin);
  assert.ok(allowed.ok);
  assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
  assert.match(allowed.headers.get("access-control-allow-methods"), /\bPOST\b/);
  assert.match(allowed.headers.get("access-control-allow-headers"), /\bcontent-type\b/i);
  assert.equal((await preflight(foreign)).headers.get("access-control-allow-origin"), null);

  const answer = await post({ name, type, size });
  assert.equal(answer.headers.get("access-control-allow-origin"), origin);
  assert.match(answer.headers.get("vary"), /\borigin\b/i);
  const other = await post({ name, type, size }, { headers: { origin: foreign } });
  assert.equal(other.headers.get("access-control-allow-origin"), null);
  await refused(other, 403, "origin_not_allowed");
});

test("GET and POST /api/v1/files/presign", { skip: presign ? false : "not asked for" }, async () => {
  const bucket_name = process.env.BUCKET.split(",").at(-1);
  const ask = { file_name: name, bucket_name, expiration: 120 };
  const query = (values) => fetch(`${presign}?${new URLSearchParams(values)}`, { headers: { origin } });
  const json = (values) => post(values, { url: presign });
  for (const way of [query, json]) {
    const answer = await signed(await way({ ...ask, content_type: type, size }));
    assert.equal(answer.expiresIn, 120);
    assert.ok(new URL(answer.url).pathname.includes(bucket_name) || new URL(answer.url).host.startsWith(bucket_name));
    await binds(answer);
    await limits(await signed(await way(ask))); // without a size, only a form has a limit; the name determines the type
    assert.equal((await signed(await way({ ...ask, expiration: 604800 }))).expiresIn, 900);
    assert.equal((await signed(await way({ ...ask, expiration: -1 }))).expiresIn, 1);
    await refused(await way({ ...ask, bucket_name: "of-somebody-else" }), 403, "bucket_not_allowed");
    await refused(await way({ ...ask, content_type: "text/html" }), 415, "type_not_allowed");
    await refused(await way({ ...ask, file_name: "page.html" }), 415, "type_not_allowed");
    await refused(await way({ ...ask, size: 2 ** 40 }), 413, "too_large");
    await refused(await way({ bucket_name }), 422, "invalid_request");
    await refused(await way({ ...ask, expiration: "soon" }), 422, "invalid_request");
  }
});
