// Whose fault it is, and whether it is one at all: what counts as a yes of the store or the backend, and which cause is
// named when the browser tells nothing. A gateway's error page, which lacks CORS headers, is no missing CORS rule.
import { filled, sha256, sha256of, stored } from "./files.mjs";
import { FaultProxy, respond, s3Error, strip } from "./faults.mjs";
import { expect, pageOf, test } from "./lab.mjs";
import { quiet } from "./page-requests.mjs";
import { Widget } from "./widget.mjs";

const PORTAL = "<!DOCTYPE html><html><title>Sign in</title><h1>Sign in to this network</h1></html>";
const FILE = { name: "a.txt", type: "text/plain", text: "hello" };

/** A web page with a success, as from a portal; readable. */
function portal() {
  return respond({ status: 200, headers: { "content-type": "text/html" }, body: PORTAL });
}

/** A gateway's answer, without any CORS header. */
function gateway(status = 502) {
  return async (exchange) => {
    await exchange.text();
    exchange.answer(status, { "content-type": "text/html" }, `<html><h1>${status}</h1></html>`);
  };
}

/** All that matches meets this fault while the switch is on, the widget's own questions as well. */
function outage(proxy, matches, fault = gateway()) {
  const state = { on: true };
  state.rule = proxy.on((request) => state.on && matches(request), fault, { times: Infinity, probes: true });
  return state;
}

