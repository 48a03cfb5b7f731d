// The presigners of the AWS SDK for JavaScript, their answers handed on as they are.
import { PARTS, contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const tag = (path, more = "") => `endpoint="$${path}" name-field="fileName" type-field="contentType" ${PARTS} ${more}`;

contract(
  "Node SDK",
  serverOf("NODE", "node-sdk.mjs"),
  (bench) => {
    // Its key ends in the name that the store reads from the form, so that only the store can tell it.
    test.describe("createPresignedPost", () =>
      threeFiles(bench, tag("/form"), {
        key: false,
        // ministack reads a form's names as Latin-1, and keeps the key so.
        check: ({ key, name }) => {
          const told = decodeURIComponent(key.replaceAll("%&", "%25&"));
          expect([told, Buffer.from(told, "latin1").toString("utf8")].join("\n")).toContain(name.slice(0, 5));
        },
      }));

    test.describe("getSignedUrl, as {signedUrl}", () => threeFiles(bench, tag("/signed"), { key: false }));
    test.describe("getSignedUrl, as a JSON string", () => threeFiles(bench, tag("/bare"), { key: false }));
    test.describe("getSignedUrl, as text to a GET", () => threeFiles(bench, tag("/text", 'request="query"'), { key: false }));

    test("the SDK's default signs a checksum of nothing: it arrives here, and the console warns", async ({ page, folder }) => {
      const widget = await bench.open(page, tag("/checksum"));
      await bench.arrives(widget, folder, "photo.jpg", 4099, { type: "image/jpeg" });
      const said = await page.evaluate(() => window.said.join("\n"));
      expect(said).toContain("requestChecksumCalculation");
      expect(said).toContain("WHEN_REQUIRED");
    });

    test("a refusal: its error", async ({ page }) => {
      await bench.refused(page, tag("/signed"), { name: "page.html", type: "text/html", text: "<p>" }, "No web pages, please.");
    });
  },
  { sameOrigin: true },
);
