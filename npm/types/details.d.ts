/** The status of a file. */
export type S3UploadStatus =
  | "checking"
  | "queued"
  | "preparing"
  | "uploading"
  | "completing"
  | "waiting"
  | "paused"
  | "completed"
  | "failed"
  | "cancelled";

/** The code of an error that ends or delays the upload of a file. */
export type S3UploadErrorCode =
  | "network"
  | "backend-unreachable"
  | "cut-off"
  | "web-page"
  | "offline"
  | "stalled"
  | "expired"
  | "store-refused"
  | "missing-etag"
  | "blocked-cors"
  | "store-setup"
  | "store-unreachable"
  | "blocked-csp"
  | "blocked-mixed-content"
  | "backend-refused"
  | "malformed-answer"
  | "file-changed"
  | "file-unreadable"
  | "configuration";

/** The code of the limit that a file breaks. */
export type S3UploadRejectionCode =
  | "too-small"
  | "too-large"
  | "type-not-accepted"
  | "too-many-files"
  | "total-too-large"
  | "refused";

/** An error of a file. */
export interface S3UploadError {
  code: S3UploadErrorCode;
  /** The sentence that the person reads. */
  message: string;
  /** The cause, for the developer. */
  cause?: string;
  /** The remedy, for the developer. */
  fix?: string;
  /** The HTTP status of a refusal. */
  status?: number;
  /** The code that the store or the backend gave for a refusal. */
  reason?: string | null;
  /** The store's id of the refused request. */
  requestId?: string | null;
}

/** A stored object. A member is null if neither the store nor the backend told it. */
export interface S3UploadResult {
  key: string | null;
  /** The value that a form submits, if it is not the key. */
  value: string | null;
  /** Bytes. */
  size: number | null;
  type: string | null;
  etag: string | null;
  location: string | null;
  /** A link for reading the object. */
  downloadUrl: string | null;
}

/** A snapshot of a file. */
export interface S3UploadFile {
  /** The argument of `pause`, `resume`, `retry` and `cancel`. */
  id: number;
  name: string;
  /** Bytes. */
  size: number;
  type: string;
  status: S3UploadStatus;
  /** Bytes that were sent. The number never decreases. */
  sent: number;
  /** 0 to 100. It is 100 only when the object is stored. */
  percent: number;
  /** Bytes per second. */
  speed: number | null;
  /** Seconds. */
  remaining: number | null;
  attempts: number;
  error: S3UploadError | null;
  /** The side whose answer the file waits for. */
  waitingFor: "storage" | "server" | "network" | null;
  result: S3UploadResult | null;
}

/** The reason why the widget could not be loaded: the detail of `upload-load-error`. */
export interface S3UploadLoadError {
  code: string;
  /** The sentence that the person reads. */
  message: string;
}

/** Where the widget is loaded from, in place of the files of the package. */
export interface S3UploadSources {
  /** The URL of the script `s3-upload-core-*.js`, or a function that imports it. */
  core?: string | (() => Promise<unknown>);
  /** The URL of the wasm, its bytes or module, or a function that gives one of these or a response. */
  wasm?: string | URL | BufferSource | WebAssembly.Module | (() => unknown);
  /** The same of the wasm that is loaded when a request fails, or when the page has another backend than the default. */
  lazy?: string | URL | BufferSource | WebAssembly.Module | (() => unknown);
}

/** A file that is about to be added: the detail of `upload-add`. */
export interface S3UploadCandidate {
  id: null;
  name: string;
  /** Bytes. */
  size: number;
  type: string;
  file: File;
  /** Delays the decision. A promise of `false` refuses the file; a rejected promise refuses it and shows the error's
   * message. May be called only while the event is dispatched. */
  waitUntil(promise: Promise<unknown>): void;
}

/** A file that was not added: the detail of `upload-reject`. */
export interface S3UploadRejection {
  id: null;
  name: string;
  /** Bytes. */
  size: number;
  error: { code: S3UploadRejectionCode; message: string };
}

