// The files of the benchmark's site: a page for each kind of competitor, with what it loads.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { bundled, needed, widgetFiles } from "../bench-shared/bundle.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The script of each page. */
const SCRIPTS = {
  widget: "pages/widget.mjs",
  loop: "pages/loop.mjs",
  form: "pages/form.mjs",
  "uppy-5": "packages/uppy-5/uppy-5.mjs",
  "uppy-6": "packages/uppy-6/uppy-6.mjs",
  "better-upload": "packages/better-upload/better-upload.mjs",
};

const pageOf = (name) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${name}</title>
    <link rel="icon" href="data:,">
    ${name === "widget" ? '<script type="module" src="/s3-upload.js"></script>' : ""}
    <script type="module" src="/${name}.js"></script>
  </head>
  <body></body>
</html>`;

/** The files: `{ name, content }` of each. */
export async function siteFiles() {
  const fromXtask = (name) => needed(name, "cargo xtask bench");
  const scripts = await bundled(fromXtask("ESBUILD_MODULE"), fromXtask("ESBUILD_TARGET"), Object.values(SCRIPTS).map(here));
  const pages = Object.keys(SCRIPTS).map((name) => ({ name: `${name}.html`, content: Buffer.from(pageOf(name)) }));
  return [...(await widgetFiles(fromXtask("S3_UPLOAD_DIST"))), ...scripts, ...pages];
}

/** The version of a package of a competitor, as it is installed. */
export async function versionOf(folder, name) {
  const { resolve } = createRequire(here(`packages/${folder}/`));
  const paths = resolve.paths(name).map((path) => `${path}/${name}/package.json`);
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text) return JSON.parse(text).version;
  }
  throw new Error(`${name} is not installed`);
}