/** A grant of the real server, by one request. */
async function granted(lab, accepts = "put") {
  const answer = await fetch(`${lab.server.url}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: FILE.name, type: FILE.type, size: FILE.text.length, accepts: [accepts] }),
  });
  return answer.json();
}

/** A backend that signs and never confirms: the store's answer is the only proof. */
function signs(lab, accepts, change = (grant) => grant) {
  lab.backend.on(
    ["POST", "/sign"],
    respond(async () => {
      const { url, headers, fields, key } = await granted(lab, accepts);
      return { body: change({ url, headers, fields, key }) };
    }),
    { times: Infinity },
  );
}

/** A page of the backend's address with headers of its own. */
async function openWith(lab, page, headers, body = '<s3-upload endpoint="/uploads"></s3-upload>') {
  lab.backend.pages.set("/page", { headers, html: pageOf(body) });
  await page.clock.install();
  await page.goto(`${lab.url}/page`);
  return Widget.ready(page);
}

async function errorOf(widget) {
  const [{ error }] = await widget.events("error");
  return error;
}

test.describe("a web page is never a yes", () => {
  for (const accepts of ["put", "post"]) {
    test(`of the store, to a ${accepts}: the file is sent again`, async ({ lab, page }) => {
      signs(lab, accepts);
      const method = accepts.toUpperCase();
      const pages = lab.store.on(method, portal(), { times: 1 });
      const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>');
      await widget.add(FILE);
      const { key } = await widget.arrived(FILE.name);
      expect(pages.hits).toBe(1);
      expect(await stored(lab, key)).toBe(sha256of(FILE.text));
    });
  }

  for (const [step, match] of [
    ["create", ["POST", "/uploads"]],
    ["complete", ["POST", /\/complete$/]],
  ]) {
    test(`of the backend, at ${step}: it is asked again`, async ({ lab, page }) => {
      const pages = lab.backend.on(match, portal(), { times: 1 });
      const widget = await lab.open(page);
      await widget.add(FILE);
      const { key, size } = await widget.arrived(FILE.name);
      expect(size).toBe(FILE.text.length);
      expect(await stored(lab, key)).toBe(sha256of(FILE.text));
      expect(pages.hits).toBe(1);
    });
  }

  for (const status of [200, 204]) {
    test(`an empty ${status} of the store is one`, async ({ lab, page }) => {
      signs(lab);
      const answered = lab.store.on("PUT", respond({ status, body: "" }), { times: Infinity });
      const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>');
      await widget.add(FILE);
      await widget.arrived(FILE.name);
      expect(answered.hits).toBe(1);
    });
  }
});

test("JSON that ends too early confirms nothing: the backend is asked again", async ({ lab, page }) => {
  const broken = respond({ headers: { "content-type": "application/json" }, body: '{"key": "a' });
  const answers = lab.backend.on(["POST", /\/complete$/], broken, { times: 1 });
  const widget = await lab.open(page);
  await widget.add(FILE);
  const { size } = await widget.arrived(FILE.name);
  expect(size).toBe(FILE.text.length);
  expect(answers.hits).toBe(1);
});

test("a store's error in JSON is shown", async ({ lab, page }) => {
  signs(lab);
  const body = { statusCode: "400", error: "Payload", message: "The object exceeded the maximum allowed size" };
  lab.store.on("PUT", respond({ status: 400, body }), { times: Infinity });
  const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>');
  await widget.add(FILE);
  await expect(widget.status(widget.row(FILE.name))).toContainText("The object exceeded the maximum allowed size");
});

test.describe("Companion: an upload in parts is completed from the whole list only", () => {
  const SIZE = 12 << 20;
  const PART = 5 << 20;

  /** Speaks as Companion does, and has the real server do it. Hears what is completed. */
  function companion(lab) {
    const completed = [];
    const ask = async (method, path, body) => {
      const answer = await fetch(`${lab.server.url}/uploads${path}`, {
        method,
        headers: { "content-type": "application/json" },
        body: body && JSON.stringify(body),
      });
      return { status: answer.status, body: await answer.json() };
    };
    const idOf = (request) => request.url.match(/\/multipart\/([^/?]+)/)[1];
    const on = (method, path, answer) => lab.backend.on([method, path], respond(answer), { times: Infinity });
    on("POST", "/s3/multipart", async () => {
      const asked = { name: "movie.mp4", type: "video/mp4", size: SIZE, accepts: ["multipart"], partSize: PART };
      const { body } = await ask("POST", "", asked);
      expect(body.partSize).toBe(PART);
      return { body: { key: body.key, uploadId: body.id, bucket: "b" } };
    });
    on("GET", /\/batch$/, async (request) => {
      const numbers = new URL(request.url, lab.url).searchParams.get("partNumbers").split(",").map(Number);
      const parts = numbers.map((number) => ({ number, size: Math.min(PART, SIZE - (number - 1) * PART) }));
      const { body } = await ask("POST", `/${idOf(request)}/parts`, { parts });
      return { body: { presignedUrls: Object.fromEntries(body.parts.map(({ number, url }) => [number, url])) } };
    });
    on("POST", /\/complete$/, async (request, text) => {
      const { parts } = JSON.parse(text);
      completed.push(parts.map((part) => part.PartNumber));
      const asked = parts.map((part) => ({ number: part.PartNumber, etag: part.ETag }));
      const { status, body } = await ask("POST", `/${idOf(request)}/complete`, { parts: asked });
      return status === 200 ? { body: { location: `https://b.test/${body.key}` } } : { status, body };
    });
    on("GET", /\/s3\/multipart\/[^/]+$/, async (request) => {
      const { body } = await ask("GET", `/${idOf(request)}/parts`);
      return { body: body.parts.map(({ number, size, etag }) => ({ PartNumber: number, Size: size, ETag: etag })) };
    });
    return completed;
  }

  for (const [what, answer] of [
    ["a web page", portal()],
    ["an empty 200 without a tag", respond({ status: 200, body: "" })],
  ]) {
    test(`a part that is answered with ${what}, and that nobody stored, is sent again`, async ({ lab, page, folder }) => {
      const completed = companion(lab);
      const lost = lab.store.on((request) => request.method === "PUT" && request.url.includes("partNumber=2&"), answer, { times: 1 });
      const path = await filled(folder, "movie.mp4", SIZE);
      const widget = await lab.open(
        page,
        '<s3-upload endpoint="/s3" protocol="companion" multipart-threshold="1MB" part-size="5MiB"></s3-upload>',
      );
      await widget.choose(path);
      const { key } = await widget.arrived("movie.mp4");
      expect(lost.hits).toBe(1);
      expect(completed).toEqual([[1, 2, 3]]);
      expect(await stored(lab, key)).toBe(await sha256(path));
    });
  }
});

