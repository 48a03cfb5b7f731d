// The fault table as data: which fault at which step against which backend, and what comes of it. `docs/faults.md` is
// rendered from this module by `render.mjs`, and the specs of this folder run every cell.

/** The requests of an upload. `side` is who answers. */
export const STEPS = {
  create: { title: "create", side: "backend" },
  put: { title: "PUT", side: "store" },
  form: { title: "POST form", side: "store" },
  sign: { title: "sign", side: "backend" },
  part: { title: "part", side: "store" },
  list: { title: "list", side: "backend" },
  complete: { title: "complete", side: "backend" },
  abort: { title: "abort", side: "backend" },
};

/** The backends, and the steps that each has. */
export const BACKENDS = {
  native: {
    title: "The project's server",
    steps: ["create", "put", "form", "sign", "part", "list", "complete", "abort"],
    note: "The server in `server/`, asked from another origin. It confirms each file.",
  },
  companion: {
    title: "Companion",
    steps: ["create", "put", "form", "sign", "part", "list", "complete", "abort"],
    note: "A file in one request is not confirmed: there is no such question.",
  },
  "better-upload": {
    title: "better-upload",
    steps: ["create", "put", "part", "complete"],
    note:
      "It has no form. It signs all parts with its first answer and lists none. The browser completes at the store. " +
      "Abort is a request to the store as well, which the embedded store's CORS rule does not allow.",
  },
  auto: {
    title: "Any JSON with an address (`auto`), without an `id`",
    steps: ["create", "put", "form"],
    note: "Without an `id` nothing is signed later, listed, completed or aborted.",
  },
  presign: {
    title: "The page's `presign` function",
    steps: ["create", "put", "form", "sign", "part", "list", "complete", "abort"],
    note:
      "The function uses `fetch` and throws an error with a `status` for an answer that is not a 2xx. Of a fetch that " +
      "failed, the widget knows no more than the function does.",
  },
};

/** Cells of the first table that need no browser: statuses that the page can read, of which others of the same kind stay in
 * the browser. `src/uploader/tests/fault_table.rs` runs them. */
const NATIVE = { faults: ["429", "502", "520", "524", "530", "598"], backends: ["native", "companion", "auto"] };

export function runsNatively(fault, backend) {
  return NATIVE.faults.includes(fault) && NATIVE.backends.includes(backend);
}

/** The side that answers a step of a backend. */
export function sideOf(backend, step) {
  return backend === "better-upload" && step === "complete" ? "store" : STEPS[step].side;
}

/** The faults. `bytes`: exists only where a file's bytes are sent. `times`: how many requests meet it in the first table,
 * where it is not 2. */
export const FAULTS = {
  500: { title: "500" },
  502: { title: "502, an HTML page" },
  503: { title: "503 with `Retry-After: 1`" },
  429: { title: "429 with `Retry-After: 1`" },
  520: { title: "520" },
  522: { title: "522" },
  524: { title: "524" },
  530: { title: "530" },
  598: { title: "598" },
  "502-bare": { title: "502 without CORS headers" },
  "502-all-bare": { title: "502 without CORS headers, the preflight too" },
  "522-bare": { title: "522 without CORS headers" },
  "429-bare": { title: "429 without CORS headers" },
  "413-bare": { title: "413 without CORS headers" },
  413: { title: "413" },
  html: { title: "200, an HTML page" },
  empty: { title: "200, empty", times: 1 },
  login: { title: "a redirect to a sign-in page of the same host" },
  elsewhere: { title: "a redirect to a sign-in page of another host, without CORS headers" },
  reset: { title: "connection reset" },
  refused: { title: "connection refused", times: 3 },
  body: { title: "connection cut in the body", bytes: true },
  lost: { title: "request carried out, connection reset instead of the answer" },
  truncated: { title: "request carried out, answer shorter than its `Content-Length`", times: 1 },
  hang: { title: "no answer", times: 1 },
  drip: { title: "answer byte by byte", times: 1 },
};

export const UPLOADED = "uploaded";
export const WAITS = "waits, then uploaded";
export const CANCELLED = "cancelled, nothing left";
export const LEFT = "cancelled, parts left";
export const TRUSTED = "taken as done";
export const STILL = "waits";
export const fails = (code) => `fails: \`${code}\``;

