// The wasm as a part of the script, for s3-upload.inline.js.
import base64 from "s3-upload:wasm";

/** Gives the embedded wasm, which is compressed by gzip. */
export async function embeddedWasm() {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}
