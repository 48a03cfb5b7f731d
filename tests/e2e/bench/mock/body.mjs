// Bodies of requests: their sizes and checksums, without keeping them.
import { crc32 } from "node:zlib";

/** Reads a body of JSON. */
export async function json(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}");
}

/** Reads a body to its end. Returns its `{ size, crc }`; `undefined` if the client ends the request before that. */
export function digest(request) {
  return new Promise((resolve) => {
    let [size, crc] = [0, 0];
    request.on("data", (chunk) => {
      size += chunk.length;
      crc = crc32(chunk, crc);
    });
    request.on("end", () => resolve(request.complete ? { size, crc } : undefined));
    request.on("close", () => resolve(undefined));
    request.on("error", () => {});
  });
}

/** Reads a form whose last field is a file, as browsers send it. `open` gets the other fields, the file's name and its
 * size as soon as they are known, and returns a function for the file's chunks. Returns false if the client ends the
 * request before the end. */
export async function form(request, open) {
  const boundary = /boundary=(.+)$/.exec(request.headers["content-type"])[1];
  // The last boundary with its line breaks is behind the file.
  const trailer = `\r\n--${boundary}--\r\n`.length;
  let head = Buffer.alloc(0);
  let [write, left] = [undefined, 0];
  const take = async (chunk) => {
    const file = chunk.subarray(0, Math.min(left, chunk.length));
    left -= file.length;
    if (file.length > 0) await write(file);
  };
  try {
    for await (const chunk of request) {
      if (write) {
        await take(chunk);
        continue;
      }
      head = Buffer.concat([head, chunk]);
      const at = head.indexOf('; filename="');
      const end = at < 0 ? -1 : head.indexOf("\r\n\r\n", at);
      if (end < 0) continue;
      const text = head.subarray(0, end).toString();
      const fields = {};
      for (const [, name, value] of text.matchAll(/name="([^"]+)"\r\n\r\n([^]*?)\r\n--/g)) fields[name] = value;
      const [, filename] = /; filename="([^"]*)"/.exec(text);
      left = Number(request.headers["content-length"]) - (end + 4) - trailer;
      write = await open(fields, filename, left);
      await take(head.subarray(end + 4));
    }
  } catch {
    return false;
  }
  return request.complete && write !== undefined && left === 0;
}