/** The numbers of files since the last such event: the detail of `upload-complete`. */
export interface S3UploadTotals {
  succeeded: number;
  failed: number;
}

/** Texts by name: an object, a `Map` or `Headers`. Members that are null or undefined are skipped. */
export type S3UploadValues =
  | { readonly [name: string]: string | number | boolean | null | undefined }
  | Iterable<readonly [string, string | number | boolean]>;

/** Returns the headers of a request to the backend. `refused` is true if the backend has just answered 401; the request
 * is then repeated once. */
export type S3UploadHeadersFunction = (circumstances: {
  refused: boolean;
}) => S3UploadValues | Promise<S3UploadValues>;

/** The second argument of `presign`. */
export interface S3UploadPresignRequest {
  /** The kinds of uploads that the widget can make, the preferred one first. */
  accepts: ("put" | "post" | "multipart")[];
  name: string;
  /** The media type that is sent. */
  type: string;
  /** The recommended size of parts in bytes. */
  partSize: number;
  /** The property `metadata`. */
  metadata: Record<string, string>;
  /** Aborts when the answer is not needed any more. */
  signal: AbortSignal;
}

/** The last argument of each function of an answer. */
export interface S3UploadOptions {
  /** Aborts when the answer is not needed any more. */
  signal: AbortSignal;
}

/** A part to sign. */
export interface S3UploadPart {
  /** 1 to 10,000. */
  number: number;
  /** Bytes. */
  size: number;
}

/** A part that the store has. */
export interface S3UploadStoredPart extends S3UploadPart {
  etag: string;
}

/** An address that is signed, with the headers that are signed. */
export interface S3UploadSignedPart {
  url: string | URL;
  headers?: Record<string, string>;
}

/** Confirms or completes an upload. The result describes the object. An upload by one request has no parts: the first
 * argument is undefined then. */
export type S3UploadComplete = (parts: { number: number; etag: string }[], options: S3UploadOptions) => unknown;

/** An answer for an upload by one request: a PUT, or a form if it has `fields`. */
export interface S3UploadSingleGrant {
  url: string | URL;
  method?: string;
  headers?: Record<string, string>;
  /** The fields of a POST form. */
  fields?: Record<string, string>;
  key?: string;
  /** Seconds until the address expires. */
  expiresIn?: number;
  /** Confirms the upload. */
  complete?: S3UploadComplete;
  /** Called when the upload is cancelled. */
  abort?(options: S3UploadOptions): unknown;
}

/** An answer for an upload in parts. It needs `signPart` or `signParts`. */
export interface S3UploadMultipartGrant {
  /** Bytes. */
  partSize: number;
  key?: string;
  /** Signs one part. */
  signPart?(
    part: S3UploadPart,
    options: S3UploadOptions,
  ): string | URL | S3UploadSignedPart | Promise<string | URL | S3UploadSignedPart>;
  /** Signs several parts. The result has an address for each, in the same order. */
  signParts?(
    parts: S3UploadPart[],
    options: S3UploadOptions,
  ): Iterable<string | S3UploadSignedPart> | Promise<Iterable<string | S3UploadSignedPart>>;
  /** Completes the upload. */
  complete: S3UploadComplete;
  /** Lists the parts that the store has. */
  listParts?(options: S3UploadOptions): S3UploadStoredPart[] | Promise<S3UploadStoredPart[]>;
  /** Removes the parts from the store when the upload is cancelled. */
  abort?(options: S3UploadOptions): unknown;
}

/** The answer of a backend in any form that the widget reads: an address, a grant, or the `Response` of a `fetch`. */
export type S3UploadGrant = string | URL | S3UploadSingleGrant | S3UploadMultipartGrant | Response;

/** A function in place of a backend. */
export type S3UploadPresign = (
  file: File,
  request: S3UploadPresignRequest,
) => S3UploadGrant | Promise<S3UploadGrant>;
