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
  for (const look of uploading) expect(look.width).toBe(`${look.percent}%`);
  expect(Math.max(...percents)).toBeLessThan(100);
  // A megabyte a second, as the person reads it.
  const speeds = uploading.map((look) => look.speed.match(/^([\d.]+) (KB|MB)\/s/)).filter(Boolean);
  expect(speeds.length).toBeGreaterThan(2);
  const last = speeds.at(-1);
  const speed = Number(last[1]) * (last[2] === "MB" ? 1e6 : 1e3);
  expect(speed).toBeGreaterThan(500_000);
  expect(speed).toBeLessThan(1_500_000);
  expect(uploading.some((look) => / · \d+ s left$/.test(look.speed))).toBe(true);
  expect(uploading.some((look) => /^[\d.]+ MB of 6 MB$/.test(look.size))).toBe(true);
  expect((await widget.events("success"))[0].percent).toBe(100);
  expect((await widget.events("progress")).length).toBeGreaterThan(5);
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

test("at 256 KB/s something moves at least once a second", async ({ lab, page, folder }) => {
  const path = await filled(folder, "movie.mp4", 2_500_000);
  const widget = await lab.open(page);
  const seen = await watch(widget);
  await slow(page, 256_000);
  await widget.choose(path);
  await widget.arrived("movie.mp4");
  const moves = (await seen()).filter((look) => look.status === "uploading" && look.percent > 0);
  const gaps = moves.slice(1).map((look, index) => look.at - moves[index].at);
  expect(moves.length).toBeGreaterThan(8);
  expect(Math.max(...gaps), `gaps: ${gaps.map(Math.round)}`).toBeLessThanOrEqual(1000);
});
