// Makes the scripts of the npm package: node build.mjs ESBUILD ELEMENT CORE WASM LAZY OUT VERSION TARGET
//
// OUT/s3-upload.js          the element; it loads the next two files when the first element is connected
// OUT/s3-upload-core-*.js   the glue of the wasm
// OUT/s3-upload-core-*.wasm the widget
// OUT/s3-upload-lazy-*.wasm the part of the widget that is loaded when it is first needed
// OUT/s3-upload.inline.js   all in one module, for bundlers that do not emit the files a package refers to
// OUT/s3-upload.iife.js     a classic script; it loads the wasm beside it
// OUT/../integrity.json     the hash of each file for Subresource Integrity
//
// The names of the files that s3-upload.js loads contain a hash of their content, so that a cached file of another
// version is never mixed in, whatever query the page adds to s3-upload.js.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const [esbuildFolder, elementFile, coreFile, wasmFile, lazyFile, out, version, target] = process.argv.slice(2);
const esbuild = createRequire(import.meta.url)(esbuildFolder);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The references of load.js to the widget, and the function that they call. */
const CORE = /\burl\("\.js"\)/g;
const WASM = /\burl\("_bg\.wasm"\)/g;
const LAZY = /\burl\("_lazy\.wasm"\)/g;
const URL_OF = /function url\(end\) \{\n.*\n\}\n/g;

/** An import of an address that the page gives, and the comments by which bundlers leave it alone. A minifier drops
 * them. */
const IMPORT_OF_VALUE = /\bimport\((?!["'])/g;
const IGNORED = "/* webpackIgnore: true *//* @vite-ignore */";

/** Replaces the one match of a pattern. Another number of matches means that bundlers would emit a file twice, or that
 * a file would not be found. */
function replaceOne(text, pattern, replacement) {
  const found = text.match(pattern)?.length ?? 0;
  if (found !== 1) throw new Error(`load.js has ${found} times ${pattern.source}, not once.`);
  return text.replace(pattern, () => replacement);
}

const load = readFileSync(join(dirname(elementFile), "load.js"), "utf8");
const styleFile = join(dirname(elementFile), "../../style/start.css");
const [wasm, lazy] = [readFileSync(wasmFile), readFileSync(lazyFile)];
const banner = { js: `/*! s3-upload ${version} | MIT OR Apache-2.0 */` };
const common = { minify: true, charset: "utf8", target: target.split(","), legalComments: "none", logLevel: "error" };

function hashed(name, extension, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const file = `${name}-${hash}.${extension}`;
  writeFileSync(join(out, file), content);
  return file;
}

// The element and its files.
const core = await esbuild.transform(readFileSync(coreFile, "utf8"), { ...common, format: "esm", banner: banner.js });
const coreName = hashed("s3-upload-core", "js", core.code);
const wasmName = hashed("s3-upload-core", "wasm", wasm);
const lazyName = hashed("s3-upload-lazy", "wasm", lazy);

const style = await esbuild.transform(readFileSync(styleFile, "utf8"), { ...common, loader: "css" });

/** Bundles the element with these references to the widget. `head` is put before load.js; `files` are what it imports. */
async function bundle(name, references, { head = "", files = {}, ...options }) {
  const patterns = [CORE, WASM, LAZY, URL_OF];
  const text = head + patterns.reduce((text, pattern, at) => replaceOne(text, pattern, references[at] ?? ""), load);
  const plugin = {
    name: "s3-upload",
    setup(build) {
      build.onLoad({ filter: /[\\/]load\.js$/ }, () => ({ contents: text, loader: "js" }));
      build.onResolve({ filter: /^(\.\/s3-upload-core[^/]*\.js|s3-upload:.*)$/ }, ({ path }) => files[path]);
      build.onLoad({ filter: /./, namespace: "wasm" }, ({ path }) => ({
        contents: `export default ${JSON.stringify(compressed({ wasm, lazy }[path]))};`,
        loader: "js",
      }));
    },
  };
  await esbuild.build({
    ...common,
    banner,
    bundle: true,
    define: { START_STYLE: JSON.stringify(style.code.trim()) },
    entryPoints: [elementFile],
    outfile: join(out, name),
    plugins: [plugin],
    ...options,
  });
  const written = readFileSync(join(out, name), "utf8");
  writeFileSync(join(out, name), written.replaceAll(IMPORT_OF_VALUE, `import(${IGNORED}`));
}

const compressed = (bytes) => gzipSync(bytes, { level: 9 }).toString("base64");
const bundledCore = '() => import("./s3-upload-core.js")';

const beside = (name) => `new URL("./${name}", import.meta.url).href`;
await bundle("s3-upload.js", [`() => import("./${coreName}")`, beside(wasmName), beside(lazyName)], {
  format: "esm",
  files: { [`./${coreName}`]: { path: `./${coreName}`, external: true } },
});

// All in one module. The wasm is not fetched, so that no policy of the page has to allow a request.
await bundle("s3-upload.inline.js", [bundledCore, "embeddedWasm", "embeddedLazy"], {
  format: "esm",
  head: 'import { embeddedLazy, embeddedWasm } from "s3-upload:embedded";\n',
  files: {
    "./s3-upload-core.js": { path: coreFile },
    "s3-upload:embedded": { path: here("embedded-wasm.js") },
    "s3-upload:wasm": { path: "wasm", namespace: "wasm" },
    "s3-upload:lazy": { path: "lazy", namespace: "wasm" },
  },
});

// A classic script, which has no `import.meta`.
const besideScript = (name) => `new URL("./${name}", scriptUrl).href`;
await bundle("s3-upload.iife.js", [bundledCore, besideScript(wasmName), besideScript(lazyName)], {
  format: "iife",
  globalName: "s3Upload",
  head: 'import { scriptUrl } from "s3-upload:script";\n',
  files: { "./s3-upload-core.js": { path: coreFile }, "s3-upload:script": { path: here("script-url.js") } },
});

const integrity = {};
for (const file of readdirSync(out).sort()) {
  const content = readFileSync(join(out, file));
  if (file.endsWith(".js")) {
    const text = content.toString();
    // The other two have no reference that a bundler could follow.
    if (file !== "s3-upload.js" && text.includes("import.meta")) throw new Error(`${file} refers to another file.`);
  }
  integrity[`dist/${basename(file)}`] = `sha384-${createHash("sha384").update(content).digest("base64")}`;
}
writeFileSync(join(out, "../integrity.json"), `${JSON.stringify(integrity, null, 2)}\n`);
console.log(JSON.stringify({ wasm: wasmName, lazy: lazyName, integrity: integrity["dist/s3-upload.js"] }));
