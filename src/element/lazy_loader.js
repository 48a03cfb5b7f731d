// Loads s3-upload-core_lazy.wasm, when the wasm first calls a function in it. `xtask` appends this file to wasm-bindgen's glue,
// whose exports of the wasm are in `wasm`.

/** How long a call waits for the file, in milliseconds. It fails then, and the next one finds the file if it has arrived. */
const PATIENCE = 10_000;

let lazySource;
let lazyInstance;
let isReported = false;

/** Sets the function that resolves to the file: a Response, its bytes, or a WebAssembly.Module. */
export function setLazy(source) {
  lazySource = source;
}

/** Instantiates the file, which puts its functions into the table of the wasm. The next call after a failure tries again. */
function loadLazy(callback, data) {
  const shared = {
    memory: wasm.memory,
    __indirect_function_table: wasm.__indirect_function_table,
    __wasm_split_shared0: wasm.__wasm_split_shared0,
  };
  lazyInstance ??= lazySource()
    .then((given) => given.arrayBuffer?.() ?? given)
    .then((code) => WebAssembly.instantiate(code, { __wasm_split: shared }))
    .catch((error) => {
      lazyInstance = undefined;
      throw error;
    });
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("it has not arrived yet")));
  Promise.race([lazyInstance, late])
    .then(() => true, reportLazy)
    .then((isLoaded) => wasm.__indirect_function_table.get(callback)(data, isLoaded));
}

/** Warns the developer, once. */
function reportLazy(error) {
  if (!isReported) console.warn(`<s3-upload>: ${error.url ?? "s3-upload-core_lazy.wasm"} is not loaded; it has protocols and the causes of failures:`, error);
  isReported = true;
  return false;
}
