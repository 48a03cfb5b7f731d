// The wasm as a part of the script, for s3-upload.inline.js. It is compressed by gzip.
import lazy from "s3-upload:lazy";
import wasm from "s3-upload:wasm";

/** Gives the widget. */
export const embeddedWasm = () => unpacked(wasm);

/** Gives the part of the widget that is used later. */
export const embeddedLazy = () => unpacked(lazy);

async function unpacked(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}
