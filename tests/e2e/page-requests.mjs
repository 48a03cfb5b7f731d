// The requests of a page's scripts, in the order in which the page sends them and by the page's own clock. Events of the
// browser arrive in the test later, and in another order.

function record() {
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
    answer.then(ended, ended);
    return answer;
  };
}

export class PageRequests {
  #page;

  /** Before the page is opened. */
  static async watch(page) {
    await page.addInitScript(record);
    const requests = new PageRequests();
    requests.#page = page;
    return requests;
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
