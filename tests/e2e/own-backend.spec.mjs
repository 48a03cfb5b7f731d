// A backend with words of its own, one that wants to know who is asking, and a page that presigns by itself.
import { sha256, sha256of, filled, stored } from "./files.mjs";
import { Gate, hold, respond, s3Error } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const CREATE = ["POST", "/uploads"];

/** Asks the real server for a PUT, as a backend of another kind would. */
async function granted(lab, { name = "a.txt", type = "text/plain", size = 5, accepts = ["put"] } = {}) {
  const answer = await fetch(`${lab.server.url}/uploads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, type, size, accepts }),
  });
  return answer.json();
}

test.describe("a backend with words of its own", () => {
  for (const [request, seen] of [
    ["query", { method: "GET", search: "?file_name=a%20b.txt&contentType=text%2Fplain&bucket_name=up&expiration=300", body: "" }],
    ["form", { method: "POST", search: "", body: "file_name=a%20b.txt&contentType=text%2Fplain&bucket_name=up&expiration=300" }],
    ["json", { method: "POST", search: "", body: '{"file_name":"a b.txt","contentType":"text/plain","bucket_name":"up","expiration":300}' }],
  ]) {
    test(`is asked by ${request}, and answers in a shape of its own`, async ({ lab, page }) => {
      const asked = [];
      lab.backend.on(
        (request) => request.url.startsWith("/sign"),
        respond(async (request, body) => {
          asked.push({ method: request.method, search: request.url.slice("/sign".length), body });
          const { url, headers, key } = await granted(lab);
          return { body: { data: { presigned_url: url, upload_headers: Object.entries(headers), object_key: key } } };
        }),
        { times: Infinity },
      );
      const widget = await lab.open(
        page,
        `<s3-upload endpoint="/sign" request="${request}" name-field="file_name" type-field="contentType" size-field=""
           extra-fields="bucket_name=up&amp;expiration=300"></s3-upload>`,
      );
      await widget.add({ name: "a b.txt", type: "text/plain", text: "hello" });
      const result = await widget.arrived("a b.txt");
      expect(asked).toEqual([seen]);
      expect(await stored(lab, result.key)).toBe(sha256of("hello"));
      expect(lab.backend.count("*")).toBeGreaterThan(0);
    });
  }

  test("answers with the bare address, as text", async ({ lab, page }) => {
    lab.backend.on(
      ["POST", "/sign"],
      respond(async () => {
        // Nothing but the type is signed: there is no place to tell of headers.
        const { url } = await granted(lab);
        return { headers: { "content-type": "text/plain" }, body: url };
      }),
      { times: Infinity },
    );
    const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>');
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const row = widget.row("a.txt");
    // The server's URL signs If-None-Match, which a bare text cannot tell: the developer reads that.
    await expect(row).toHaveAttribute("data-status", "failed");
    const [{ error }] = await widget.events("error");
    expect(error.cause).toContain("the URL signs headers that were not sent: if-none-match");
    expect(error.fix).toContain('"headers"');
    const said = await page.evaluate(() => window.said.join("\n"));
    expect(said).toContain(error.cause);
  });

  test("has an id that means nothing to it: what the store took is there all the same", async ({ lab, page }) => {
    lab.backend.on(
      ["POST", "/sign"],
      respond(async () => {
        const { url, headers, key } = await granted(lab);
        return { body: { id: 42, url, headers, key } };
      }),
      { times: Infinity },
    );
    lab.backend.on(["POST", "/sign/42/complete"], respond({ status: 404, body: "Not Found" }), { times: Infinity });
    const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>');
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
  });

  for (const [what, answer] of [
    ["knows of no confirmation", { status: 404, body: "Not Found" }],
    ["confirms without looking", { status: 200, body: {} }],
  ]) {
    test(`${what}: what only may be there is sent again`, async ({ lab, page }) => {
      lab.backend.on(
        ["POST", "/sign"],
        respond(async () => ({ body: { ...(await granted(lab)), id: "42" } })),
        { times: Infinity },
      );
      const asked = lab.backend.on(["POST", "/sign/42/complete"], respond(answer), { times: Infinity });
      const gate = new Gate();
      lab.store.on("PUT", hold(gate), { times: 1 });
      const widget = await lab.open(page, '<s3-upload endpoint="/sign"></s3-upload>', { clock: true });
      await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
      await gate.reached;
      // Stopped in the middle, until its URL has expired.
      const row = widget.row("a.txt");
      await widget.button(row, "pause").click();
      await expect(row).toHaveAttribute("data-status", "paused");
      await expect.poll(() => lab.store.open).toBe(0);
      await page.clock.fastForward(400_000);
      await widget.button(row, "resume").click();
      const result = await widget.arrived("a.txt");
      expect(await stored(lab, result.key)).toBe(sha256of("hello"));
      expect(lab.store.requests("PUT").map((put) => put.status)).toEqual([0, 200]);
      expect(asked.hits).toBe(2);
    });
  }

  test("of another origin, with CORS for the one address that it has", async ({ lab, page }) => {
    const cors = { "access-control-allow-origin": lab.url, "access-control-allow-headers": "content-type" };
    const elsewhere = lab.url.replace("127.0.0.1", "localhost");
    lab.backend.on(["OPTIONS", "/sign"], respond({ status: 204, headers: cors }), { times: Infinity });
    lab.backend.on(
      ["POST", "/sign"],
      respond(async () => ({ headers: cors, body: { ...(await granted(lab)), id: 42 } })),
      { times: Infinity },
    );
    const forbidden = lab.backend.on(["OPTIONS", "/sign/42/complete"], respond({ status: 404, body: "Not Found" }), { times: Infinity });
    const widget = await lab.open(page, `<s3-upload endpoint="${elsewhere}/sign" multiple></s3-upload>`, { clock: true });
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    // Asked for some time, as if it were an outage.
    await widget.comesTo(widget.row("a.txt"), "completed");
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    const asked = forbidden.hits;
    expect(asked).toBeGreaterThan(0);
    // A fact that was found once is not asked again for the next file.
    await widget.add({ name: "b.txt", type: "text/plain", text: "hello" });
    await widget.comesTo(widget.row("b.txt"), "completed");
    expect(forbidden.hits).toBe(asked);
    expect(await page.evaluate(() => window.said)).toEqual([expect.stringContaining('leave "id" out')]);
  });

  for (const [status, answer, words] of [
    [422, { detail: [{ loc: ["body", "size"], msg: "At most 5 MB, please" }] }, "At most 5 MB, please."],
    [409, { message: "This album is closed" }, "This album is closed."],
    [413, { error: "Too much for your plan" }, "Too much for your plan."],
    [403, { title: "Forbidden", detail: "Only members may upload" }, "Only members may upload."],
    [422, { errors: { file: ["Choose a smaller picture"] } }, "Choose a smaller picture."],
  ]) {
    test(`refuses with ${status} in its framework's shape (${Object.keys(answer)}), and is quoted`, async ({ lab, page }) => {
      lab.backend.on(CREATE, respond({ status, body: answer }), { times: Infinity });
      const widget = await lab.open(page);
      await widget.add({ name: "a.txt", text: "hello" });
      await expect(widget.row("a.txt")).toHaveAttribute("data-status", "failed");
      await expect(widget.status(widget.row("a.txt"))).toHaveText(words);
      expect(lab.backend.count(CREATE)).toBe(1);
    });
  }

  test("asks for patience with 429 and a message", async ({ lab, page }) => {
    const widget = await lab.open(page, undefined, { clock: true });
    lab.backend.on(CREATE, respond({ status: 429, headers: { "retry-after": "60" }, body: { message: "Five a minute, please" } }), { times: 1 });
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText(/^Five a minute, please\. Trying again in (1 min|5\d s)\.$/);
    await widget.comesTo(widget.row("a.txt"), "completed");
  });
});

