// The files of both sides, as a static server holds them: each with its form that brotli compresses at level 11.
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The files of the widget: `{ name, content, compressed }` of each. */
export async function widgetFiles(dist) {
  const names = (await readdir(dist)).filter((name) => /^s3-upload.*\.(js|wasm)$/.test(name));
  if (names.length === 0) throw new Error(`There is no widget in ${dist}; \`cargo xtask dist\` builds it.`);
  return Promise.all(names.map(async (name) => file(name, await readFile(join(dist, name)))));
}

/** The files of Uppy, which esbuild bundles with the options of the widget's own scripts: `targets` are the browsers. */
export async function uppyFiles(esbuild, targets) {
  const { build } = createRequire(import.meta.url)(esbuild);
  const { outputFiles } = await build({
    entryPoints: [here("uppy.mjs")],
    bundle: true,
    minify: true,
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    target: targets.split(","),
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: "/",
    write: false,
  });
  return outputFiles.map(({ path, contents }) => file(basename(path), Buffer.from(contents)));
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

function file(name, content) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  return { name, content, compressed: brotliCompressSync(content, { params }) };
}
