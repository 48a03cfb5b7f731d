// Answers in odd shapes: of backends, of stores, and of the page's own functions; and where a backend sends elsewhere.
import { FaultProxy, respond } from "./faults.mjs";
import { sha256of, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

const SIGN = ["POST", "/sign"];
const WIDGET = '<s3-upload endpoint="/sign" multiple></s3-upload>';

/** Asks the real server for a PUT, as a backend of another kind would. */
async function granted(lab, name = "a.txt") {
  const answer = await fetch(`${lab.server.url}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, type: "text/plain", size: 5, accepts: ["put"] }),
  });
  const { url, headers, key } = await answer.json();
  return { url, headers, key };
}

const hello = { name: "a.txt", type: "text/plain", text: "hello" };

test.describe("a backend's answer", () => {
  const client = { "content-type": "application/json", "x-request-id": "1" };
  for (const [what, wrap] of [
    ["of an HTTP client", (data) => ({ status: 200, statusText: "OK", headers: client, config: { url: "/sign" }, data })],
    ["of an API gateway", (answer) => ({ statusCode: 200, headers: client, body: JSON.stringify(answer) })],
    ["in base64", (answer) => ({ statusCode: 200, isBase64Encoded: true, body: Buffer.from(JSON.stringify(answer)).toString("base64") })],
    ["as text", (answer) => ({ success: true, data: JSON.stringify(answer) })],
  ]) {
    test(`is taken out of a wrapper: ${what}`, async ({ lab, page }) => {
      lab.backend.on(SIGN, respond(async () => ({ body: wrap(await granted(lab)) })), { times: Infinity });
      const sent = [];
      page.on("request", (request) => request.method() === "PUT" && sent.push(request.headers()));
      const widget = await lab.open(page, WIDGET);
      await widget.add(hello);
      const result = await widget.arrived("a.txt");
      expect(await stored(lab, result.key)).toBe(sha256of("hello"));
      expect(sent).toHaveLength(1);
      expect(sent[0]["content-type"]).toBe("text/plain");
      expect(sent[0]["x-request-id"]).toBeUndefined();
    });
  }

  test("that wraps a refusal is one", async ({ lab, page }) => {
    const answer = { statusCode: 413, headers: client, body: '{"message":"At most 5 MB, please"}' };
    lab.backend.on(SIGN, respond({ body: answer }), { times: Infinity });
    const widget = await lab.open(page, WIDGET);
    await widget.add(hello);
    await expect(widget.status(widget.row("a.txt"))).toHaveText("At most 5 MB, please.");
  });

  test("whose signature would not be sent is not used", async ({ lab, page }) => {
    lab.backend.on(SIGN, respond({ body: { url: `${lab.store.url}/uploads/song#1.png?X-Amz-Signature=5ec2e7` } }), { times: Infinity });
    const widget = await lab.open(page, WIDGET);
    await widget.add(hello);
    await expect(widget.row("a.txt")).toHaveAttribute("data-status", "failed");
    await expect(widget.status(widget.row("a.txt"))).toContainText('a URL whose signature stands after a "#"');
    expect((await widget.events("error"))[0].error.code).toBe("malformed-answer");
    expect(lab.store.count("PUT")).toBe(0);
  });

  test("cannot turn the writing direction", async ({ lab, page }) => {
    const answer = { status: 403, body: { message: "Not \u202Edewolla\u202C here\u200B" } };
    lab.backend.on(SIGN, respond(answer), { times: Infinity });
    const widget = await lab.open(page, WIDGET);
    await widget.add(hello);
    await expect(widget.status(widget.row("a.txt"))).toHaveText("Not dewolla here.");
    expect(await widget.status(widget.row("a.txt")).textContent()).toBe("Not dewolla here.");
  });
});

for (const [body, words, reason] of [
  [{ error: { code: "quota", message: "Your plan is full" } }, "The storage refused the upload: Your plan is full (quota). Ask the site's owner for help.", "quota"],
  [{ message: "Your plan is full" }, "The storage refused the upload: Your plan is full (status 403). Ask the site's owner for help.", null],
  [{ statusCode: "413", error: "Payload too large", message: "Too large by far" }, "The storage refused the upload: Too large by far (Payload too large). Ask the site's owner for help.", "Payload too large"],
]) {
  test(`a store's error in JSON is shown: ${JSON.stringify(body)}`, async ({ lab, page }) => {
    lab.store.on("PUT", respond({ status: 403, body }), { times: Infinity });
    const widget = await lab.open(page);
    await widget.add(hello);
    await expect(widget.status(widget.row("a.txt"))).toHaveText(words);
    expect((await widget.events("error"))[0].error.reason).toBe(reason);
  });
}

