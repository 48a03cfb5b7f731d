// The second wasm, which has the causes of failures, the named protocols and what a page's own `presign` needs: when it is
// loaded, and what happens without it.
import { readFile } from "node:fs/promises";
import { respond } from "./faults.mjs";
import { sha256of, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

const CREATE = ["POST", "/uploads"];
const LAZY = ["GET", /^\/s3-upload-core_lazy\.wasm/];
const GONE = respond({ status: 404, headers: { "content-type": "text/plain" }, body: "not found" });
const REFUSES = respond({ status: 403, body: { error: { code: "quota", message: "Your quota is used up." } } });
const loads = (lab) => lab.backend.count(LAZY);
const file = (name) => ({ name, type: "text/plain", text: "hello" });

/** The texts of the console. */
function said(page) {
  const texts = [];
  page.on("console", (message) => texts.push(message.text()));
  return texts;
}

test("an upload by the default protocol does not load it, and the first failure loads it once", async ({ lab, page }) => {
  const widget = await lab.open(page);
  await widget.add(file("a.txt"));
  await widget.arrived("a.txt");
  expect(loads(lab)).toBe(0);
  lab.backend.on(CREATE, REFUSES, { times: 2 });
  for (const name of ["b.txt", "c.txt"]) {
    await widget.add(file(name));
    await widget.comesTo(widget.row(name), "failed");
  }
  expect(loads(lab)).toBe(1);
  const [{ error }] = await widget.events("error");
  expect(error).toMatchObject({ cause: "the backend refused the request (403).", message: "Your quota is used up." });
});

test("a named protocol loads it before a file is chosen", async ({ lab, page }) => {
  await lab.open(page, '<s3-upload endpoint="/s3" protocol="companion"></s3-upload>');
  await expect.poll(() => loads(lab)).toBe(1);
});

test("without it an upload fails with its message, and the console names the file once", async ({ lab, page }) => {
  lab.backend.on(LAZY, GONE, { times: Infinity });
  lab.backend.on(CREATE, REFUSES, { times: 2 });
  const texts = said(page);
  const widget = await lab.open(page);
  for (const name of ["a.txt", "b.txt"]) {
    await widget.add(file(name));
    await widget.comesTo(widget.row(name), "failed");
    await expect(widget.status(widget.row(name))).toHaveText("Your quota is used up.");
  }
  const events = await widget.events("error");
  expect(events.map(({ error }) => [error.code, error.cause])).toEqual([["backend-refused", undefined], ["backend-refused", undefined]]);
  expect(texts.filter((text) => text.includes("s3-upload-core_lazy.wasm") && text.startsWith("<s3-upload>"))).toHaveLength(1);
  await widget.add(file("c.txt"));
  const result = await widget.arrived("c.txt");
  expect(await stored(lab, result.key)).toBe(sha256of("hello"));
});

test("an upload that needs it waits until it can be loaded", async ({ lab, page }) => {
  lab.backend.on(LAZY, GONE, { times: 3 });
  const widget = await lab.open(page);
  await widget.host.evaluate((host) => {
    host.presign = async (file) => {
      const answer = await fetch("/uploads", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name: file.name, type: file.type, size: file.size, accepts: ["put"] }),
      });
      return answer.json();
    };
  });
  await widget.add(file("a.txt"));
  const { key } = await widget.arrived("a.txt");
  expect(loads(lab)).toBe(4);
  expect(await stored(lab, key)).toBe(sha256of("hello"));
});

test("one of another version is refused, and not called", async ({ lab, page }) => {
  const bytes = await readFile(`${process.env.S3_UPLOAD_DIST}/s3-upload-core_lazy.wasm`);
  const other = Buffer.from(bytes.toString("latin1").replaceAll(/s3u_[0-9a-f]{8}/g, "s3u_00000000"), "latin1");
  expect(other.equals(bytes)).toBe(false);
  const wasm = respond({ headers: { "content-type": "application/wasm" }, body: other });
  lab.backend.on(LAZY, wasm, { times: Infinity });
  lab.backend.on(CREATE, REFUSES);
  const texts = said(page);
  const widget = await lab.open(page);
  await widget.add(file("a.txt"));
  await widget.comesTo(widget.row("a.txt"), "failed");
  expect(texts.join("\n")).toMatch(/<s3-upload>: s3-upload-core_lazy\.wasm is not loaded.*s3u_00000000/);
  await widget.add(file("b.txt"));
  await widget.arrived("b.txt");
});
