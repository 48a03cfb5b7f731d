// A fresh project with the packed package, its development server, its build, and an upload in a browser.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { expect } from "@playwright/test";
import { stored } from "../files.mjs";
import { test as base } from "../server.mjs";

export { expect };

/** The packed package. */
export const PACKAGE = needed("EMBED_PACKAGE");

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run these tests with: cargo xtask test --only embed`);
  return value;
}

const environment = {
  ...process.env,
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  npm_config_prefer_offline: "true",
  NG_CLI_ANALYTICS: "false",
  NEXT_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
  // The starters ask nothing without a terminal. `CI` is not set, since some servers end then.
  FORCE_COLOR: undefined,
};

/** Runs a program to its end, and returns what it wrote. An error has its output. */
export function run(folder, program, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${output}`));
    });
  });
}

export class Project {
  #servers = [];

  /** A folder without a project. */
  static async empty(name) {
    const project = new Project();
    project.parent = needed("EMBED_PROJECTS");
    project.folder = join(project.parent, name);
    await rm(project.folder, { recursive: true, force: true });
    await mkdir(project.parent, { recursive: true });
    return project;
  }

  /** A project that a starter of npm makes: `npm create STARTER NAME OPTIONS`. */
  static async created(name, starter, ...options) {
    const project = await Project.empty(name);
    await run(project.parent, "npm", "create", "--yes", starter, name, ...options);
    return project;
  }

  /** A project with these files only. */
  static async of(name, files) {
    const project = await Project.empty(name);
    await project.write({ "package.json": `{"name": "${name}", "private": true, "type": "module"}`, ...files });
    return project;
  }

  /** Writes files, by their paths in the project. */
  async write(files) {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }

  read(path) {
    return readFile(join(this.folder, path), "utf8");
  }

  /** Installs what the project depends on, the packed package, and more packages. */
  async install(...packages) {
    await run(this.folder, "npm", "install", PACKAGE, ...packages);
  }

  /** Runs a program of the project's packages. */
  exec(program, ...args) {
    return run(this.folder, join(this.folder, "node_modules/.bin", program), ...args);
  }

  /** Starts a server, whose last arguments are those of `at(port)`. Returns its address when it answers. */
  async serve(program, at) {
    const port = await freePort();
    const child = spawn(join(this.folder, "node_modules/.bin", program), at(String(port)), {
      cwd: this.folder,
      env: environment,
      // Some servers end when their input ends.
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own, since servers start others.
      detached: true,
    });
    this.#servers.push(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
    const url = `http://127.0.0.1:${port}/`;
    const answers = async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      const answer = await fetch(url).catch(() => null);
      return answer?.ok;
    };
    try {
      await expect.poll(answers, { timeout: 180_000 }).toBe(true);
    } catch (error) {
      throw new Error(`${program} does not answer at ${url}:\n${output}`, { cause: error });
    }
    return url;
  }

  /** Serves a built folder as a web server does. Returns its address. */
  async host(folder, pages = {}) {
    const root = join(this.folder, folder);
    const server = createServer(async (request, response) => {
      const path = new URL(request.url, "http://localhost").pathname;
      const name = path.endsWith("/") ? `${path}index.html` : path;
      try {
        const content = pages[name] ?? (await readFile(join(root, normalize(name))));
        response.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream" }).end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#servers.push(server);
    return `http://127.0.0.1:${server.address().port}/`;
  }

  async stop() {
    for (const server of this.#servers) {
      if (server.close) {
        server.closeAllConnections();
        server.close();
      } else if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((resolve) => server.once("exit", resolve));
        process.kill(-server.pid, "SIGKILL");
        await ended;
      }
    }
  }

  /** Fails unless a built folder has the widget once: each wasm, as a file (`asset`) or in a script, and the glue. */
  async hasOneCore(folder, { asset }) {
    const found = { wasm: [], glue: [] };
    const root = join(this.folder, folder);
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath ?? entry.path, entry.name);
      if (!entry.isFile() || file.endsWith(".map")) continue;
      const content = await readFile(file);
      if (content.subarray(0, 4).equals(WASM)) found.wasm.push(file);
      if (!/\.[cm]?js$/.test(file)) continue;
      const text = content.toString();
      // The first characters of wasm in base64, compressed by gzip or not.
      for (const _ of text.matchAll(/["'`](H4sI|AGFzbQ)[A-Za-z0-9+/]{1000}/g)) found.wasm.push(file);
      for (const _ of text.matchAll(/failed to fetch Wasm/g)) found.glue.push(file);
    }
    expect(found.wasm, `the two wasm in ${folder}`).toHaveLength(2);
    for (const file of found.wasm) expect(file.endsWith(".wasm"), `${file} is a file of its own`).toBe(asset);
    expect(found.glue, `the glue in ${folder}`).toHaveLength(1);
  }
}

const WASM = Buffer.from("\0asm");

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Uploads a file on a page of the project. The page's own listener shows the key of the stored object in `#key`. */
export async function uploads(page, url, server) {
  const wrong = [];
  page.removeAllListeners();
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  await page.goto(url);
  const input = page.locator("s3-upload input.s3u-input");
  await expect(input, wrong.join("\n")).toBeAttached();
  const key = page.locator("#key");
  const arrives = async () => {
    const bytes = randomBytes(300_000);
    const before = await key.textContent();
    await input.setInputFiles({ name: "a.bin", mimeType: "application/octet-stream", buffer: bytes });
    await expect(key, wrong.join("\n")).not.toHaveText(before);
    expect(await stored(server, await key.textContent())).toBe(createHash("sha256").update(bytes).digest("hex"));
  };
  await arrives();
  // The code for `presign` is in the wasm that is loaded later.
  await page.locator("s3-upload").evaluate((host) => {
    host.presign = async ({ name, type, size }) => {
      const body = JSON.stringify({ name, type, size, accepts: ["put"] });
      const answer = await fetch(host.endpoint, { method: "POST", headers: { "content-type": "application/json" }, body });
      const { id, ...grant } = await answer.json();
      return grant;
    };
  });
  await arrives();
  expect(wrong.filter((text) => !text.includes("favicon") && !text.startsWith("[vite]"))).toEqual([]);
}

export const test = base.extend({
  /** Makes projects whose servers end with the test. */
  projects: async ({}, use) => {
    const made = [];
    const keep = async (promise) => {
      const project = await promise;
      made.push(project);
      return project;
    };
    await use({
      keep,
      created: (...args) => keep(Project.created(...args)),
      of: (...args) => keep(Project.of(...args)),
    });
    for (const project of made) await project.stop();
  },
});
