// better-upload's server, version 3, behind Node's own HTTP server as its documentation shows it.
import { createServer } from "node:http";
import { RejectUpload, route } from "@better-upload/server";
import { toNodeHandler } from "@better-upload/server/adapters/node";
import { custom } from "@better-upload/server/clients";
import { ready, store } from "./environment.mjs";
import { routes } from "./better-upload.mjs";

const { host } = new URL(store.endpoint);
const handler = toNodeHandler({
  client: custom({ ...store, host, secure: false, forcePathStyle: true }),
  bucketName: store.bucket,
  routes: routes(route, RejectUpload),
});
await ready(createServer(handler));
