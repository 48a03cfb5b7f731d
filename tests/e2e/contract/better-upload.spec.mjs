// better-upload, the current version and the one before: each route decides whether files go in parts.
import { filled } from "../files.mjs";
import { throttle } from "../faults.mjs";
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

      // The rule of the embedded store is fixed, and without DELETE.
      if (store !== "embedded") {
        test("a cancel is a request to the store, which its CORS rule must allow", async ({ page, folder }) => {
          const before = await bench.store.unfinished();
          bench.store.proxy.on("PUT", throttle({ bytesPerSecond: 3 * MIB }), { times: Infinity });
          await bench.store.allow(bench.site.url, { AllowedMethods: ["PUT", "POST", "DELETE"] });
          const widget = await bench.open(page, tag("parts"));
          await widget.choose(await filled(folder, "movie.mp4", 30 * MIB));
          await expect
            .poll(() => bench.sent.filter((request) => request.status === 200).length, { timeout: 20_000 })
            .toBeGreaterThan(0);
          await widget.button(widget.row("movie.mp4"), "cancel").click();
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