test.describe("a POST form", () => {
  test("goes field by field and the file last, and the store's XML is read", async ({ lab, page }) => {
    const forms = [];
    lab.backend.on(
      CREATE,
      respond({
        body: { url: `${lab.store.url}/uploads`, fields: { key: "in/${filename}", "x-b": "2", "x-a": "1" }, method: "POST" },
      }),
      { times: Infinity },
    );
    lab.store.on(
      "POST",
      respond((request, body) => {
        forms.push([...body.matchAll(/name="([^"]+)"/g)].map(([, name]) => name));
        return {
          status: 201,
          headers: { "content-type": "application/xml" },
          body: '<?xml version="1.0"?><PostResponse><Location>https://h/in%2Fa.txt</Location><Bucket>b</Bucket><Key>in/a.txt</Key><ETag>"5d41"</ETag></PostResponse>',
        };
      }),
      { times: Infinity },
    );
    const widget = await lab.open(page);
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(forms).toEqual([["key", "x-b", "x-a", "file", "a.txt"]]);
    expect(result).toMatchObject({ key: "in/a.txt", etag: '"5d41"' });
  });

  test("that is too large says so", async ({ lab, page }) => {
    lab.backend.on(CREATE, respond({ body: { url: `${lab.store.url}/uploads`, fields: { key: "k" } } }), { times: Infinity });
    lab.store.on("POST", s3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"), { times: Infinity });
    const widget = await lab.open(page);
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText("The file is larger than the storage accepts (EntityTooLarge). Choose a smaller file.");
  });
});

test.describe("a backend that wants to know who is asking", () => {
  /** Refuses all but one token. Tells what came in `authorization`. */
  function guarded(lab, token) {
    const seen = [];
    lab.backend.on(
      (request) => request.url.startsWith("/uploads") && request.method !== "OPTIONS",
      (exchange) => {
        seen.push(exchange.request.headers.authorization);
        return exchange.request.headers.authorization === token ? exchange.passOn() : respond({ status: 401 })(exchange);
      },
      { times: Infinity },
    );
    return seen;
  }

  test("gets fixed headers with every request, and the store none of them", async ({ lab, page }) => {
    const seen = guarded(lab, "Bearer one");
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => (host.headers = { Authorization: "Bearer one" }));
    const puts = [];
    page.on("request", (request) => request.method() === "PUT" && puts.push(request.headers()));
    await widget.add({ name: "a.txt", text: "hello" });
    await widget.arrived("a.txt");
    expect(seen).toEqual(["Bearer one", "Bearer one"]);
    expect(puts.length).toBe(1);
    expect(Object.keys(puts[0])).not.toContain("authorization");
  });

  test("is given a fresh token once when it does not accept the old one", async ({ lab, page }) => {
    const seen = guarded(lab, "Bearer two");
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => {
      window.calls = [];
      let token = "one";
      host.headers = async ({ refused }) => {
        window.calls.push(refused);
        if (refused) token = "two";
        return { Authorization: `Bearer ${token}` };
      };
    });
    await widget.add({ name: "a.txt", text: "hello" });
    await widget.arrived("a.txt");
    expect(seen).toEqual(["Bearer one", "Bearer two", "Bearer two"]);
    expect(await page.evaluate(() => window.calls)).toEqual([false, true, false]);
  });

  test("is given one fresh token for all files that it refused", async ({ lab, page }) => {
    const gate = new Gate();
    lab.backend.on(CREATE, (exchange) => gate.opened.then(() => respond({ status: 401 })(exchange)), { times: 3 });
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => {
      window.renewed = 0;
      host.headers = async ({ refused }) => ({ Authorization: `Bearer ${refused ? ++window.renewed : window.renewed}` });
    });
    await widget.add(...["a.txt", "b.txt", "c.txt"].map((name) => ({ name, text: name })));
    await expect.poll(() => lab.backend.open).toBe(3);
    gate.open();
    for (const name of ["a.txt", "b.txt", "c.txt"]) await widget.arrived(name);
    expect(await page.evaluate(() => window.renewed)).toBe(1);
  });

  test("gets headers in whatever shape pages keep them", async ({ lab, page }) => {
    const seen = guarded(lab, "Bearer one");
    const widget = await lab.open(page);
    const shapes = ["() => new Headers(given)", "() => new Map(Object.entries(given))", "() => Object.entries(given)", "() => ({ ...given, 'X-Not': undefined })"];
    for (const [at, shape] of shapes.entries()) {
      await widget.host.evaluate((host, shape) => {
        host.headers = new Function("given", `return (${shape})();`)({ Authorization: "Bearer one" });
      }, shape);
      await widget.add({ name: `${at}.txt`, text: "hello" });
      await widget.arrived(`${at}.txt`);
    }
    expect(new Set(seen)).toEqual(new Set(["Bearer one"]));
  });

  test("gets the latest token, also for files that were added under an older one", async ({ lab, page }) => {
    const seen = guarded(lab, "Bearer two");
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => (host.headers = { Authorization: "Bearer one" }));
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.row("a.txt")).toHaveAttribute("data-status", "failed");
    await widget.host.evaluate((host) => (host.headers = { Authorization: "Bearer two" }));
    await widget.button(widget.row("a.txt"), "retry").click();
    await widget.arrived("a.txt");
    expect(seen).toEqual(["Bearer one", "Bearer two", "Bearer two"]);
  });

  test("that never accepts is not asked in a loop", async ({ lab, page }) => {
    const seen = guarded(lab, "Bearer never");
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => (host.headers = () => ({ Authorization: "Bearer one" })));
    await widget.add({ name: "a.txt", text: "hello" });
    const row = widget.row("a.txt");
    await expect(row).toHaveAttribute("data-status", "failed");
    await expect(widget.status(row)).toHaveText("The server does not know who you are (status 401). Sign in, then try again.");
    expect(seen).toHaveLength(2);
  });

  test("is not asked when the page's function has no token, and its words are shown", async ({ lab, page }) => {
    const widget = await lab.open(page);
    await widget.host.evaluate((host) => {
      host.headers = async () => {
        throw new Error("Please sign in again");
      };
    });
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText("Please sign in again.");
    expect(lab.backend.count(CREATE)).toBe(0);
  });

  test("gets its CSRF token from a meta tag or a cookie, and no other site does", async ({ lab, page }) => {
    const tokens = [];
    lab.backend.on(
      CREATE,
      (exchange) => {
        tokens.push(exchange.request.headers["x-csrf-token"] ?? exchange.request.headers["x-xsrf-token"] ?? exchange.request.headers["x-own"]);
        return exchange.passOn();
      },
      { times: Infinity },
    );
    const body = (attributes, endpoint = "/uploads") => `<meta name="csrf-token" content="from-meta"><s3-upload endpoint="${endpoint}" ${attributes}></s3-upload>`;
    await page.context().addCookies([{ name: "XSRF-TOKEN", value: "from%20cookie", url: lab.url }]);
    for (const [attributes, token] of [
      ['csrf-meta="csrf-token"', "from-meta"],
      ['csrf-cookie="XSRF-TOKEN"', "from cookie"],
      ['csrf-meta="csrf-token" csrf-header="X-Own"', "from-meta"],
      ["", undefined],
    ]) {
      const widget = await lab.open(page, body(attributes));
      await widget.add({ name: "a.txt", text: "hello" });
      await widget.arrived("a.txt");
      expect(tokens.pop(), attributes).toBe(token);
    }
    const widget = await lab.open(page, body('csrf-meta="csrf-token"', `${lab.server.url}/uploads`));
    const [asked] = await Promise.all([
      page.waitForRequest((request) => request.method() === "POST" && request.url() === `${lab.server.url}/uploads`),
      widget.add({ name: "a.txt", text: "hello" }),
    ]);
    expect(asked.headers()["x-csrf-token"]).toBeUndefined();
    await widget.arrived("a.txt");
  });
});

