// Uppy Companion as its documentation plugs it into an Express application: uploads to S3, and nothing else of it.
// The application's own rule, in front of Companion: web pages are not taken.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as companion from "@uppy/companion";
import express from "express";
import { origin, ready, store } from "./environment.mjs";

const folder = mkdtempSync(join(tmpdir(), "s3-upload-companion-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const { app: uploads } = companion.app({
  s3: {
    key: store.accessKeyId,
    secret: store.secretAccessKey,
    bucket: store.bucket,
    region: store.region,
    endpoint: store.endpoint,
    forcePathStyle: true,
    // No string, no key: Companion's own way to fail.
    getKey: ({ filename }) => (filename === "keyless.txt" ? undefined : `${crypto.randomUUID()}-${filename}`),
  },
  server: { host: "127.0.0.1", protocol: "http" },
  corsOrigins: [origin],
  uploadUrls: [store.endpoint],
  filePath: folder,
  secret: "a secret for tests",
  metrics: false,
});

const app = express();
app.use(express.json());
app.use("/s3/params", (request, response, next) => {
  if (request.query.type !== "text/html") return next();
  response.set("Access-Control-Allow-Origin", origin).set("Access-Control-Allow-Credentials", "true");
  response.status(415).json({ error: "Web pages are not taken." });
});
app.use(uploads);
await ready(createServer(app));
