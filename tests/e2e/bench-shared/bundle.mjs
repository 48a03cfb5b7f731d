// The files of the pages: those of the widget as they are built, those of others as esbuild bundles them.
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

/** The files of the widget: `{ name, content }` of each. */
export async function widgetFiles(dist) {
  const names = (await readdir(dist)).filter((name) => /^s3-upload.*\.(js|wasm)$/.test(name));
  if (names.length === 0) throw new Error(`There is no widget in ${dist}; \`cargo xtask dist\` builds it.`);
  return Promise.all(names.map(async (name) => ({ name, content: await readFile(join(dist, name)) })));
}

/** The files that esbuild makes of these scripts, with the options of the widget's own: `targets` are the browsers. */
export async function bundled(esbuild, targets, entryPoints) {
  const { build } = createRequire(import.meta.url)(esbuild);
  const { outputFiles } = await build({
    entryPoints,
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
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), content: Buffer.from(contents) }));
}

/** The value of an environment variable that xtask sets. */
export function needed(name, command) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this with: ${command}`);
  return value;
}
