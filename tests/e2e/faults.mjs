// A reverse proxy that does wrong on purpose. It stands in front of the store or the backend; rules say which requests
// meet which fault, everything else passes. The Host header passes unchanged, so that what was signed for the proxy's
// address (`--public-endpoint`) stays valid.
//
//     const proxy = await FaultProxy.listen();
//     proxy.target = server.store;
//     const cuts = proxy.on("PUT", cut({ after: 1 << 20 }), { times: 2 });
//     …
//     expect(cuts.hits).toBe(2);
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { Agent, createServer, request as forward } from "node:http";

/** The headers that a browser needs to read an answer from another origin. */
export const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "ETag, Retry-After, x-amz-request-id",
};

/** S3's way to say no. */
export function s3Error(status, code, message, headers = {}) {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>TEST</RequestId></Error>`;
  return respond({ status, headers: { "content-type": "application/xml", ...headers }, body });
}

// The faults: each is a function of an exchange, given to `on`.

/** Takes the whole request and answers itself; `answer` may be a function of the request and its body's text. */
export function respond(answer) {
  return async (exchange) => {
    const body = await exchange.text();
    const { status = 200, headers = {}, body: said = "" } =
      typeof answer === "function" ? await answer(exchange.request, body) : answer;
    const text = typeof said === "string" || Buffer.isBuffer(said) ? said : JSON.stringify(said);
    const kind = typeof said === "string" || Buffer.isBuffer(said) ? {} : { "content-type": "application/json" };
    exchange.answer(status, { ...CORS, ...kind, ...headers }, text);
  };
}

/** Breaks the connection after so many bytes of the body; the request never arrives whole. */
export function cut({ after = 0 } = {}) {
  return (exchange) => exchange.passOn({ cutAfter: after });
}

/** Hands the request on whole, waits for the answer, and breaks the connection instead of giving it. */
export function cutAnswer() {
  return (exchange) => exchange.passOn({ keepAnswer: true });
}

/** Takes the request and never answers. */
export function hang() {
  return (exchange) => exchange.text();
}

/** Lets the request's body through at this pace. */
export function throttle({ bytesPerSecond }) {
  return (exchange) => exchange.passOn({ bytesPerSecond });
}

/** Lets so many bytes of the body through, and reads the others once `gate.open()` was called. Until then the end of the
 * connection is not noticed. */
export function holdHalfway(gate, { after = 2 << 20 } = {}) {
  return (exchange) => exchange.passOn({ holdAfter: after, gate });
}

/** Takes headers out of the answer. */
export function strip(...names) {
  return (exchange) =>
    exchange.passOn({
      edit: (headers) => names.forEach((name) => delete headers[name.toLowerCase()]),
    });
}

/** Changes headers of the request on its way. */
export function rewrite(headers) {
  return (exchange) => {
    Object.assign(exchange.request.headers, headers);
    return exchange.passOn();
  };
}

/** Hands on, once `gate.open()` was called; `gate.reached` resolves when the first request waits there. */
export function hold(gate, then = (exchange) => exchange.passOn()) {
  return async (exchange) => {
    gate.arrive();
    await gate.opened;
    await then(exchange);
  };
}

/** For `hold`. */
export class Gate {
  constructor() {
    this.opened = new Promise((resolve) => (this.open = resolve));
    this.reached = new Promise((resolve) => (this.arrive = resolve));
  }
}

class Rule {
  hits = 0;
  #seen = 0;

  constructor(matches, fault, { times = 1, skip = 0, every = 1, probes = false } = {}) {
    Object.assign(this, { matches, fault, times, skip, every, probes });
  }

  takes(request) {
    if (!this.matches(request)) return false;
    const turn = this.#seen++ - this.skip;
    if (turn < 0 || turn % this.every !== 0 || this.hits >= this.times) return false;
    this.hits += 1;
    return true;
  }
}

export class FaultProxy {
  /** Requests in the order of their beginning: `{ method, path, part, status, bytes, ended, fault }`. */
  log = [];
  /** Signatures that were seen in addresses of requests that write. */
  signatures = new Set();
  /** The address to which requests go that meet no rule. */
  target = undefined;
  /** Pages of the proxy's own, by path. */
  pages = new Map();
  /** True if the browser may use a connection twice. Chromium silently sends a request again when a connection that it
   * used before breaks, which would make attempts impossible to count. */
  keepAlive = false;

  #rules = [];
  #sockets = new Set();
  #writing = new Set();
  #storm;
  #agent = new Agent({ keepAlive: true, noDelay: true });
  #server;

  static async listen() {
    const proxy = new FaultProxy();
    proxy.#server = createServer((request, response) => proxy.#serve(request, response));
    // No patience of its own.
    Object.assign(proxy.#server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0 });
    proxy.#server.on("connection", (socket) => {
      socket.setNoDelay(true);
      proxy.#sockets.add(socket);
      socket.once("close", () => proxy.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Adds a rule. `match` is a method, `[method, path pattern]`, or a function of the request. The first rule that takes a
   * request decides. `times` (default 1), `skip` the first so many, `every` so-many-th only. */
  on(match, fault, how) {
    const rule = new Rule(matcher(match), fault, how);
    this.#rules.push(rule);
    return rule;
  }

  /** Requests that match: begun so far. */
  requests(match) {
    const matches = matcher(match);
    return this.log.filter((entry) => !entry.probe && matches({ method: entry.method, url: entry.path }));
  }

  count(match) {
    return this.requests(match).length;
  }

  /** Bytes of the bodies of the requests that match. */
  bytes(match) {
    return this.requests(match).reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Requests that are under way now. */
  get open() {
    return this.log.filter((entry) => !entry.ended && entry.method !== "OPTIONS").length;
  }

  /** Every so many milliseconds breaks the connection of one PUT that is under way, until `reset()` or `storm(0)`. */
  storm(every) {
    clearInterval(this.#storm);
    this.cuts = 0;
    if (every === 0) return;
    this.#storm = setInterval(() => {
      const [socket] = this.#writing;
      if (!socket) return;
      this.cuts += 1;
      socket.resetAndDestroy();
    }, every);
  }

  /** Forgets rules, pages and what was seen, and ends all connections. */
  reset() {
    this.storm(0);
    this.#rules = [];
    this.pages.clear();
    this.log = [];
    this.signatures.clear();
    this.keepAlive = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** No longer there: connections are refused, until `back()`. */
  async gone() {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async back() {
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async close() {
    this.#agent.destroy();
    if (!this.#server.listening) return;
    await this.gone();
  }

  #serve(request, response) {
    const [path, query = ""] = request.url.split("?");
    const values = new URLSearchParams(query);
    const part = values.has("partNumber") ? Number(values.get("partNumber")) : undefined;
    const entry = { method: request.method, path, part, probe: isProbe(request), status: 0, bytes: 0, ended: false };
    this.log.push(entry);
    const signature = values.get("X-Amz-Signature");
    if (signature && ["PUT", "POST"].includes(request.method)) this.signatures.add(signature);
    response.once("close", () => {
      entry.ended = true;
      this.#writing.delete(request.socket);
    });
    if (request.method === "PUT") this.#writing.add(request.socket);
    if (!this.keepAlive) response.shouldKeepAlive = false;
    const page = request.method === "GET" && this.pages.get(path);
    if (page) {
      request.resume();
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...page.headers }).end(page.html);
      return;
    }
    const exchange = new Exchange(request, response, entry, this.target, this.#agent);
    const rule = this.#rules.find((rule) => (rule.probes || !isProbe(request)) && rule.takes(request));
    entry.fault = Boolean(rule);
    Promise.resolve(rule ? rule.fault(exchange) : exchange.passOn()).catch(() => exchange.cutNow());
  }
}

class Exchange {
  constructor(request, response, entry, target, agent) {
    Object.assign(this, { request, response, entry, target, agent });
    request.on("error", () => {});
    response.on("error", () => {});
  }

  /** The request's body, once it is there. A big one is counted, not kept. */
  async text() {
    const kept = [];
    for await (const chunk of this.request) {
      this.entry.bytes += chunk.length;
      if (this.entry.bytes <= 1 << 20) kept.push(chunk);
    }
    return Buffer.concat(kept).toString();
  }

  answer(status, headers, body) {
    this.entry.status = status;
    this.response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
  }

  cutNow() {
    // Not `destroy`, which would be a clean end: a reset, as when a cable is pulled or a middlebox gives up.
    this.request.socket.resetAndDestroy();
  }

  async passOn({ cutAfter, keepAnswer, bytesPerSecond, holdAfter, gate, edit } = {}) {
    const { request, response, entry } = this;
    const { hostname, port } = new URL(this.target);
    const headers = { ...request.headers };
    if (headers.connection !== "upgrade") delete headers.connection;
    const upstream = forward({ hostname, port, method: request.method, path: request.url, headers, agent: this.agent });
    const answered = new Promise((resolve, reject) => {
      upstream.once("response", resolve);
      upstream.once("error", reject);
    });
    answered.catch(() => {});
    // The browser gave up: so does the request behind.
    response.once("close", () => !response.writableFinished && upstream.destroy());
    const start = performance.now();
    let rejected = false;
    answered.then(
      () => (rejected = true),
      () => (rejected = true),
    );
    if (request.method !== "GET" && request.method !== "HEAD") {
      for await (const chunk of request) {
        if (cutAfter !== undefined && entry.bytes + chunk.length >= cutAfter) {
          entry.bytes = cutAfter;
          upstream.destroy();
          this.cutNow();
          return;
        }
        entry.bytes += chunk.length;
        if (entry.bytes >= holdAfter) await gate.opened;
        if (bytesPerSecond) {
          const due = start + (entry.bytes / bytesPerSecond) * 1000;
          const early = due - performance.now();
          if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
        }
        // An early refusal ends the reading.
        if (rejected || upstream.destroyed) continue;
        if (!upstream.write(chunk)) await Promise.race([once(upstream, "drain"), answered]).catch(() => {});
      }
    }
    if (cutAfter !== undefined) {
      upstream.destroy();
      this.cutNow();
      return;
    }
    upstream.end();
    let incoming;
    try {
      incoming = await answered;
    } catch {
      this.cutNow();
      return;
    }
    entry.status = incoming.statusCode;
    if (keepAnswer) {
      incoming.resume();
      await once(incoming, "end");
      this.cutNow();
      return;
    }
    const said = { ...incoming.headers };
    delete said.connection;
    delete said["keep-alive"];
    edit?.(said);
    response.writeHead(incoming.statusCode, said);
    incoming.pipe(response);
    await once(response, "close");
  }
}

/** The widget's question whether anybody is here, or whether it may send such a request here at all (see
 * src/uploader/diagnose/store.rs): it carries nothing, so that what happens to uploads does not happen to it unless a rule says
 * `probes`, and it is not counted. */
function isProbe(request) {
  return request.method === "HEAD" || request.url.endsWith("?tagging") || request.url.endsWith("?uploadId=none");
}

function matcher(match) {
  if (typeof match === "function") return match;
  const [method, path] = Array.isArray(match) ? match : [match];
  return (request) => {
    const is = path === undefined || (path instanceof RegExp ? path.test(request.url.split("?")[0]) : request.url.split("?")[0] === path);
    return is && (method === "*" ? request.method !== "OPTIONS" : request.method === method);
  };
}
