// Servers of this machine, on ports that are free.
import { once } from "node:events";

/** Starts a server on a free port. Returns its address. */
export async function start(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** Stops servers of HTTP, with their connections. */
export async function stop(...servers) {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  }
}
