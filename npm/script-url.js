// The address of s3-upload.iife.js, beside which the wasm is. Only while a classic script runs is it known to the page.
export const scriptUrl = globalThis.document?.currentScript?.src;