test.describe("a page that presigns by itself", () => {
  for (const [what, presign, words] of [
    ["throws a Response", () => { throw new Response('{"message":"At most 5 MB"}', { status: 413, headers: { "content-type": "application/json" } }); }, "At most 5 MB."],
    ["throws a Response without words", () => { throw new Response("", { status: 413 }); }, "The file is larger than the server accepts (status 413). Choose a smaller file."],
    ["throws an HTTP client's error", () => { throw Object.assign(new Error("Request failed with status code 413"), { response: { status: 413, headers: {}, data: { message: "At most 5 MB" } } }); }, "At most 5 MB."],
    ["throws undefined", () => { throw undefined; }, "Uploads are not set up correctly here: the page's own presign function failed with undefined. Ask the site's owner to correct it."],
    ["throws a number", () => { throw 5; }, "Uploads are not set up correctly here: the page's own presign function failed with a number. Ask the site's owner to correct it."],
    ["throws an object with getters", () => { throw { get a() { throw new Error("5ec"); }, get message() { throw new Error("5ec"); } }; }, 'Uploads are not set up correctly here: the page\'s own presign function failed with an object with "a", "message". Ask the site\'s owner to correct it.'],
    ["throws a proxy that throws", () => { throw new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; }, getPrototypeOf() { throw 3; } }); }, "Uploads are not set up correctly here: the page's own presign function failed with an object. Ask the site's owner to correct it."],
    ["throws a cycle", () => { const cycle = { code: 5 }; cycle.self = cycle; throw cycle; }, 'Uploads are not set up correctly here: the page\'s own presign function failed with an object with "code", "self". Ask the site\'s owner to correct it.'],
    ["throws an object with words", () => { throw { error: { code: "quota", message: "Your plan is full" } }; }, "Your plan is full."],
    ["answers a cycle", () => { const cycle = {}; cycle.self = cycle; return cycle; }, /got an object with "self"/],
    ["answers nothing", () => {}, /got undefined/],
    ["answers a Response that refuses", () => new Response("Members only", { status: 403 }), "Members only."],
  ]) {
    test(what, async ({ lab, page }) => {
      const widget = await lab.open(page, "<s3-upload multiple></s3-upload>");
      await widget.host.evaluate((host, body) => (host.presign = new Function(`return (${body})()`)), presign.toString());
      await widget.add(hello);
      await expect(widget.row("a.txt")).toHaveAttribute("data-status", "failed");
      await expect(widget.status(widget.row("a.txt"))).toHaveText(words);
      // The widget goes on.
      await widget.host.evaluate((host) => {
        host.presign = null;
        host.endpoint = "/uploads";
      });
      await widget.add({ ...hello, name: "b.txt" });
      await widget.arrived("b.txt");
      expect(await page.evaluate(() => window.said.join("\n"))).not.toContain("unreachable");
    });
  }

  test("answers the Response of its fetch", async ({ lab, page }) => {
    lab.backend.on(SIGN, respond(async () => ({ body: await granted(lab) })), { times: Infinity });
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate((host) => (host.presign = () => fetch("/sign", { method: "POST" })));
    await widget.add(hello);
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
  });
});

test.describe("the page's function for headers", () => {
  for (const [what, headers, words, said] of [
    ["throws undefined", () => { throw undefined; }, "The server does not know who you are (status 401). Sign in, then try again.", "the function failed with undefined"],
    ["throws a Response", () => { throw new Response('{"message":"Your session ended"}', { status: 401 }); }, "Your session ended.", ""],
    ["fails by a mistake", () => window.nobody.token, "The server does not know who you are (status 401). Sign in, then try again.", "Cannot read properties of undefined"],
  ]) {
    test(what, async ({ lab, page }) => {
      const widget = await lab.open(page);
      await widget.host.evaluate((host, body) => (host.headers = new Function(`return (${body})()`)), headers.toString());
      await widget.add(hello);
      await expect(widget.status(widget.row("a.txt"))).toHaveText(words);
      expect(await page.evaluate(() => window.said.join("\n"))).toContain(said);
    });
  }
});