test.describe("an outage is no fault of the set-up", () => {
  test("a gateway in front of the store, on a page that never had an answer", async ({ lab, page }) => {
    const down = outage(lab.store, () => true);
    const widget = await lab.open(page, undefined, { clock: true });
    await widget.add(FILE);
    const row = widget.row(FILE.name);
    for (let tries = 1; tries <= 3; tries += 1) {
      await expect.poll(() => lab.store.count(["OPTIONS"])).toBeGreaterThanOrEqual(tries);
      await widget.comesTo(row, "waiting");
      await quiet(page);
      await page.clock.fastForward(5_000);
    }
    down.on = false;
    await widget.comesTo(row, "completed");
    expect(await widget.events("error")).toEqual([]);
  });

  /** A backend of another origin: this one's, by another name. It answers with CORS headers unless it is down. */
  function elsewhere(lab) {
    const cors = { "access-control-allow-origin": lab.url, "access-control-allow-headers": "content-type" };
    lab.backend.on(["OPTIONS", /^\/there/], respond({ status: 204, headers: cors }), { times: Infinity });
    const pass = respond(async (request, body) => {
      const answer = await fetch(lab.server.url + request.url.replace("/there", "/uploads"), {
        method: request.method,
        headers: { "content-type": "application/json" },
        body,
      });
      return { status: answer.status, headers: { "content-type": "application/json" }, body: await answer.text() };
    });
    lab.backend.on(["POST", /^\/there/], pass, { times: Infinity });
    return `${lab.url.replace("127.0.0.1", "localhost")}/there`;
  }

  for (const [step, path] of [
    ["create", /^\/there$/],
    ["complete", /\/complete$/],
  ]) {
    test(`a gateway in front of a backend of another origin, at ${step}`, async ({ lab, page }) => {
      // From the first request of this step on, all of it.
      let reached = false;
      const down = outage(lab.backend, (request) => (reached ||= path.test(request.url)));
      const endpoint = elsewhere(lab);
      const widget = await lab.open(page, `<s3-upload endpoint="${endpoint}"></s3-upload>`, { clock: true });
      await widget.add(FILE);
      const row = widget.row(FILE.name);
      const asked = () => lab.backend.requests(["OPTIONS"]).filter((request) => path.test(request.path)).length;
      await expect.poll(asked).toBeGreaterThanOrEqual(1);
      await widget.comesTo(row, "waiting");
      await quiet(page);
      await page.clock.fastForward(5_000);
      await expect.poll(asked).toBeGreaterThanOrEqual(3);
      down.on = false;
      await widget.comesTo(row, "completed");
      expect(await widget.events("error")).toEqual([]);
      const [{ result }] = await widget.events("success");
      // The size comes from the backend. The store's answer has none.
      expect(result.size).toBe(FILE.text.length);
      expect(lab.store.count("PUT")).toBe(1);
    });
  }

  test("a backend that never allowed the page is told its own headers, not the bucket's rule", async ({ ownLab, page }) => {
    const lab = await ownLab(["--allow-origin", "https://example.com"]);
    const there = await FaultProxy.listen();
    there.target = lab.url;
    there.pages.set("/page", { html: pageOf(`<s3-upload endpoint="${lab.url}/uploads"></s3-upload>`) });
    await page.clock.install();
    await page.goto(`${there.url}/page`);
    const widget = await Widget.ready(page);
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "failed");
    const error = await errorOf(widget);
    expect(error.code).toBe("blocked-cors");
    expect(error.fix).toContain(`Access-Control-Allow-Origin: ${there.url}`);
    expect(error.fix).toContain(lab.url);
    expect(error.fix).not.toContain("AllowedOrigins");
    await there.close();
  });
});

