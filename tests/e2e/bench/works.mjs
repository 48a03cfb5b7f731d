// The works that are measured. A work has its files, the protocol of the backend, and the conditions of the mock.

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** The size above which a file is sent in parts. */
const THRESHOLD = 5 * MIB;
const NO_DELAYS = { backend: 0, store: 0 };
const PART_DELAYS = { backend: 50, store: 200 };
const FORM_DELAYS = { backend: 20, store: 30 };

const small = (count, size, more) => ({ files: { count, size }, ...more });
const large = (size, more) => ({ files: { count: 1, size, isOnDisk: true }, ...more });

/** - `name` and `title`: of the option `--only`, and of the table
 * - `files`: their number and size; one on disk is sparse
 * - `protocol`: that of the backend. Large files of Uppy go by Companion, and better-upload speaks its own protocol
 * - `delays`: until the backend answers, and the store, in milliseconds
 * - `faults`: the share of requests that fail
 * - `link`: the conditions of a slow link, see `mock/link.mjs`
 * - `partSize`: of all competitors; otherwise each chooses its own. `isOwnChoice`: the widget does so nevertheless
 * - `isReal`: the backend and store are the project's own server
 * - `rounds`: the most
 * - `minutes`: one measurement takes no longer */
const WORKS = [
  large(GIB, { name: "large", title: "one file of 1 GiB" }),
  large(60 * MIB, { name: "parts", title: "60 MiB in 12 parts; sign +50 ms, PUT +200 ms", delays: PART_DELAYS, partSize: 5 * MIB }),
  large(60 * MIB, { name: "own-parts", title: "60 MiB in parts of the widget's own choice; sign +50 ms, PUT +200 ms", delays: PART_DELAYS, partSize: 5 * MIB, isOwnChoice: true }),
  small(200, 10 * KIB, { name: "forms", title: "200 forms of 10 KiB by Companion; sign +20 ms, POST +30 ms", delays: FORM_DELAYS, protocol: "companion" }),
  small(200, 10 * KIB, { name: "files-200-delays", title: "200 files of 10 KiB; sign +20 ms, PUT +30 ms", delays: FORM_DELAYS }),
  small(500, 10 * KIB, { name: "files-500-delays", title: "500 files of 10 KiB; sign +20 ms, PUT +30 ms", delays: FORM_DELAYS }),
  small(200, 10 * KIB, { name: "files-200", title: "200 files of 10 KiB" }),
  small(500, 10 * KIB, { name: "files-500", title: "500 files of 10 KiB" }),
  small(500, 10 * KIB, { name: "server-500", title: "500 files of 10 KiB by this project's server and its store", isReal: true }),
  small(5000, KIB, { name: "many", title: "5,000 files of 1 KiB" }),
  small(5000, KIB, { name: "many-faults", title: "5,000 files of 1 KiB; 5 % of all requests fail", faults: 0.05 }),
  large(30 * MIB, {
    name: "link",
    title: "30 MiB by a link of 5 MiB/s with a round trip of 100 ms, whose connections are reset after 32 MiB on average",
    link: { latency: 50, up: 5 * MIB, lives: 32 * MIB },
    partSize: 5 * MIB,
  }),
  large(10 * GIB, { name: "memory", title: "one sparse file of 10 GiB", rounds: 1, minutes: 20 }),
];

/** The works of the smoke test. The others differ from them in numbers only. */
const SMOKE = ["parts", "own-parts", "forms", "files-200", "server-500", "many-faults", "link"];

/** The works with all their values. Those of the smoke test have the same conditions and few bytes. */
export function works({ isSmoke = false } = {}) {
  return WORKS.filter(({ name }) => !isSmoke || SMOKE.includes(name)).map((work) => {
    const { files, faults = 0, link } = work;
    const few = { ...files, count: Math.min(files.count, 8), size: Math.min(files.size, 11 * MIB) };
    return {
      protocol: "native",
      delays: NO_DELAYS,
      minutes: 5,
      threshold: THRESHOLD,
      isLarge: files.size > THRESHOLD,
      isFaulty: faults > 0 || link !== undefined,
      ...work,
      ...(isSmoke && { files: few, link: link && { ...link, up: 20 * MIB }, faults: faults && 0.2 }),
    };
  });
}
