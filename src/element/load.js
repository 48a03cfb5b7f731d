// Loads the widget once per page: the script that wasm-bindgen made, and the wasm. Both are fetched side by side. A
// second wasm is fetched when the first needs it. Each is named by the version of this file, so that no cache combines two
// versions.

/** The URLs of all, or functions that give the module and the wasm. `S3Upload.configure` replaces them. */
export const source = { core: url(".js"), wasm: url("_bg.wasm"), lazy: url("_lazy.wasm") };

function url(end) {
  return new URL(`./s3-upload-core${end}?v=${VERSION}`, import.meta.url).href;
}

/** The error of a failed load. `code` is the end of its message's key, `load.<code>`. */
const failure = (code, more) => Object.assign(new Error(code, more), { code, ...more });

let loading;
let attempts = 0;

/** The module of the widget, which is ready for use. The next call after a failed load tries again. */
export function load() {
  loading ??= attempt().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function attempt() {
  const blocked = [];
  const watch = (event) => blocked.push(event);
  document.addEventListener("securitypolicyviolation", watch);
  try {
    if (!globalThis.WebAssembly) throw failure("no-wasm");
    const wasm = compile(source.wasm);
    // Avoids an unhandled rejection if the script fails first.
    wasm.catch(() => {});
    const core = await script(source.core);
    // A development build has all its code in one wasm.
    core.setLazy?.(() => compile(source.lazy));
    await core.default({ module_or_path: await wasm });
    return core;
  } catch (error) {
    // The browser reports a violation in a task of its own.
    await new Promise((resolve) => setTimeout(resolve));
    throw named(error, blocked.at(-1));
  } finally {
    attempts += 1;
    document.removeEventListener("securitypolicyviolation", watch);
  }
}

async function script(url) {
  if (typeof url === "function") return url();
  try {
    // A browser may keep a failed import for as long as the page lives, and the fragment is part of its name.
    // https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-single-imported-module-script
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ attempts ? `${url}#${attempts}` : url);
  } catch (error) {
    await answered(url);
    throw error;
  }
}

async function compile(source) {
  if (typeof source === "function") return source();
  // The page may give the bytes or the module itself, in place of a URL.
  if (typeof source !== "string" && !source.href) return source;
  const response = await answered(source);
  const isTyped = response.headers.get("content-type")?.startsWith("application/wasm");
  return isTyped ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** The response of a URL, if it is a success. */
async function answered(url) {
  const response = await fetch(url).catch((cause) => {
    throw failure("network", { url, cause });
  });
  if (!response.ok) throw failure("missing", { url, status: response.status });
  return response;
}

/** The error with its cause. */
function named(cause, blocked) {
  const directive = blocked?.effectiveDirective;
  if (cause.name === "CompileError") {
    const isForbidden = directive || /policy|unsafe-eval/i.test(cause.message);
    return isForbidden ? failure("csp", { url: "'wasm-unsafe-eval'", directive: "script-src", cause }) : failure("not-wasm", { url: source.wasm, cause });
  }
  if (directive) return failure("csp", { url: blocked.blockedURI, directive, cause });
  return cause.code ? cause : failure("failed", { url: source.core, cause });
}
