// Faults of the backend and of the store, in a sequence that each competitor meets.
import { random } from "./random.mjs";

/** The kinds: an answer 503; the connection is reset before the request is read; it is reset after its effect. */
const KINDS = ["503", "503", "reset", "lost"];

export class Faults {
  #rate = 0;
  #next = random(0);

  begin({ rate, seed }) {
    this.#rate = rate;
    this.#next = random(seed);
  }

  /** The fault of the next request, if it has one. */
  next() {
    const at = this.#next();
    return at < this.#rate ? KINDS[Math.floor((at / this.#rate) * KINDS.length)] : undefined;
  }
}
