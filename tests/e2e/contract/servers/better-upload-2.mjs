// better-upload's server, version 2, whose handler takes and gives the web's Request and Response.
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { S3Client } from "@aws-sdk/client-s3";
import { RejectUpload, handleRequest, route } from "better-upload/server";
import { ready, store } from "./environment.mjs";
import { routes } from "./better-upload.mjs";

const router = {
  client: new S3Client({ region: store.region, endpoint: store.endpoint, forcePathStyle: true, credentials: store }),
  bucketName: store.bucket,
  routes: routes(route, RejectUpload),
};
const server = createServer(async (request, response) => {
  const { method, headers, url } = request;
  const body = method === "POST" ? await buffer(request) : undefined;
  const asked = new Request(new URL(url, "http://127.0.0.1"), { method, headers, body });
  const answer = await handleRequest(asked, router).catch((error) => {
    console.error(error);
    return new Response("Internal Server Error", { status: 500 });
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
});
await ready(server);
