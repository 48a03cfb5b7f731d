// The server under test, with its embedded store: one for each Playwright worker, on ports of its own, with a folder of
// its own. Specs import `test` and `expect` from here.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test as base } from "@playwright/test";

export { expect } from "@playwright/test";

export const test = base.extend({
  /** `{ url, store, data, log }` of the worker's server: its page, its S3, its folder, and what it has written. */
  server: [
    async ({}, use) => {
      const server = await start();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),
});

/** The servers that are up. */
export const running = new Set();

/** Those that ended, until their logs were looked at. */
export const ended = new Set();

/** Starts a server; `extra` are more arguments for its command line, `env` more of its environment, and `site` is the folder
 * of its pages. */
export async function start({ extra = [], env = {}, site = needed("S3_UPLOAD_DIST") } = {}) {
  const binary = needed("S3_UPLOAD_SERVER");
  const data = await mkdtemp(join(tmpdir(), "s3-upload-e2e-"));
  const child = spawn(
    binary,
    ["--embedded", "--site", site, "--port", "0", "--store-port", "0", "--data", data, ...extra],
    { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const log = [];
  const said = {};
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const [, what, url] = line.match(/^(Store|Ready): (http:\/\/[^\s/]+)/) ?? [];
        if (what) said[what] = url;
        if (said.Ready) resolve();
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${log.join("\n")}`)));
  });
  const server = {
    url: said.Ready,
    store: said.Store,
    data,
    log,
    async stop() {
      running.delete(server);
      ended.add(server);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
      }
      await rm(data, { recursive: true, force: true });
    },
  };
  running.add(server);
  return server;
}

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run these tests with: cargo xtask test --only e2e`);
  return value;
}
