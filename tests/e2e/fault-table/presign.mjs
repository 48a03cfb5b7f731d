// Runs in the page: a function that presigns, as README.md shows it, with parts.

/** Gives each widget that names a backend in `data-presign` a function that asks it. */
export function presignByFunction() {
  for (const host of document.querySelectorAll("s3-upload[data-presign]")) {
    const base = host.dataset.presign;
    const ask = async (method, path, signal, body) => {
      const answer = await fetch(`${base}${path}`, {
        method,
        signal,
        headers: body ? { "content-type": "application/json" } : {},
        body: body && JSON.stringify(body),
      });
      if (!answer.ok) {
        const { code } = await answer.json().catch(() => ({}));
        throw Object.assign(new Error("The server refused."), { status: answer.status, code });
      }
      return answer.json();
    };
    host.presign = async (file, { type, accepts, signal }) => {
      const parts = accepts[0] === "multipart";
      const granted = await ask("POST", "/begin", signal, { name: file.name, type, parts });
      if (!parts) return granted;
      const query = new URLSearchParams(granted);
      return {
        key: granted.key,
        partSize: 5 * 1024 * 1024,
        signParts: (parts, { signal }) => ask("POST", `/sign?${query}`, signal, parts),
        listParts: ({ signal }) => ask("GET", `/parts?${query}`, signal),
        complete: (parts, { signal }) => ask("POST", `/complete?${query}`, signal, { parts }),
        abort: ({ signal }) => ask("DELETE", `/upload?${query}`, signal),
      };
    };
  }
}
