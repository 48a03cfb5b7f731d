/** The address of the wasm, as a bundler gives it that is set to emit `.wasm` files. */
declare const url: string;
export default url;
