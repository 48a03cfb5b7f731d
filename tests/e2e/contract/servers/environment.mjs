// The parts that the servers in JavaScript share: the store to sign for, from the environment, and an end with the test
// that started them. HTTP is each server's own.
import { once } from "node:events";

const needed = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set.`);
  return value;
};

/** The store and its bucket. */
export const store = {
  bucket: needed("BUCKET"),
  region: needed("AWS_REGION"),
  endpoint: needed("AWS_ENDPOINT_URL_S3"),
  accessKeyId: needed("AWS_ACCESS_KEY_ID"),
  secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
};

/** The origin whose pages may ask, where a server knows of origins. */
export const origin = needed("ALLOWED_ORIGIN");

/** Listens on any free port, says where, and ends when whoever started this is gone. */
export async function ready(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  process.stdin.on("end", () => process.exit()).resume();
  console.log(`Ready: http://127.0.0.1:${server.address().port}`);
}
