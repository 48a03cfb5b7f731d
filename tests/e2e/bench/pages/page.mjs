// The common part of all pages: the files, the clock, and the loops.

/** The bytes of a small file, which differ from file to file. Also the benchmark itself computes them. */
export function contentOf(index, size) {
  const bytes = new Uint8Array(size);
  let state = index + 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export const nameOf = (index) => `file ${index}.bin`;

/** Defines `bench`. `prepare` makes everything ready that a page has before files are chosen; `upload` ends when all
 * files are stored, and returns their number. */
export function serve({ prepare = async () => {}, upload }) {
  const input = Object.assign(document.createElement("input"), { type: "file", id: "files" });
  document.body.append(input);
  let files = [];
  globalThis.bench = {
    async prepare(work) {
      await prepare(work);
    },

    make({ count, size }) {
      files = Array.from({ length: count }, (_, index) => new File([contentOf(index, size)], nameOf(index), { type: "application/octet-stream" }));
    },

    take() {
      files = [...input.files];
    },

    /** Uploads the files. Returns the milliseconds. */
    async run(work) {
      const from = performance.now();
      const stored = await upload(files, work);
      const time = performance.now() - from;
      if (stored !== files.length) throw new Error(`${files.length - stored} of ${files.length} files were not uploaded`);
      return time;
    },
  };
}

/** Sends JSON to the page's own backend, or asks it. */
export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path.split("/")[1]}: ${response.status}`);
  return response.status === 204 ? undefined : response.json();
}

/** Works through a list, so many at once. */
export async function each(list, atOnce, work) {
  const rest = list[Symbol.iterator]();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Sends a request by XHR, and reads its progress, as any page that uses XHR does. Returns the headers of the answer. */
export function xhr(method, url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = () => {};
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve({ get: (name) => request.getResponseHeader(name) });
      else reject(new Error(`${method}: ${request.status}`));
    };
    request.onerror = () => reject(new Error(`${method}: no answer`));
    request.send(body);
  });
}
