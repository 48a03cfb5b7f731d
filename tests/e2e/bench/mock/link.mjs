// A slow link that loses connections: a TCP proxy for each server, all of which share the person's uplink.
import { createServer, connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { random } from "./random.mjs";

export class Link {
  #free = 0;
  #proxies = [];
  #sockets = new Set();

  /** `latency` is one way, in milliseconds; `up` is in bytes per second; a connection is reset after `lives` bytes of
   * upload on average. */
  constructor({ latency, up, lives, seed }) {
    Object.assign(this, { latency, up, lives, random: random(seed) });
  }

  /** Returns a proxy's server for a port. */
  to(port) {
    const proxy = createServer({ allowHalfOpen: true }, (client) => this.#accept(client, connect({ port, host: "127.0.0.1", allowHalfOpen: true })));
    this.#proxies.push(proxy);
    return proxy;
  }

  stop() {
    for (const proxy of this.#proxies) proxy.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client, server) {
    // The loss of each byte is equally likely, so that the lives are exponential.
    let left = -Math.log(1 - this.random()) * this.lives;
    const end = () => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end).on("close", () => this.#sockets.delete(socket));
    }
    const carry = (from, to, wait) => {
      from.on("data", async (chunk) => {
        from.pause();
        await wait(chunk.length);
        if (from.destroyed) return;
        // Timers of one duration keep their order.
        setTimeout(() => to.destroyed || to.write(chunk), this.latency);
        from.resume();
      });
      from.on("end", () => setTimeout(() => to.destroyed || to.end(), this.latency));
    };
    carry(client, server, async (bytes) => {
      left -= bytes;
      await this.#uplink(bytes);
      if (left < 0) end();
    });
    carry(server, client, async () => {});
  }

  /** Waits until the uplink has carried this number of bytes. */
  async #uplink(bytes) {
    this.#free = Math.max(performance.now(), this.#free) + (bytes / this.up) * 1000;
    await delay(this.#free - performance.now());
  }
}