test("a function for headers whose own request fails for a while is asked again", async ({ lab, page }) => {
  const tokens = lab.backend.on(["GET", "/token"], respond({ status: 503, body: "" }), { times: 2 });
  const cuts = lab.backend.on(["GET", "/token"], (exchange) => exchange.cutNow(), { times: 1 });
  lab.backend.on(["GET", "/token"], respond({ body: { token: "one" } }), { times: Infinity });
  const widget = await lab.open(page);
  await widget.host.evaluate((host) => {
    host.headers = async () => {
      const answer = await fetch("/token");
      if (!answer.ok) throw answer;
      return { Authorization: `Bearer ${(await answer.json()).token}` };
    };
  });
  await widget.add(hello);
  await widget.arrived("a.txt");
  expect([tokens.hits, cuts.hits]).toEqual([2, 1]);
});

// https://fetch.spec.whatwg.org/#concept-request-redirect-mode
// https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect
test.describe("a backend that redirects", () => {
  const KEY = { "X-Api-Key": "5ec2e7" };
  const allowing = (origin) => ({
    "access-control-allow-origin": origin,
    "access-control-allow-headers": "content-type, x-api-key",
    "access-control-allow-methods": "*",
  });

  /** Another origin that keeps what it was sent, and would grant. */
  async function elsewhere(lab) {
    const other = await FaultProxy.listen();
    const seen = [];
    const answer = respond(async (request) => {
      seen.push(request.headers);
      return { headers: allowing("*"), body: request.method === "OPTIONS" ? "" : await granted(lab) };
    });
    other.on(() => true, answer, { times: Infinity });
    return { other, seen };
  }

  for (const status of [307, 308, 302]) {
    test(`to another origin (${status}) does not hand the page's headers on, and is named`, async ({ lab, page }) => {
      const { other, seen } = await elsewhere(lab);
      lab.backend.on(SIGN, respond({ status, headers: { location: `${other.url}/sign` } }), { times: Infinity });
      const widget = await lab.open(page, WIDGET);
      await widget.host.evaluate((host, headers) => (host.headers = headers), KEY);
      await widget.add(hello);
      const line = widget.status(widget.row("a.txt"));
      await expect(line).toContainText(`redirects to ${other.url}/sign, which must not get this page's headers`);
      expect(seen.filter((headers) => JSON.stringify(headers).toLowerCase().includes("x-api-key"))).toEqual([]);
      await other.close();
    });
  }

  test("from another origin to a third one does not hand them on either", async ({ lab, page }) => {
    const { other, seen } = await elsewhere(lab);
    const first = lab.url.replace("127.0.0.1", "localhost");
    const cors = allowing(lab.url);
    lab.backend.on(["OPTIONS", "/sign"], respond({ status: 204, headers: cors }), { times: Infinity });
    lab.backend.on(SIGN, respond({ status: 307, headers: { ...cors, location: `${other.url}/sign` } }), { times: Infinity });
    const widget = await lab.open(page, `<s3-upload endpoint="${first}/sign"></s3-upload>`);
    await widget.host.evaluate((host, headers) => (host.headers = headers), KEY);
    await widget.add(hello);
    await expect(widget.status(widget.row("a.txt"))).toContainText("which must not get this page's headers");
    expect(seen.filter((headers) => JSON.stringify(headers).toLowerCase().includes("x-api-key"))).toEqual([]);
    await other.close();
  });

  for (const cross of [false, true]) {
    test(`within its ${cross ? "own" : "page's"} origin is followed with the headers`, async ({ lab, page }) => {
      const origin = cross ? lab.url.replace("127.0.0.1", "localhost") : lab.url;
      const cors = cross ? allowing(lab.url) : {};
      const keys = [];
      const grant = async (request) => {
        keys.push(request.headers["x-api-key"]);
        return { headers: cors, body: await granted(lab) };
      };
      lab.backend.on((request) => request.method === "OPTIONS", respond({ status: 204, headers: cors }), { times: Infinity });
      lab.backend.on(SIGN, respond({ status: 307, headers: { ...cors, location: `${origin}/sign/` } }), { times: Infinity });
      lab.backend.on(["POST", "/sign/"], respond(grant), { times: Infinity });
      const widget = await lab.open(page, `<s3-upload endpoint="${origin}/sign"></s3-upload>`);
      await widget.host.evaluate((host, headers) => (host.headers = headers), KEY);
      await widget.add(hello);
      await widget.arrived("a.txt");
      expect(keys).toContain(KEY["X-Api-Key"]);
    });
  }

  test("to another origin is followed when nothing tells who is asking", async ({ lab, page }) => {
    const { other } = await elsewhere(lab);
    lab.backend.on(SIGN, respond({ status: 307, headers: { location: `${other.url}/sign` } }), { times: Infinity });
    const widget = await lab.open(page, WIDGET);
    await widget.add(hello);
    await widget.arrived("a.txt");
    await other.close();
  });
});
