// Other people's programs under test: where they are, how they are started, and that they end. It refuses to guess a
// program: `cargo xtask test` names each in the environment, or says there why this machine has none.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const children = new Set();
process.once("exit", () => children.forEach((child) => child.kill("SIGKILL")));

/** `{ program }` or `{ missing: reason }`. Names are `NODE`, `PYTHON`, `RUBY`, `GO`; Go's is the folder of what it compiled. */
export function tool(name) {
  if (name === "NODE") return { program: process.execPath };
  const program = process.env[`S3_UPLOAD_${name}`];
  const missing = process.env[`S3_UPLOAD_${name}_MISSING`];
  if (!program && !missing) throw new Error(`S3_UPLOAD_${name} is not set; run these tests with: cargo xtask test --only e2e`);
  return program ? { program } : { missing };
}

/** Starts a program and waits for the line that `ready` matches; its first group is the address. What is started ends by
 * `stop`, or when its standard input does, or with this process. */
export async function launch(program, args, { env = {}, cwd, ready = /^Ready: (http:\/\/[^\s/]+)/ } = {}) {
  // Nothing of the person's own AWS account, and no warning that a future SDK will want a newer Node.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const child = spawn(program, args, {
    cwd,
    env: {
      ...Object.fromEntries(own),
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ...env,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.add(child);
  child.stdin.on("error", () => {});
  const ended = once(child, "exit");
  ended.then(() => children.delete(child)).catch(() => {});
  const log = [];
  const url = await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        log.push(line);
        const found = line.match(ready);
        if (found) resolve(found[1]);
      });
    }
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${log.join("\n")}`)));
  });
  return {
    url,
    log,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      // A process that ignores the signal is killed.
      const patience = setTimeout(() => child.kill("SIGKILL"), 3_000);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** Starts a program that cannot choose a port itself: `start(port)` launches it, once more if another was faster. */
export async function onFreePort(start) {
  for (let tries = 3; ; tries -= 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (tries === 1 || !/in use/i.test(error.message)) throw error;
    }
  }
}

/** A port that is free now, and not one of those that the system hands to everybody else. */
async function freePort() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
