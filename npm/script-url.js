// The address of s3-upload.iife.js, beside which the wasm is. Only while a classic script runs is it known. On a server,
// where nothing is loaded, any address will do.
export const scriptUrl = globalThis.document?.currentScript?.src ?? "file:///";
