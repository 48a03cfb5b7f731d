// better-upload, the current version and the one before: each route decides whether files go in parts.
import { filled, sha256 } from "../files.mjs";
import { cut, cutAnswer, Gate, holdHalfway } from "../faults.mjs";
import { PARTS, contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const MIB = 1 << 20;
const tag = (route) => `endpoint="$/api/upload" protocol="better-upload" route="${route}" ${PARTS}`;

for (const version of [3, 2]) {
  contract(
    `better-upload ${version}`,
    serverOf("NODE", `better-upload-${version}.mjs`),
    (bench, store) => {
      test.describe("in parts", () => threeFiles(bench, tag("parts"), { parts: 4 }));

      test.describe("in one, with headers that are signed", () =>
        threeFiles(bench, tag("described"), {
          check: ({ object, key, size }) => {
            expect(key).toMatch(/^described\//);
            expect(object.cacheControl).toBe("max-age=60");
            expect(object.metadata).toEqual({ author: "somebody", size: String(size) });
          },
        }));

      test("a file without a type, by the shortest route there is", async ({ page, folder }) => {
        const widget = await bench.open(page, tag("plain"));
        await bench.arrives(widget, folder, "LICENCE", 1500, { type: "application/octet-stream" });
      });

      test("a complete whose answer is lost has done its work", async ({ page, folder }) => {
        // The first is the server's own, which begins the upload.
        const lost = bench.store.proxy.on(["POST"], cutAnswer(), { times: 1, skip: 1 });
        const again = bench.store.proxy.on(["POST"], cut(), { times: 2, skip: 1 });
        const widget = await bench.open(page, tag("parts"));
        await bench.arrives(widget, folder, "movie.mp4", 20 * MIB, { type: "video/mp4", parts: 4 });
        expect(lost.hits).toBe(1);
        // A network that breaks more than once is no CORS rule.
        expect(again.hits).toBe(2);
      });

      test("addresses that expired during a pause: all of it begins again", async ({ page, folder }) => {
        const gate = new Gate();
        bench.store.proxy.on("PUT", holdHalfway(gate), { times: Infinity });
        const widget = await bench.open(page, tag("parts"), { clock: true });
        const path = await filled(folder, "movie.mp4", 20 * MIB);
        await widget.choose(path);
        const row = widget.row("movie.mp4");
        await expect.poll(() => bench.sent.length).toBeGreaterThan(0);
        await widget.button(row, "pause").click();
        await expect(row).toHaveAttribute("data-status", "paused");
        gate.open();
        await expect.poll(() => bench.store.proxy.open).toBe(0);
        await page.clock.fastForward(26 * 60_000);
        await widget.button(row, "resume").click();
        const result = await widget.arrived("movie.mp4", { timeout: 120_000 });
        expect(await bench.store.read(result.key)).toMatchObject({ sha256: await sha256(path) });
      });

      // The rule of the embedded store is fixed, and without DELETE.
      if (store !== "embedded") {
        test("a CORS rule without the method that completes is named", async ({ page, folder }) => {
          await bench.store.allow(bench.site.url, { AllowedMethods: ["PUT"] });
          const widget = await bench.open(page, tag("parts"), { clock: true });
          const path = await filled(folder, "movie.mp4", 20 * MIB);
          await widget.choose(path);
          const row = widget.row("movie.mp4");
          await widget.comesTo(row, "failed");
          const [{ error }] = await widget.events("error");
          expect(error.cause).toContain(`gave ${bench.site.url} no answer to POST`);
          expect(error.fix).toContain('Add "POST" to AllowedMethods');
          await bench.store.allow(bench.site.url);
          await widget.button(row, "retry").click();
          const result = await widget.arrived("movie.mp4");
          expect(await bench.store.read(result.key)).toMatchObject({ sha256: await sha256(path) });
          expect(bench.sent.filter((request) => request.method === "PUT"), "no part is sent twice").toHaveLength(4);
        });

        test("a cancel is a request to the store, which its CORS rule must allow", async ({ page, folder }) => {
          const before = await bench.store.unfinished();
          const gate = new Gate();
          bench.store.proxy.on("PUT", holdHalfway(gate), { times: Infinity, skip: 1 });
          await bench.store.allow(bench.site.url, { AllowedMethods: ["PUT", "POST", "DELETE"] });
          const widget = await bench.open(page, tag("parts"));
          await widget.choose(await filled(folder, "movie.mp4", 30 * MIB));
          await expect
            .poll(() => bench.sent.filter((request) => request.status === 200).length)
            .toBeGreaterThan(0);
          await widget.button(widget.row("movie.mp4"), "cancel").click();
          await expect(widget.row("movie.mp4")).toHaveAttribute("data-status", "cancelled");
          gate.open();
          await expect.poll(() => bench.store.proxy.requests("DELETE").map((abort) => abort.status)).toEqual([204]);
          await expect.poll(() => bench.store.proxy.open).toBe(0);
          expect(await bench.store.unfinished()).toEqual(before);
          await bench.store.allow(bench.site.url);
        });
      }

      for (const [title, route, file, words] of [
        ["a wrong type", "images", { type: "text/plain", text: "x" }, "One or more files have an invalid file type."],
        ["too large", "images", { type: "image/png", size: MIB + 1 }, "One or more files are too large."],
        ["rejected by the route", "members", { type: "text/plain", text: "x" }, "Only members may upload here."],
        ["a route that is not there", "elsewhere", { type: "text/plain", text: "x" }, "Upload route not found."],
      ]) {
        test(`${title}: its message`, async ({ page }) => {
          await bench.refused(page, tag(route), { name: "file.bin", ...file }, words);
        });
      }
    },
    { sameOrigin: true },
  );
}
