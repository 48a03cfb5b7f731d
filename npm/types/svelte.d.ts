import type { HTMLAttributes } from "svelte/elements";
import type { S3Upload, S3UploadAttributes, S3UploadListeners } from "./s3-upload.js";

export * from "./s3-upload.js";

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "s3-upload": Omit<HTMLAttributes<S3Upload>, keyof S3UploadAttributes> & S3UploadAttributes & S3UploadListeners;
  }
}
