import type { EmitFn, HTMLAttributes, PublicProps } from "vue";
import type { S3Upload, S3UploadAttributes, S3UploadEventMap } from "./s3-upload.js";

export * from "./s3-upload.js";

type Camel<Name extends string> = Name extends `${infer Start}-${infer Rest}` ? `${Start}${Capitalize<Rest>}` : Name;

/** Listeners as properties, such as `onUploadSuccess`. */
type Listeners = {
  [Name in keyof S3UploadEventMap as `on${Capitalize<Camel<Name>>}`]?: (event: S3UploadEventMap[Name]) => void;
};

/** A custom element as a component: <https://vuejs.org/guide/extras/web-components#non-vue-web-components-and-typescript>. */
type S3UploadComponent = new () => S3Upload & {
  /** @deprecated It is for the checks of templates only. */
  $props: Omit<HTMLAttributes, keyof S3UploadAttributes> & S3UploadAttributes & Listeners & PublicProps;
  /** @deprecated It is for the checks of templates only. */
  $emit: EmitFn<{ [Name in keyof S3UploadEventMap]: (event: S3UploadEventMap[Name]) => void }>;
};

declare module "vue" {
  interface GlobalComponents {
    "s3-upload": S3UploadComponent;
  }
}
