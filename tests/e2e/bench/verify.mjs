// Checks the store after a work: it holds each file once, and as it is.
import { createReadStream } from "node:fs";
import { crc32 } from "node:zlib";
import { contentOf, nameOf } from "./pages/page.mjs";

/** The small files of a work: the checksum of each, by its name. */
const checksums = new Map();
function expectedOf({ count, size }) {
  const key = `${count} ${size}`;
  if (!checksums.has(key)) {
    const files = Array.from({ length: count }, (_, index) => [nameOf(index), crc32(contentOf(index, size))]);
    checksums.set(key, new Map(files));
  }
  return checksums.get(key);
}

/** Throws unless the objects are these small files: `{ name, parts: [{ size, crc }] }`. The name may be missing. */
export function verifySmall(objects, files) {
  const expected = expectedOf(files);
  const missing = new Map([...expected].map(([name, crc]) => [crc, name]));
  if (missing.size !== expected.size) throw new Error("Two files are equal.");
  for (const { name, parts } of objects) {
    const [{ size, crc }] = parts;
    const found = missing.get(crc);
    if (parts.length > 1 || size !== files.size || !missing.delete(crc)) throw new Error(`${name} is stored twice, or not as it is`);
    if (name !== undefined && name !== found) throw new Error(`${name} has the content of ${found}`);
  }
  if (missing.size > 0) throw new Error(`${missing.size} of ${files.count} files are not stored`);
}

/** Throws unless there is one object, whose parts are those of the file on disk. */
export async function verifyLarge(objects, path) {
  if (objects.length !== 1) throw new Error(`${objects.length} objects are stored instead of one`);
  const [{ parts }] = objects;
  const rest = parts[Symbol.iterator]();
  let part = { ...rest.next().value, left: 0, seen: 0 };
  part.left = part.size;
  let number = 1;
  for await (let chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    while (chunk.length > 0) {
      const piece = chunk.subarray(0, part.left);
      chunk = chunk.subarray(piece.length);
      part.seen = crc32(piece, part.seen);
      part.left -= piece.length;
      if (part.left > 0) continue;
      if (part.seen !== part.crc) throw new Error(`part ${number} is not as it is in the file`);
      const next = rest.next();
      number += 1;
      if (next.done) {
        if (chunk.length > 0) throw new Error("the object is shorter than the file");
        part = { left: Infinity, seen: 0 };
      } else part = { ...next.value, left: next.value.size, seen: 0 };
    }
  }
  if (part.left !== Infinity) throw new Error("the object is longer than the file");
}
