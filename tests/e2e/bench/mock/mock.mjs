// The mock for its users: each call goes to the mock's process.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Starts a mock whose site has these files: `{ name, content }`. */
export async function startMock(files) {
  const child = fork(fileURLToPath(new URL("process.mjs", import.meta.url)), { serialization: "advanced" });
  const open = new Map();
  let last = 0;
  const call = (name, argument) =>
    new Promise((resolve, reject) => {
      open.set((last += 1), { resolve, reject });
      child.send({ id: last, call: name, argument });
    });
  child.on("message", ({ id, result, error }) => {
    const { resolve, reject } = open.get(id);
    open.delete(id);
    if (error) reject(new Error(`the mock: ${error}`));
    else resolve(result);
  });
  child.on("exit", (code) => {
    for (const { reject } of open.values()) reject(new Error(`the mock ended with ${code}`));
  });
  await call("start", files);
  return {
    begin: (conditions) => call("begin", conditions),
    count: () => call("count"),
    report: () => call("report"),
    async stop() {
      await call("stop");
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
