// The widget on a page, as a person and a page's script meet it.
import { expect } from "@playwright/test";
import { quiet } from "./page-requests.mjs";

/** The pauses between looks at what ends soon, in ms. By default they grow to a second. */
const POLL = [50, 50, 100];

export class Widget {
  constructor(page, selector = "s3-upload") {
    this.page = page;
    this.host = page.locator(selector);
    this.rows = this.part("file");
  }

  /** Waits until the wasm is there and the widget is drawn. */
  static async ready(page, selector = "s3-upload") {
    const widget = new Widget(page, selector);
    // The drop zone is there before the widget itself.
    await page.locator(selector).first().evaluate((host) => customElements.whenDefined("s3-upload").then(() => host.ready).then(() => true), undefined, { timeout: 60_000 });
    await expect(widget.part("browse").first()).toBeVisible({ timeout: 60_000 });
    return widget;
  }

  part(name) {
    return this.host.locator(`[part~="${name}"]`);
  }

  /** The row of a file, by its name, in which what turns the writing direction is shown as a mark of its own. */
  row(name) {
    const title = JSON.stringify(name.replaceAll(/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "\uFFFD"));
    return this.rows.filter({ has: this.page.locator(`[part="name"][title=${title}]`) });
  }

  status(row) {
    return row.locator('[part="status"]');
  }

  bar(row) {
    return row.getByRole("progressbar", { includeHidden: true });
  }

  button(row, name) {
    return row.locator(`button[part="${name}"]`);
  }

  /** Chooses files on disk, as the picker would. */
  async choose(...paths) {
    await this.host.locator("input[type=file]").setInputFiles(paths.flat());
  }

  /** Adds files by script: `{ name, type?, text? , size? }`. */
  async add(...files) {
    await this.host.evaluate((host, files) => {
      host.add(
        files.map(({ name, type = "", text, size = 0 }) => {
          const bytes = text ?? new Uint8Array(size).map((_, index) => (index * 31 + (index >> 8)) % 251);
          return new File([bytes], name, { type });
        }),
      );
    }, files);
  }

  /** What the element says of its files. */
  files() {
    return this.host.evaluate((host) => host.files);
  }

  /** Events of this name so far: their details. */
  events(name) {
    return this.page.evaluate(
      (name) => window.events.filter((event) => event.name === name).map((event) => event.detail),
      name,
    );
  }

  /** What is known of the stored file, once it arrived: `{ key, size, type, etag, downloadUrl }`. */
  async arrived(name, { timeout = 90_000 } = {}) {
    const row = this.row(name);
    await expect
      .poll(() => row.getAttribute("data-status"), { timeout, intervals: POLL, message: `state of ${name}` })
      .toBe("completed");
    const events = await this.events("success");
    return events.find((event) => event.name === name).result;
  }

  /** Waits until that many files arrived. */
  async all(count, { timeout = 120_000 } = {}) {
    await expect
      .poll(() => this.page.evaluate(() => window.events.filter(({ name }) => name === "success").length), {
        timeout,
        message: "files that arrived",
      })
      .toBe(count);
  }

  /** Whatever is in flight gets no answer for so long that it is taken for stalled. Then time stands still, while the
   * widget waits for its next try: needs `clock`, and `page.clock.resume()` afterwards. */
  async stalls() {
    const now = await this.page.evaluate(() => Date.now());
    await this.page.clock.pauseAt(now + 31_000);
    // Until it is drawn.
    await this.page.clock.runFor(100);
  }

  /** The row comes to this state. While the widget only waits for its next try, time is moved on: needs `clock`. */
  async comesTo(row, state, { timeout = 120_000 } = {}) {
    await expect
      .poll(
        async () => {
          if ((await row.getAttribute("data-status")) === "waiting") await quiet(this.page);
          const now = await row.getAttribute("data-status");
          // Less than the widget waits for the answer to a question of its own: nothing in flight is cut by this.
          if (now === "waiting") await this.page.clock.fastForward(4_000);
          return now;
        },
        { timeout, intervals: [50], message: "state" },
      )
      .toBe(state);
  }
}
