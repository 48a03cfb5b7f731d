// An address that allows writing is a secret while it lives. After every test it is looked for in what the widget said
// (see `secrets` in lab.mjs); here is a run in which everything goes wrong that could make somebody tell it.
import { cut, respond, rewrite, s3Error } from "./faults.mjs";
import { expect, heard, leaks, test } from "./lab.mjs";

test("no signature in console, events, page or log, whatever happens", async ({ lab, page, secrets }) => {
  const widget = await lab.open(page, undefined, { clock: true });
  const one = async (name, state) => {
    await widget.add({ name, type: "text/plain", text: name });
    await widget.comesTo(widget.row(name), state);
  };
  await one("fine.txt", "completed");

  lab.store.on("PUT", rewrite({ "content-type": "text/html" }), { times: 1 });
  await one("mismatch.txt", "failed");

  // S3 repeats the whole request, signature included, in some of its errors.
  lab.store.on(
    "PUT",
    (exchange) => {
      const signature = new URLSearchParams(exchange.request.url.split("?")[1]).get("X-Amz-Signature");
      return s3Error(
        403,
        "SignatureDoesNotMatch",
        "No match.</Message><CanonicalRequest>PUT " + exchange.request.url.replaceAll("&", "&amp;") + `</CanonicalRequest><SignatureProvided>${signature}</SignatureProvided><Message>`,
      )(exchange);
    },
    { times: 1 },
  );
  await one("echo.txt", "failed");

  lab.store.on("PUT", cut(), { times: 1 });
  await one("cut.txt", "completed");

  lab.store.on("PUT", s3Error(500, "InternalError", "Sorry."), { times: 1 });
  await one("ill.txt", "completed");

  // An address that no browser takes, and a header that none sends.
  for (const [name, edit] of [
    ["url.txt", (grant) => ({ ...grant, url: grant.url.replace("http://127.0.0.1", "http://exa mple") })],
    ["header.txt", (grant) => ({ ...grant, headers: { "bad header\n": "x" } })],
    ["scheme.txt", (grant) => ({ ...grant, url: grant.url.replace("http:", "gopher:") })],
  ]) {
    lab.backend.on(
      ["POST", "/uploads"],
      respond(async (_, body) => {
        const answer = await fetch(`${lab.server.url}/uploads`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
        });
        const grant = await answer.json();
        secrets.add(new URL(grant.url).searchParams.get("X-Amz-Signature"));
        return { body: edit(grant) };
      }),
      { times: 1 },
    );
    await one(name, "failed");
  }

  const said = await heard(page);
  expect(secrets.size).toBeGreaterThanOrEqual(8);
  expect(JSON.parse(said.events).length).toBeGreaterThan(10);
  const log = lab.server.log.join("\n");
  expect(log).toContain("/uploads");
  for (const signature of secrets) expect(signature).toMatch(/^[0-9a-f]{64}$/);
  expect(leaks({ ...said, log }, secrets)).toEqual([]);
  // Upload ids allow to confirm and to delete: they are no business of a log either.
  for (const { path } of lab.backend.requests(["POST", /\/complete$/])) expect(log).not.toContain(path.split("/")[2]);
});
