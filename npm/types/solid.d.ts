import type { JSX } from "solid-js";
import type { S3Upload, S3UploadAttributes, S3UploadEventMap } from "./s3-upload.js";

export * from "./s3-upload.js";

declare module "solid-js" {
  namespace JSX {
    interface IntrinsicElements {
      "s3-upload": Omit<JSX.HTMLAttributes<S3Upload>, keyof S3UploadAttributes> &
        S3UploadAttributes & {
          [Name in keyof S3UploadEventMap as `on:${Name}`]?: (event: S3UploadEventMap[Name]) => void;
        };
    }
  }
}