/** Exceptions from the rule of a table: `[faults, steps, backends, outcome]`; `*` is all. The last that matches counts. */
const TRANSIENT = [
  // A single failure is tried again before anybody is told to wait; the others are no failures of the whole side.
  ["hang drip lost truncated body empty", "*", "*", UPLOADED],
  // Two parts that fail together count once, and one that arrives shows that the store answers.
  ["*", "part", "*", UPLOADED],
  // A readable refusal is final.
  ["413", "create sign list complete", "*", fails("backend-refused")],
  ["413", "put form part", "*", fails("store-refused")],
  ["413", "complete", "better-upload", fails("store-refused")],
  // Everything but the bytes goes through.
  ["413-bare", "put form", "*", UPLOADED],
  // An empty answer is a yes by many stores and backends. Where somebody can be asked whether the file is there, that decides.
  // Parts are listed after an empty yes to a complete: what was put together has no list.
  ["empty", "put form", "companion better-upload auto presign", TRUSTED],
  // It lists no parts, and its complete needs every ETag.
  ["empty", "part", "better-upload", fails("missing-etag")],
  ["*", "abort", "*", CANCELLED],
  ["413", "abort", "*", LEFT],
  ["empty", "abort", "*", TRUSTED],
];

const LASTING = [
  ["502-bare 502-all-bare", "create put", "*", fails("blocked-cors")],
  ["502-bare 502-all-bare", "create", "presign", STILL],
  ["413-bare", "put", "*", fails("cut-off")],
  ["html login", "create put", "*", fails("web-page")],
  ["413", "create complete", "*", fails("backend-refused")],
  ["413", "put", "*", fails("store-refused")],
  ["body", "put", "*", fails("cut-off")],
  ["empty", "create", "native auto presign", fails("malformed-answer")],
  ["empty", "complete", "native companion", fails("malformed-answer")],
  ["empty", "complete", "presign", TRUSTED],
  ["empty", "put", "auto", TRUSTED],
  // The server says that the file has not arrived, twice.
  ["empty", "put", "native", fails("backend-refused")],
];

/** The faults, steps and backends of the second table. */
export const LASTING_FAULTS = ["503", "522", "502-bare", "502-all-bare", "413", "413-bare", "html", "empty", "login", "elsewhere", "reset", "refused", "body", "hang"];
export const LASTING_STEPS = { native: ["create", "put", "complete"], companion: ["complete"], auto: ["create", "put"], presign: ["create"] };

/** True if the browser sends a preflight before a request of this step: not before a GET or a form. */
function hasPreflight(step, backend) {
  if (step === "form") return false;
  if (backend === "companion") return !["create", "sign", "list"].includes(step);
  return step !== "list";
}

/** True if such a fault exists at a step. */
export function exists(fault, step, backend) {
  if (!BACKENDS[backend].steps.includes(step)) return false;
  if (FAULTS[fault].bytes && !["put", "form", "part"].includes(step)) return false;
  return fault !== "502-all-bare" || hasPreflight(step, backend);
}

/** The number of requests that meet a fault in the first table. Two parts are sent at a time. */
export function times(fault, step) {
  const { times = 2 } = FAULTS[fault];
  return step === "part" && times > 1 ? 2 * times : times;
}

const names = (list, name) => list === "*" || list.split(" ").includes(name);

function outcome(exceptions, rule, fault, step, backend) {
  const found = exceptions.findLast(
    ([faults, steps, backends]) => names(faults, fault) && names(steps, step) && names(backends, backend),
  );
  return found ? found[3] : rule;
}

/** The outcome of a fault that the first requests of a step meet; `undefined` where there is no such cell. */
export function transient(fault, step, backend) {
  return exists(fault, step, backend) ? outcome(TRANSIENT, WAITS, fault, step, backend) : undefined;
}

/** The outcome of a fault that every request of a step meets; `undefined` where there is no such cell. */
export function lasting(fault, step, backend) {
  const has = LASTING_FAULTS.includes(fault) && LASTING_STEPS[backend]?.includes(step) && exists(fault, step, backend);
  return has ? outcome(LASTING, STILL, fault, step, backend) : undefined;
}
