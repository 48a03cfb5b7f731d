// The faults of the table, as a proxy makes them.
import { Buffer } from "node:buffer";
import { request as forward } from "node:http";
import { cut, cutAnswer, hang, respond, s3Error } from "../faults.mjs";

const HTML = "<!doctype html><html><head><title>Sign in</title></head><body><p>Please sign in.</p></body></html>";
const PAGE = { "content-type": "text/html; charset=utf-8" };

/** An answer without CORS headers, as of a proxy or a CDN in front of the service. */
function bare(status, headers = {}) {
  return async (exchange) => {
    await exchange.text();
    exchange.answer(status, { ...PAGE, ...headers }, HTML);
  };
}

const plain = (status, headers = {}) => respond({ status, headers: { "content-type": "text/plain", ...headers }, body: "We are sorry." });

/** Takes the request, has it carried out, and hands the answer as bytes to `write(socket, head, body)`. */
function raw(write) {
  return async (exchange) => {
    const { request, entry, target } = exchange;
    const chunks = [];
    for await (const chunk of request) {
      entry.bytes += chunk.length;
      chunks.push(chunk);
    }
    const { hostname, port } = new URL(target);
    const headers = { ...request.headers };
    delete headers.connection;
    const answer = await new Promise((resolve, reject) => {
      const upstream = forward({ hostname, port, method: request.method, path: request.url, headers, agent: exchange.agent }, resolve);
      upstream.once("error", reject);
      for (const chunk of chunks) upstream.write(chunk);
      upstream.end();
    });
    const body = [];
    for await (const chunk of answer) body.push(chunk);
    entry.status = answer.statusCode;
    const kept = Object.entries(answer.headers).filter(([name]) => !["content-length", "transfer-encoding", "connection", "keep-alive"].includes(name));
    await write(request.socket, { status: answer.statusCode, headers: kept }, Buffer.concat(body));
  };
}

function head({ status, headers }, length) {
  const lines = headers.flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  const sized = status === 204 ? [] : [`content-length: ${length}`];
  return Buffer.from([`HTTP/1.1 ${status} OK`, ...lines, ...sized, "connection: close", "", ""].join("\r\n"), "latin1");
}

/** The true answer, one byte at a time. */
const drip = raw(async (socket, answer, body) => {
  for (const byte of Buffer.concat([head(answer, body.length), body])) {
    if (socket.destroyed) return;
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.end();
});

/** An answer that ends before it is whole. What had no body is said to have one. */
const truncated = raw(async (socket, answer, body) => {
  const said = { ...answer, status: answer.status === 204 ? 200 : answer.status };
  const sent = body.subarray(0, Math.floor(body.length / 2));
  socket.end(Buffer.concat([head(said, Math.max(body.length, 1)), sent]));
});

/** A redirect to a page that asks to sign in. */
const redirect = (location) => respond(() => ({ status: 302, headers: { location: location() } }));

/** The proxy's action on the requests that meet a fault. `bed` has the addresses that it needs. */
export function act(fault, bed) {
  switch (fault) {
    case "500":
      return s3Error(500, "InternalError", "We encountered an internal error.");
    case "502":
      return respond({ status: 502, headers: PAGE, body: HTML });
    case "503":
    case "429":
      return plain(Number(fault), { "retry-after": "1" });
    case "520":
    case "522":
    case "524":
    case "530":
    case "598":
    case "413":
      return plain(Number(fault));
    case "502-bare":
    case "502-all-bare":
      return bare(502);
    case "522-bare":
      return bare(522);
    case "429-bare":
      return bare(429);
    case "413-bare":
      return bare(413);
    case "html":
      return respond({ status: 200, headers: PAGE, body: HTML });
    case "empty":
      return respond({ status: 200, body: "" });
    case "login":
      return redirect(() => "/sign-in");
    case "elsewhere":
      return redirect(() => `${bed.elsewhere}/sign-in`);
    case "reset":
    case "refused":
      return cut();
    case "body":
      return cut({ after: 1024 });
    case "lost":
      return cutAnswer();
    case "truncated":
      return truncated;
    case "hang":
      return hang();
    case "drip":
      return drip;
    default:
      throw new Error(`no such fault: ${fault}`);
  }
}

/** Where redirects lead. With CORS headers for each request, or without any. */
export function signInPage(proxy, { cors }) {
  const answer = cors
    ? respond({
        status: 200,
        headers: { ...PAGE, "access-control-allow-methods": "GET, PUT, POST, DELETE", "access-control-allow-headers": "*" },
        body: HTML,
      })
    : bare(200);
  proxy.on((request) => request.url.startsWith("/sign-in"), answer, { times: Infinity });
}
