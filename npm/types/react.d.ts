import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { S3Upload, S3UploadAttributes, S3UploadListeners } from "./s3-upload.js";

export * from "./s3-upload.js";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "s3-upload": Omit<DetailedHTMLProps<HTMLAttributes<S3Upload>, S3Upload>, keyof S3UploadAttributes> &
        S3UploadAttributes &
        S3UploadListeners;
    }
  }
}
