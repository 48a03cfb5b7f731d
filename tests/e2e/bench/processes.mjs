// The memory and processor time of a process and all that it started, from Linux's /proc.
import { readdir, readFile } from "node:fs/promises";

/** The length of a clock tick of /proc: Linux has 100 a second on all machines. */
const TICK = 1 / 100;
const INTERVAL = 250;

/** `{ pss, cpu }`: the proportional set size of all processes in bytes, in which shared memory counts once, and the
 * seconds of processor time of each, by its id. */
export async function look(root) {
  const stats = new Map();
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    // The name of a program may have spaces and brackets.
    const [, parent, ...rest] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
    if (stat) stats.set(Number(pid), { parent: Number(parent), cpu: (Number(rest[9]) + Number(rest[10])) * TICK });
  }
  const isInTree = (pid) => {
    for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) if (at === root) return true;
    return false;
  };
  const cpu = new Map();
  let pss = 0;
  for (const [pid, stat] of stats) {
    if (!isInTree(pid)) continue;
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    pss += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
    cpu.set(pid, stat.cpu);
  }
  return { pss, cpu };
}

/** Waits until the processes rest, for ten seconds at most. */
export async function rest(root) {
  let before = await look(root);
  for (let left = 40; left > 0; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    const now = await look(root);
    if (spent(before, now) <= 2 * TICK && Math.abs(now.pss - before.pss) < 2 ** 20) return;
    before = now;
  }
}

/** Watches the processes until `stop`, which returns `{ memory, cpu }`: the most memory above that of the start, in bytes,
 * and the seconds of processor time. */
export async function watch(root) {
  const start = await look(root);
  let last = start;
  let most = start.pss;
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(again);
  }, INTERVAL);
  const again = async () => {
    const now = await look(root);
    // A process that ended keeps its last value.
    last = { pss: now.pss, cpu: new Map([...last.cpu, ...now.cpu]) };
    most = Math.max(most, now.pss);
  };
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      await again();
      return { memory: most - start.pss, cpu: spent(start, last) };
    },
  };
}

/** The seconds between two looks. */
function spent(before, after) {
  let total = 0;
  for (const [pid, cpu] of after.cpu) total += cpu - (before.cpu.get(pid) ?? 0);
  return total;
}
