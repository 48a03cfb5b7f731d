// Uppy Companion: forms for small files, multipart for large ones.
import { filled } from "../files.mjs";
import { Gate, holdHalfway, strip } from "../faults.mjs";
import { PARTS, contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const MIB = 1 << 20;
const TAG = `endpoint="$/s3" protocol="companion" ${PARTS}`;
const UPLOAD = /^\/s3\/multipart\/[^/]+$/;

contract("Uppy Companion", serverOf("NODE", "companion.mjs"), (bench) => {
  threeFiles(bench, TAG, { parts: 4 });

  test("what is below the threshold goes as a form, what is above in parts", async ({ page, folder }) => {
    const widget = await bench.open(page, TAG);
    bench.front.reset();
    await bench.arrives(widget, folder, "below.bin", 7 * MIB, { type: "application/octet-stream" });
    expect(bench.sent.map((request) => request.method)).toEqual(["POST"]);
    expect(bench.front.count(["GET", "/s3/params"])).toBe(1);
    bench.store.proxy.reset();
    await bench.arrives(widget, folder, "above.bin", 9 * MIB, { type: "application/octet-stream", parts: 2 });
    expect(bench.sent.map((request) => [request.method, request.part, request.bytes]).sort()).toEqual([
      ["PUT", 1, 5 * MIB],
      ["PUT", 2, 4 * MIB],
    ]);
  });

  test("the store's CORS rule hides the ETag: Companion lists the parts", async ({ page, folder }) => {
    bench.store.proxy.on("PUT", strip("access-control-expose-headers"), { times: Infinity });
    const widget = await bench.open(page, TAG);
    bench.front.reset();
    await bench.arrives(widget, folder, "hidden.bin", 12 * MIB, { type: "application/octet-stream", parts: 3 });
    expect(bench.front.count(["GET", UPLOAD])).toBeGreaterThan(0);
  });

  test("cancelled in the middle: Companion aborts, and nothing is left", async ({ page, folder }) => {
    const before = { keys: await bench.store.keys(), unfinished: await bench.store.unfinished() };
    const gate = new Gate();
    bench.store.proxy.on("PUT", holdHalfway(gate), { times: Infinity, skip: 1 });
    const widget = await bench.open(page, TAG);
    bench.front.reset();
    await widget.choose(await filled(folder, "movie.mp4", 30 * MIB));
    await expect.poll(() => bench.sent.filter((request) => request.status === 200).length).toBeGreaterThan(0);
    await widget.button(widget.row("movie.mp4"), "cancel").click();
    await expect(widget.row("movie.mp4")).toHaveAttribute("data-status", "cancelled");
    gate.open();
    await expect.poll(() => bench.front.requests(["DELETE", UPLOAD]).map((abort) => abort.status)).toEqual([200]);
    await expect.poll(() => bench.store.proxy.open).toBe(0);
    expect(await bench.store.unfinished()).toEqual(before.unfinished);
    expect(await bench.store.keys()).toEqual(before.keys);
  });

  test("the application refuses, in its words", async ({ page }) => {
    await bench.refused(page, TAG, { name: "page.html", type: "text/html", text: "<p>" }, "Web pages are not taken.");
  });

  test("Companion itself is misconfigured", async ({ page }) => {
    // Its message is for developers. A status of 500 may pass, so that it is waited for unless the page sets a limit.
    const words = "The server has a problem (status 500). Try again later.";
    const tag = `${TAG} outage-limit="2"`;
    await bench.refused(page, tag, { name: "keyless.txt", type: "text/plain", text: "x" }, words);
  });
});
