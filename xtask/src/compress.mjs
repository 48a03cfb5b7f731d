// Writes file.br beside each file of a folder if it is missing or has other content, and prints a table of the sizes.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants, gzipSync } from "node:zlib";

const folder = process.argv.at(-1);
const compressible = /\.(js|css|html|svg|wasm)$/;
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && compressible.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();

/** Returns true if a compressed file exists and has this content. Servers send it without reading it. */
function holds(neighbour, raw) {
  try {
    return brotliDecompressSync(readFileSync(neighbour)).equals(raw);
  } catch {
    return false;
  }
}

const rows = files.map((file) => {
  const raw = readFileSync(file);
  const neighbour = `${file}.br`;
  if (!holds(neighbour, raw)) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length };
    // The file is renamed after it is written, so that an incomplete file never has the final name.
    writeFileSync(`${neighbour}.tmp`, brotliCompressSync(raw, { params }));
    renameSync(`${neighbour}.tmp`, neighbour);
  }
  return [relative(folder, file), raw.length, gzipSync(raw, { level: 9 }).length, readFileSync(neighbour).length];
});

const page = (name) => name === "index.html" || name === "demo.css";
const sum = (column) => rows.filter(([name]) => !page(name)).reduce((total, row) => total + row[column], 0);
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;
const print = (name, ...cells) =>
  console.log(`${name.padEnd(32)}${cells.map((cell) => cell.padStart(13)).join("")}`);

print("dist", "raw", "gzip", "brotli");
for (const [name, ...sizes] of rows) print(name, ...sizes.map(kib));
print("what a site loads", ...[1, 2, 3].map((column) => kib(sum(column))));
