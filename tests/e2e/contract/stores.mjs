// Two stores that know nothing of each other: the project's embedded one, and ministack, which is other people's code and
// enforces signatures, expiry, policies and CORS rules. Both are reached through a proxy that counts.
//
// The bucket's CORS rule is the one that README.md tells people to set.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { FaultProxy } from "../faults.mjs";
import { unfinished } from "../files.mjs";
import { start } from "../server.mjs";
import { launch, onFreePort, tool } from "./process.mjs";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

export const STORES = ["embedded", "ministack"];
const BUCKET = "uploads";
const REGION = "us-east-1";

/** The rule of README.md, for pages of this origin. */
export async function readmeRule(origin) {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const [, text] = readme.match(/```json\n(\[\{\s*"AllowedOrigins"[^`]*)```/) ?? [];
  if (!text) throw new Error("README.md has no CORS rule any more.");
  return { ...JSON.parse(text)[0], AllowedOrigins: [origin] };
}

/** A bucket of a store. `url` is where browsers and backends find it: a proxy. */
export class Store {
  static async start(kind) {
    const store = Object.assign(new Store(), { kind, proxy: await FaultProxy.listen() });
    await (kind === "embedded" ? store.#embedded() : store.#ministack());
    return store;
  }

  get url() {
    return this.proxy.url;
  }

  /** The variables that the AWS SDKs and the servers here read. */
  get environment() {
    return {
      BUCKET,
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ENDPOINT_URL_S3: this.url,
      AWS_ACCESS_KEY_ID: this.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
    };
  }

  /** Sets the bucket's CORS rule. The embedded store's is fixed: it lets any origin do what the README's rule does. */
  async allow(origin, more = {}) {
    if (this.kind === "embedded") return;
    const rule = { ...(await readmeRule(origin)), ...more };
    await this.client.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: { CORSRules: [rule] } }));
  }

  async keys() {
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return Contents.map((object) => object.Key);
  }

  /** The object as a GET gives it. */
  async read(key) {
    const { Body, ContentLength, ContentType, CacheControl, ContentDisposition, Metadata } = await this.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: key }),
    );
    const hash = createHash("sha256");
    for await (const chunk of Body) hash.update(chunk);
    return {
      sha256: hash.digest("hex"),
      size: ContentLength,
      type: ContentType,
      cacheControl: CacheControl,
      disposition: ContentDisposition,
      metadata: Metadata,
    };
  }

  /** Multipart uploads that are neither completed nor aborted. */
  async unfinished() {
    if (this.kind === "embedded") return unfinished(this.server);
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    return Uploads.map((upload) => upload.UploadId);
  }

  async stop() {
    this.client?.destroy();
    await this.proxy.close();
    await this.server?.stop();
  }

  async #embedded() {
    const [accessKeyId, secretAccessKey] = ["contract", "secret-of-the-contract-tests"];
    this.server = await start({
      extra: ["--store-credentials", `${accessKeyId}:${secretAccessKey}`, "--public-endpoint", this.url],
    });
    this.#reach(this.server.store, { accessKeyId, secretAccessKey });
  }

  async #ministack() {
    // Without the first two it listens on every interface, and on a second port.
    const env = { BIND_HOST: "127.0.0.1", IOT_MTLS_ENABLED: "0", AUTH: "true", SERVICES: "s3,sts,iam" };
    const ready = /Running on (http:\/\/127\.0\.0\.1:\d+)/;
    const start = (port) =>
      launch(tool("PYTHON").program, ["-m", "ministack"], { env: { ...env, GATEWAY_PORT: String(port) }, ready });
    this.server = await onFreePort(start);
    this.#reach(this.server.url, { accessKeyId: "test", secretAccessKey: "test" });
    await this.client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  }

  #reach(target, credentials) {
    this.proxy.target = target;
    this.credentials = credentials;
    this.client = new S3Client({ endpoint: target, region: REGION, credentials, forcePathStyle: true });
  }
}