test.describe("the page's own policies do not hide the store's", () => {
  test("a Content Security Policy with a path lets the missing CORS rule be named", async ({ ownLab, page }) => {
    const lab = await ownLab(["--store-cors", "off"]);
    const policy = `default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${lab.store.url}/uploads/`;
    const widget = await openWith(lab, page, { "content-security-policy": policy });
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "failed");
    const error = await errorOf(widget);
    expect(error.code).toBe("blocked-cors");
    expect(error.fix).toContain("AllowedOrigins");
  });

  test("a Content Security Policy with another path is named", async ({ lab, page }) => {
    const policy = `default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${lab.store.url}/other/`;
    const widget = await openWith(lab, page, { "content-security-policy": policy });
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "failed");
    expect((await errorOf(widget)).code).toBe("blocked-csp");
  });

  // https://html.spec.whatwg.org/multipage/browsers.html#coep
  test("a Cross-Origin-Embedder-Policy lets the missing CORS rule be named", async ({ ownLab, page }) => {
    const lab = await ownLab(["--store-cors", "off"]);
    const widget = await openWith(lab, page, { "cross-origin-embedder-policy": "require-corp" });
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "failed");
    expect((await errorOf(widget)).code).toBe("blocked-cors");
  });

  // https://html.spec.whatwg.org/multipage/webappapis.html#dom-origin
  test("a sandboxed frame has the origin null, and the rule must name that", async ({ ownLab, page }) => {
    const lab = await ownLab(["--store-cors", "off"]);
    // The frame's own files come from another origin for it as well.
    const open = (exchange) => exchange.passOn({ edit: (headers) => (headers["access-control-allow-origin"] = "*") });
    lab.backend.on(["GET", /\.(js|wasm|css)$/], open, { times: Infinity });
    const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "content-type" };
    lab.backend.on(["OPTIONS", /^\/sign/], respond({ status: 204, headers: cors }), { times: Infinity });
    signs(lab);
    lab.backend.pages.set("/frame", { html: pageOf('<s3-upload endpoint="/sign"></s3-upload>') });
    lab.backend.pages.set("/page", { html: '<!doctype html><iframe sandbox="allow-scripts" src="/frame"></iframe>' });
    await page.clock.install();
    await page.goto(`${lab.url}/page`);
    const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
    const widget = await Widget.ready(frame);
    await widget.add(FILE);
    const row = widget.row(FILE.name);
    await expect
      .poll(
        async () => {
          const state = await row.getAttribute("data-status");
          if (state === "waiting") {
            await quiet(frame);
            await page.clock.fastForward(20_000);
          }
          return state;
        },
        { timeout: 120_000, intervals: [50] },
      )
      .toBe("failed");
    await expect(widget.status(row)).toContainText("allow the origin null there");
    expect((await errorOf(widget)).fix).toContain('AllowedOrigins ["null"]');
  });
});

test.describe("a store that takes the file and whose answer cannot be read", () => {
  test("the backend is asked before the file is sent again", async ({ lab, page }) => {
    lab.store.on("PUT", strip("access-control-allow-origin"), { times: Infinity, probes: true });
    const widget = await lab.open(page, undefined, { clock: true });
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "completed");
    const [{ result }] = await widget.events("success");
    expect(result.size).toBe(FILE.text.length);
    expect(lab.store.count("PUT")).toBe(1);
  });

  test("without anybody to ask, what is known is said after a few tries", async ({ lab, page }) => {
    signs(lab, "put", ({ url, headers }) => ({ url, headers }));
    lab.store.on("PUT", strip("access-control-allow-origin"), { times: Infinity, probes: true });
    const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>', { clock: true });
    await widget.add(FILE);
    await widget.comesTo(widget.row(FILE.name), "failed");
    const error = await errorOf(widget);
    expect(error.code).toBe("blocked-cors");
    expect(error.fix).toContain("took all of the file, but its answer cannot be read here");
    expect(lab.store.count("PUT")).toBeLessThan(16);
  });

  test("a proxy's 413 without CORS headers ends after a few tries", async ({ lab, page }) => {
    lab.store.on("PUT", gateway(413), { times: Infinity });
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" transport="xhr"></s3-upload>', { clock: true });
    await widget.add({ name: "a.bin", size: 1 << 20 });
    await widget.comesTo(widget.row("a.bin"), "failed");
    expect((await errorOf(widget)).code).toBe("cut-off");
    expect(lab.store.count("PUT")).toBeLessThan(9);
  });
});

test("a form that has the browser sent on is named, and sent once", async ({ lab, page }) => {
  signs(lab, "post", (grant) => ({ ...grant, fields: { ...grant.fields, success_action_redirect: "https://app.test/done" } }));
  const location = `${lab.store.url}/done?key=k`;
  const sent = lab.store.on("POST", respond({ status: 303, headers: { location } }), { times: Infinity });
  lab.store.on(["GET", "/done"], gateway(200), { times: Infinity });
  const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>', { clock: true });
  await widget.add(FILE);
  const row = widget.row(FILE.name);
  await widget.comesTo(row, "failed");
  const error = await errorOf(widget);
  expect(error.cause).toContain("success_action_redirect");
  expect(sent.hits).toBe(1);
});

test("a date in the future is the signer's, not that of the person's device", async ({ lab, page }) => {
  lab.store.on("PUT", s3Error(403, "AccessDenied", "Request is not yet valid"), { times: Infinity });
  const widget = await lab.open(page, undefined, { clock: true });
  await widget.add(FILE);
  const row = widget.row(FILE.name);
  await widget.comesTo(row, "failed");
  await expect(widget.status(row)).toContainText("Ask the site's owner to set the clock of the server that signs.");
  expect((await errorOf(widget)).fix).toContain("clock of the server that signs");
});
