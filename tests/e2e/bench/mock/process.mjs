// The mock's process. It is one of its own, so that what measures the browser does not delay the answers.
import { start, stop } from "../../bench-shared/servers.mjs";
import { Backend } from "./backend.mjs";
import { Faults } from "./faults.mjs";
import { Link } from "./link.mjs";
import { Store } from "./store.mjs";

const counts = { preflight: 0, backend: 0, store: 0 };
const faults = new Faults();
const store = new Store(counts, faults);
let backend;
let direct;
let link;

const CALLS = {
  /** Starts the servers, with these files for the pages. */
  async start(files) {
    backend = new Backend(store, counts, faults, files);
    direct = { site: await start(backend.server), store: await start(store.server) };
    backend.storeUrl = direct.store;
  },

  /** Forgets the last measurement, and takes the conditions of the next. Returns the site's address. */
  async begin({ delays, faults: rate = 0, link: conditions, partSize, seed }) {
    faults.begin({ rate, seed });
    store.begin({ put: delays.store });
    backend.begin({ backend: delays.backend, partSize });
    link?.stop();
    link = conditions && new Link({ ...conditions, seed });
    const through = (url) => (link ? start(link.to(new URL(url).port)) : url);
    store.url = await through(direct.store);
    const url = await through(direct.site);
    return { url };
  },

  /** Counts from now on. */
  async count() {
    for (const name of Object.keys(counts)) counts[name] = 0;
  },

  /** The requests since `count`, and the objects: the parts of each, with the file's name. */
  async report() {
    const objects = [...store.objects].map(([key, parts]) => ({ name: decodeURIComponent(key.split("/").at(-1)), parts }));
    return { counts, objects };
  },

  async stop() {
    link?.stop();
    await stop(backend.server, store.server);
  },
};

process.on("message", async ({ id, call, argument }) => {
  try {
    process.send({ id, result: await CALLS[call](argument) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
// The mock ends with the process that started it.
process.on("disconnect", () => process.exit());
