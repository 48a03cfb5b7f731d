// Files to send, and what became of them in the store.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** A file of random bytes; big ones repeat a random MiB with its number in it, which no mix-up of ranges survives. */
export async function filled(folder, name, size) {
  const path = join(folder, name);
  const file = await open(path, "w");
  try {
    const chunk = randomBytes(Math.min(size, 1 << 20));
    for (let at = 0, number = 0; at < size; at += chunk.length, number += 1) {
      if (chunk.length >= 4) chunk.writeUInt32LE(number, 0);
      await file.write(chunk, 0, Math.min(chunk.length, size - at), at);
    }
  } finally {
    await file.close();
  }
  return path;
}

/** A file that takes no room: zeros, with a mark that tells its place every 4 MiB and at its end. */
export async function sparse(folder, name, size) {
  const path = join(folder, name);
  const file = await open(path, "w");
  try {
    await file.truncate(size);
    for (let at = 0; at < size; at += 4 << 20) {
      const mark = Buffer.from(`at ${at} ${name}`);
      await file.write(mark, 0, Math.min(mark.length, size - at), at);
    }
    if (size > 3) await file.write(Buffer.from("end"), 0, 3, size - 3);
  } finally {
    await file.close();
  }
  return path;
}

/** The SHA-256 of a file, read piece by piece. */
export async function sha256(path) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

export function sha256of(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Where the embedded store keeps an object. */
export function placeOf(server, key) {
  return join(server.data, "uploads", key);
}

/** The SHA-256 of what the store holds under a key. */
export function stored(server, key) {
  return sha256(placeOf(server, key));
}

/** The keys of all objects in the embedded store. */
export async function objects(server) {
  const root = join(server.data, "uploads");
  const keys = [];
  const walk = async (folder, prefix) => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const name = prefix ? `${prefix}/${entry.name}` : entry.name;
      if (entry.isDirectory()) await walk(join(folder, entry.name), name);
      else if (!entry.name.startsWith(".")) keys.push(name);
    }
  };
  await walk(root, "");
  return keys;
}

/** What the embedded store keeps of multipart uploads that are neither completed nor aborted: file names. */
export async function unfinished(server) {
  return (await readdir(server.data)).filter((name) => name.startsWith(".upload"));
}

/** The answer to a download link: `{ status, type, size, sha256, disposition }`. */
export async function download(url) {
  const answer = await fetch(url);
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of answer.body) {
    hash.update(chunk);
    size += chunk.length;
  }
  return {
    status: answer.status,
    type: answer.headers.get("content-type"),
    disposition: answer.headers.get("content-disposition"),
    size,
    sha256: hash.digest("hex"),
  };
}
