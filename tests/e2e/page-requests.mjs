// The requests of a page's scripts, in the order in which the page sends them and by the page's own clock. Events of the
// browser arrive in the test later, and in another order.

/** Runs in the page, before its scripts. */
export function record() {
  const log = (window.requestLog = []);
  const begun = (method, url) => {
    const entry = { method: method.toUpperCase(), url: new URL(url, location.href).href, at: Date.now(), open: true };
    log.push(entry);
    return () => (entry.open = false);
  };
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.requestLogEntry = [method, url];
    return open.call(this, method, url, ...rest);
  };
  XMLHttpRequest.prototype.send = function (body) {
    this.addEventListener("loadend", begun(...this.requestLogEntry));
    return send.call(this, body);
  };
  const { fetch } = window;
  window.fetch = (input, options) => {
    const request = input instanceof Request ? input : undefined;
    const ended = begun(options?.method ?? request?.method ?? "GET", request?.url ?? input);
    const answer = fetch(input, options);
    // The page reads the body after the headers.
    answer.then((response) => response.clone().text()).then(ended, ended);
    return answer;
  };
}

/** The time after which a missing answer is taken for one that never comes, in ms. */
const PATIENCE = 5_000;

/** Waits until the page has the answers to its requests, but for those that never come. Before the page's clock is moved
 * on: a request whose answer is on its way would else run into its limit of time. */
export async function quiet(page) {
  let before;
  let since = performance.now();
  for (;;) {
    const log = await page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return window.requestLog.map(({ open }) => (open ? "open" : "")).join();
    });
    if (log !== before) since = performance.now();
    if (!log.includes("open") || performance.now() - since > PATIENCE) return;
    before = log;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class PageRequests {
  #page;

  constructor(page) {
    this.#page = page;
  }

  /** The URLs of the requests that have no answer yet, after a frame and a task of the page, in which it can act on the
   * answers that came. */
  async open() {
    return this.#page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return window.requestLog.filter(({ open }) => open).map(({ url }) => url);
    });
  }

  /** `{ method, url, at, open }` of each request to this origin so far; `at` in ms by the page's clock. */
  async to(origin) {
    const log = await this.#page.evaluate(() => window.requestLog);
    return (log ?? []).filter(({ url }) => url.startsWith(`${origin}/`));
  }
}
