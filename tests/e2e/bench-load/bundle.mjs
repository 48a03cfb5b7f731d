// The files of both sides, as a static server holds them: each with its form that brotli compresses at level 11.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import * as shared from "../bench-shared/bundle.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The files of the widget: `{ name, content, compressed }` of each. */
export async function widgetFiles(dist) {
  return (await shared.widgetFiles(dist)).map(withBrotli);
}

/** The files of Uppy, which esbuild bundles. */
export async function uppyFiles(esbuild, targets) {
  return (await shared.bundled(esbuild, targets, [here("uppy.mjs")])).map(withBrotli);
}

/** The versions of Uppy's packages, as they are installed. */
export async function uppyVersions() {
  const { devDependencies } = JSON.parse(await readFile(here("package.json"), "utf8"));
  const versions = {};
  for (const name of Object.keys(devDependencies)) {
    versions[name] = JSON.parse(await readFile(here(`node_modules/${name}/package.json`), "utf8")).version;
  }
  return versions;
}

function withBrotli({ name, content }) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  return { name, content, compressed: brotliCompressSync(content, { params }) };
}