test.describe("a page that presigns by itself", () => {
  /** The page's own functions: they ask the server under test in place of whatever a page would do. */
  const own = (host, options) => {
    window.calls = [];
    const ask = async (path, method, body, signal) => {
      window.calls.push(`${method} ${path.replace(/^\/[^/]{20,}/, "/ID")}`);
      const answer = await fetch(`/uploads${path}`, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });
      if (!answer.ok) throw Object.assign(new Error((await answer.json()).error.message), { status: answer.status });
      return answer.status === 204 ? undefined : answer.json();
    };
    host.presign = async (file, { accepts, type, partSize, metadata, signal }) => {
      window.told = { name: file.name, accepts, type, partSize: typeof partSize, metadata, signal: signal instanceof AbortSignal };
      const granted = await ask("", "POST", { name: file.name, type, size: file.size, accepts, partSize }, signal);
      if (options === "bare") return new URL(granted.url);
      if (options === "headers") return { url: granted.url, headers: granted.headers, key: granted.key };
      const { id } = granted;
      return {
        ...granted,
        async signPart({ number, size }, { signal }) {
          const { parts } = await ask(`/${id}/parts`, "POST", { parts: [{ number, size }] }, signal);
          return parts[0];
        },
        listParts: ({ signal }) => ask(`/${id}/parts`, "GET", undefined, signal),
        complete: (parts, { signal }) => ask(`/${id}/complete`, "POST", { parts }, signal),
        abort: () => ask(`/${id}`, "DELETE"),
      };
    };
  };

  test("by one request, without a backend's address", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate(own, "headers");
    await widget.host.evaluate((host) => (host.metadata = { album: 7 }));
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    expect(await page.evaluate(() => window.told)).toEqual({
      name: "a.txt",
      accepts: ["put", "post", "multipart"],
      type: "text/plain",
      partSize: "number",
      metadata: { album: "7" },
      signal: true,
    });
    expect(await page.evaluate(() => window.calls)).toEqual(["POST "]);
  });

  test("and confirms in the end", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate(own, "all");
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(result).toMatchObject({ size: 5, type: "text/plain" });
    expect(await page.evaluate(() => window.calls)).toEqual(["POST ", "POST /ID/complete"]);
  });

  test("in parts, and takes back what was cancelled", async ({ lab, page, folder }) => {
    const path = await filled(folder, "movie.mp4", 12 << 20);
    const widget = await lab.open(page, '<s3-upload multiple part-size="5MiB" multipart-threshold="1MB"></s3-upload>');
    await widget.host.evaluate(own, "all");
    await widget.choose(path);
    const result = await widget.arrived("movie.mp4");
    expect(await stored(lab, result.key)).toBe(await sha256(path));
    const calls = await page.evaluate(() => window.calls.splice(0));
    expect(calls.sort()).toEqual(["POST ", "POST /ID/complete", "POST /ID/parts", "POST /ID/parts", "POST /ID/parts"]);

    lab.store.on("PUT", respond({ status: 503 }), { times: Infinity });
    const other = await filled(folder, "other.mp4", 12 << 20);
    await widget.choose(other);
    await expect(widget.row("other.mp4")).toHaveAttribute("data-status", "waiting");
    await widget.button(widget.row("other.mp4"), "cancel").click();
    await expect.poll(() => page.evaluate(() => window.calls.includes("DELETE /ID"))).toBe(true);
    await expect.poll(() => lab.left()).toEqual([]);
  });

  test("with a signal that stays silent when all goes well", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate((host) => {
      const ask = async (path, body, signal) => {
        const answer = await fetch(`/uploads${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });
        return answer.json();
      };
      host.presign = async (file, { type, signal }) => {
        const granted = await ask("", { name: file.name, type, size: file.size, accepts: ["put"] }, signal);
        // The first signal, where one would expect the second.
        return { ...granted, complete: () => ask(`/${granted.id}/complete`, {}, signal) };
      };
    });
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    expect(await widget.arrived("a.txt")).toMatchObject({ size: 5, type: "text/plain" });
  });

  test("without a confirmation, but with a way to take back", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate((host) => {
      host.presign = async (file, { type }) => {
        const body = JSON.stringify({ name: file.name, type, size: file.size, accepts: ["put"] });
        const answer = await fetch("/uploads", { method: "POST", headers: { "content-type": "application/json" }, body });
        const { url, headers, key } = await answer.json();
        return { url, headers, key, abort: () => (window.aborted = true) };
      };
    });
    await widget.add({ name: "a.txt", type: "text/plain", text: "hello" });
    const result = await widget.arrived("a.txt");
    expect(await stored(lab, result.key)).toBe(sha256of("hello"));
    expect(await page.evaluate(() => window.aborted)).toBeUndefined();
  });

  test("under one name for several files: each keeps its own functions", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload multiple></s3-upload>");
    await widget.host.evaluate((host) => {
      window.completed = [];
      host.presign = async (file, { type }) => {
        const body = JSON.stringify({ name: file.name, type, size: file.size, accepts: ["put"] });
        const answer = await fetch("/uploads", { method: "POST", headers: { "content-type": "application/json" }, body });
        const { url, headers, key } = await answer.json();
        return { id: "album", url, headers, key, complete: async () => void window.completed.push(file.name) };
      };
    });
    const gate = new Gate();
    lab.store.on("PUT", hold(gate), { times: 2 });
    await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
    await expect.poll(() => lab.store.open).toBe(2);
    gate.open();
    for (const name of ["a.txt", "b.txt"]) {
      const result = await widget.arrived(name);
      expect(await stored(lab, result.key)).toBe(sha256of(name[0]));
    }
    expect(await page.evaluate(() => window.completed.sort())).toEqual(["a.txt", "b.txt"]);
  });

  test("and fails: its words are for the person, its mistakes for the developer", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload multiple></s3-upload>");
    await widget.host.evaluate((host) => {
      host.presign = async (file) => {
        if (file.name === "a.txt") throw new Error("Are you signed in? Please reload.");
        return undefined.url;
      };
    });
    await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText("Are you signed in? Please reload.");
    await expect(widget.status(widget.row("b.txt"))).toContainText("Uploads are not set up correctly here: the page's own presign function failed: Cannot read properties of undefined");
  });

  test("and refuses in its own words", async ({ lab, page }) => {
    const widget = await lab.open(page, "<s3-upload></s3-upload>");
    await widget.host.evaluate((host) => {
      host.presign = async () => {
        throw new Error("Not on a Sunday");
      };
    });
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText("Not on a Sunday.");
    await widget.host.evaluate((host) => (host.presign = async () => ({ nothing: 1 })));
    await widget.button(widget.row("a.txt"), "remove").click();
    await widget.add({ name: "b.txt", text: "hello" });
    await expect(widget.status(widget.row("b.txt"))).toContainText('got {"nothing": number}');
  });

  test("until it does not any more", async ({ lab, page }) => {
    const widget = await lab.open(page, '<s3-upload endpoint="/uploads" multiple></s3-upload>');
    await widget.host.evaluate(own, "headers");
    await widget.add({ name: "a.txt", text: "hello" });
    await widget.arrived("a.txt");
    await widget.host.evaluate((host) => (host.presign = null));
    await widget.add({ name: "b.txt", text: "hello" });
    await widget.arrived("b.txt");
    expect(await page.evaluate(() => window.calls)).toEqual(["POST "]);
    expect(lab.backend.count(CREATE)).toBe(2);
  });

  test("set before the element is defined", async ({ lab, page }) => {
    lab.backend.pages.set("/page", {
      html: `<!doctype html><html lang="en"><title>Test</title><main><s3-upload></s3-upload></main>
        <script>
          document.querySelector("s3-upload").presign = async () => { throw new Error("I was asked"); };
        </script>
        <script type="module" src="/s3-upload.js"></script></html>`,
    });
    await page.goto(`${lab.url}/page`);
    const widget = await Widget.ready(page);
    await widget.add({ name: "a.txt", text: "hello" });
    await expect(widget.status(widget.row("a.txt"))).toHaveText("I was asked.");
  });
});
