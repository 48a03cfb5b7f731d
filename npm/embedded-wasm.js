// The wasm as a part of the script, for s3-upload.inline.js.
import base64 from "s3-upload:wasm";

/** What the element fetches in place of an address. */
export const embeddedWasm = { toString: () => "the wasm of s3-upload.inline.js" };

/** Answers the embedded wasm, which is compressed by gzip. Any other address is fetched. */
export async function fetch(source, options) {
  if (source !== embeddedWasm) return globalThis.fetch(source, options);
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}
