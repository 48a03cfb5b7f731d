// The part of the benchmark that runs in the page. `install` is sent there as text, before the page's own scripts, and uses
// nothing outside of itself.

/** Defines `bench`, by which the benchmark measures this side: `widget` or `uppy`. */
export function install(side) {
  const SIDES = {
    widget: {
      button: "[part=browse]",
      row: "[part=file]",
      root: () => document.querySelector("s3-upload")?.shadowRoot,
      ready: () => document.querySelector("s3-upload").ready,
      events: { taken: "upload-add", success: "upload-success", errors: ["upload-error", "upload-load-error"] },
      on: (event, act) => document.addEventListener(event, ({ detail }) => act(detail.error?.message ?? detail.message)),
      count: () => document.querySelector("s3-upload").files.length,
    },
    uppy: {
      button: ".uppy-Dashboard-browse",
      row: ".uppy-Dashboard-Item",
      root: () => document.querySelector("#dashboard"),
      ready: async () => {},
      events: { taken: "file-added", success: "upload-success", errors: ["upload-error"] },
      on: (event, act) => uppy.on(event, (_, error) => act(error?.message)),
      count: () => uppy.getFiles().length,
    },
  };
  const { button, row, root, ready, events, on, count } = SIDES[side];
  const find = (selector) => root()?.querySelector(selector);

  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
  const task = () => new Promise((resolve) => setTimeout(resolve));

  /** The number of requests of scripts. */
  let requests = 0;
  /** The time when the first PUT is passed to the browser. */
  const put = new Promise((resolve) => {
    const see = (method) => {
      requests += 1;
      if (method?.toUpperCase() === "PUT") resolve(performance.now());
    };
    const { fetch } = globalThis;
    globalThis.fetch = function (resource, options) {
      see(options?.method ?? resource?.method);
      return fetch.call(this, resource, options);
    };
    const { open, send } = XMLHttpRequest.prototype;
    const methods = new WeakMap();
    XMLHttpRequest.prototype.open = function (method, ...rest) {
      methods.set(this, method);
      return open.call(this, method, ...rest);
    };
    XMLHttpRequest.prototype.send = function (body) {
      see(methods.get(this));
      return send.call(this, body);
    };
  });

  const shifts = [];
  new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });

  /** Waits until an element has a box, and until the frame that shows it is over. */
  async function visible(selector) {
    const hasBox = () => {
      const box = find(selector)?.getBoundingClientRect();
      return box?.width > 0 && box.height > 0;
    };
    while (!hasBox()) await frame();
    return frame();
  }

  /** Waits until no frame is late for half a second. */
  async function settled() {
    let last = await frame();
    for (let since = last; last - since < 500; ) {
      const now = await frame();
      if (now - last > 100) since = now;
      last = now;
    }
  }

  async function complete() {
    await visible(button);
    await ready();
    await settled();
  }

  /** Puts files into the input. The function that is returned tells the page so, as the file picker does. */
  function putIntoInput(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    const input = find("input[type=file]");
    input.files = transfer.files;
    return () => input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** The times when this number of files is taken, and of the first success, which an error rejects. */
  function outcome(wanted) {
    let taken = 0;
    return {
      taken: new Promise((resolve) => on(events.taken, () => (taken += 1) === wanted && resolve(performance.now()))),
      success: new Promise((resolve, reject) => {
        on(events.success, () => resolve(performance.now()));
        for (const event of events.errors) on(event, (message) => reject(new Error(`${event}: ${message}`)));
      }),
    };
  }

  const example = (name) => new File([new Uint8Array(10 * 1024)], name, { type: "application/octet-stream" });

  globalThis.bench = {
    /** The times from the start of the navigation until the button is visible, and until the file that is chosen then is
     * listed, taken and sent. */
    async load() {
      const shown = await visible(button);
      const { taken, success } = outcome(1);
      putIntoInput([example("first.bin")])();
      const listed = visible(row);
      await success;
      return { visible: shown, listed: await listed, taken: await taken, put: await put };
    },

    /** From the choice of a file to its first PUT, when everything is loaded. */
    async choose() {
      await complete();
      const { success } = outcome(1);
      const change = putIntoInput([example("later.bin")]);
      await settled();
      const from = performance.now();
      change();
      const to = await put;
      await success;
      return { put: to - from };
    },

    /** The tasks above 50 ms while this number of files is added. Two marks are around them. */
    async many(number) {
      await complete();
      const change = putIntoInput(Array.from({ length: number }, (_, at) => new File(["x"], `file ${at}.bin`)));
      await settled();
      const { taken } = outcome(number);
      const before = requests;
      const tasks = [];
      const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()));
      observer.observe({ type: "longtask" });
      await task();
      const { startTime: from } = performance.mark("bench-from");
      change();
      const to = await taken;
      await settled();
      performance.mark("bench-to");
      // The rest belongs to another task.
      await task();
      tasks.push(...observer.takeRecords());
      if (count() !== number) throw new Error(`${count()} of ${number} files were added`);
      if (requests > before) throw new Error("an upload started");
      const durations = tasks.map(({ duration }) => duration);
      return { added: to - from, longest: Math.max(0, ...durations), long: durations.reduce((sum, one) => sum + one, 0) };
    },

    /** The sum of the layout shifts until everything is loaded. */
    async shift() {
      await complete();
      return shifts.filter(({ hadRecentInput }) => !hadRecentInput).reduce((sum, { value }) => sum + value, 0);
    },
  };
}
