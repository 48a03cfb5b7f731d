// Progress that is seen, and is true: on links that are really slow.
import { filled, sha256, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

/** Slows down what the browser sends, in bytes per second. */
async function slow(page, bytesPerSecond) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: bytesPerSecond,
  });
}

/** From now on notes each change that a person sees in the first row: `{ at, percent, size, speed }`. */
async function watch(widget) {
  await widget.host.evaluate((host) => {
    window.seen = [];
    const look = () => {
      const row = host.shadowRoot.querySelector('[part~="file"]');
      if (!row) return;
      const text = (part) => row.querySelector(`[part="${part}"]`)?.textContent ?? "";
      const seen = {
        status: row.dataset.status,
        percent: Number(row.querySelector('[role="progressbar"]').getAttribute("aria-valuenow")),
        width: row.querySelector('[role="progressbar"] > *').style.inlineSize,
        size: text("size"),
        speed: text("speed"),
      };
      const last = window.seen.at(-1);
      if (!last || JSON.stringify({ ...last, at: 0 }) !== JSON.stringify({ ...seen, at: 0 })) {
        window.seen.push({ ...seen, at: performance.now() });
      }
    };
    new MutationObserver(look).observe(host.shadowRoot, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  return () => widget.page.evaluate(() => window.seen);
}

test("by XHR it moves, never backward, at 1 MB/s", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 6_000_000);
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" transport="xhr"></s3-upload>');
  const seen = await watch(widget);
  await slow(page, 1_000_000);
  await widget.choose(path);
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));

  const uploading = (await seen()).filter((look) => look.status === "uploading");
  const between = new Set(uploading.map((look) => look.percent).filter((percent) => percent > 0 && percent < 100));
  expect(between.size, `seen: ${[...between]}`).toBeGreaterThanOrEqual(8);
  const percents = uploading.map((look) => look.percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  for (const look of uploading) expect(Math.floor(Number.parseFloat(look.width))).toBe(look.percent);
  expect(Math.max(...percents)).toBeLessThan(100);
  // About a megabyte a second, as the person reads it: a loaded machine sends less than the link lets through.
  const speeds = uploading.map((look) => look.speed.match(/^([\d.]+) (KB|MB)\/s/)).filter(Boolean);
  expect(speeds.length).toBeGreaterThan(2);
  const last = speeds.at(-1);
  const speed = Number(last[1]) * (last[2] === "MB" ? 1e6 : 1e3);
  const average = 6_000_000 / ((uploading.at(-1).at - uploading[0].at) / 1000);
  expect(speed).toBeGreaterThan(average / 2);
  expect(speed).toBeLessThan(1_500_000);
  expect(uploading.some((look) => / · \d+ s left$/.test(look.speed))).toBe(true);
  expect(uploading.some((look) => /^[\d.]+ MB of 6 MB$/.test(look.size))).toBe(true);
  expect((await widget.events("success"))[0].percent).toBe(100);
  expect((await widget.events("progress")).length).toBeGreaterThan(5);
});

test("the page is told once a frame at most, however often the browser reports", async ({ lab, page, folder }) => {
  await page.addInitScript(() => {
    window.reports = 0;
    window.told = [];
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (body) {
      // Each report of the browser's is followed by twenty more, each a byte further.
      this.upload.addEventListener("progress", (event) => {
        if (!event.isTrusted) return;
        for (let more = 1; more <= 20; more += 1) {
          const { lengthComputable, loaded, total } = event;
          this.upload.dispatchEvent(new ProgressEvent("progress", { lengthComputable, loaded: loaded + more, total }));
          window.reports += 1;
        }
      });
      return send.call(this, body);
    };
    document.addEventListener("upload-progress", () => window.told.push([document.timeline.currentTime, performance.now()]));
  });
  const path = await filled(folder, "movie.mp4", 3_000_000);
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" transport="xhr"></s3-upload>');
  await slow(page, 1_000_000);
  await widget.choose(path);
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  const { reports, told } = await page.evaluate(() => ({ reports: window.reports, told: window.told }));
  expect(told.length).toBeGreaterThan(5);
  expect(told.length).toBeLessThan(reports / 5);
  // A browser that is too busy to draw is not waited for: then it is every half second.
  const twice = told.filter(([frame, at], index) => index > 0 && frame === told[index - 1][0] && at - told[index - 1][1] < 400);
  expect(twice).toEqual([]);
});

test("by itself the widget chooses the transport that can show it", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 4_000_000);
  const widget = await lab.open(page);
  const seen = await watch(widget);
  await slow(page, 1_000_000);
  await widget.choose(path);
  await widget.arrived("movie.mp4");
  const between = new Set((await seen()).map((look) => look.percent).filter((percent) => percent > 0 && percent < 100));
  expect(between.size, `seen: ${[...between]}`).toBeGreaterThanOrEqual(5);
});

test("by fetch, which cannot report, it promises nothing and ends at 100", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 3_000_000);
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" transport="fetch"></s3-upload>');
  const seen = await watch(widget);
  await slow(page, 1_000_000);
  await widget.choose(path);
  const result = await widget.arrived("movie.mp4");
  expect(await stored(lab, result.key)).toBe(await sha256(path));
  const uploading = (await seen()).filter((look) => look.status === "uploading");
  expect(uploading.length).toBeGreaterThan(0);
  for (const look of uploading) expect(look.percent).toBe(0);
  expect((await widget.events("success"))[0].percent).toBe(100);
});

for (const [words, size] of [
  ["a small file", 2_500_000],
  // Of which a whole percent takes four seconds, and which goes in parts.
  ["a large file", 100_000_000],
]) {
  test(`at 256 KB/s the bar of ${words} moves at least once a second`, async ({ lab, page, folder }) => {
    await page.addInitScript(() => {
      window.reports = [];
      const { send } = XMLHttpRequest.prototype;
      XMLHttpRequest.prototype.send = function (body) {
        this.upload.addEventListener("progress", () => window.reports.push(performance.now()));
        return send.call(this, body);
      };
    });
    const path = await filled(folder, "movie.mp4", size);
    const widget = await lab.open(page);
    const seen = await watch(widget);
    await slow(page, 256_000);
    await widget.choose(path);
    const row = widget.row("movie.mp4");
    const lasts = async () => {
      if ((await row.getAttribute("data-status")) === "completed") return true;
      const moves = await widths();
      return moves.length > 0 && moves.at(-1).at - moves[0].at > 10_000;
    };
    await expect.poll(lasts).toBe(true);
    if ((await row.getAttribute("data-status")) !== "completed") await widget.button(row, "cancel").click();
    const moves = await widths();
    const gaps = moves.slice(1).map((look, index) => look.at - moves[index].at);
    expect(moves.at(-1).at - moves[0].at).toBeGreaterThan(5_000);
    // A page or a network that stands still, on a loaded machine, is not the widget's.
    const reports = await page.evaluate(() => window.reports);
    expect(reports.length).toBeGreaterThan(10);
    const stood = (from, to) => {
      const alive = [from, ...reports.filter((at) => at > from && at < to), to];
      return Math.max(...alive.slice(1).map((at, index) => at - alive[index]));
    };
    const late = gaps.filter((gap, index) => gap > 1000 && stood(moves[index].at, moves[index + 1].at) < 500);
    expect(late, `gaps: ${gaps.map(Math.round)}`).toEqual([]);

    /** The moves of the bar itself: other words may have changed in between. */
    async function widths() {
      const moved = (await seen()).filter((look) => look.status === "uploading" && Number.parseFloat(look.width) > 0);
      return moved.filter((look, index) => look.width !== moved[index - 1]?.width);
    }
  });
}
