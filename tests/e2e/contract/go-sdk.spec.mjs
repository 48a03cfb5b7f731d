// Version 2 of the AWS SDK for Go: PresignPutObject's answer as Go writes it, {"URL", "Method", "SignedHeader"}.
import { contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const TAG = 'endpoint="$/presign" name-field="fileName" type-field="fileType" size-field="fileSize"';

contract("Go SDK", serverOf("GO", "sdk"), (bench) => {
  threeFiles(bench, TAG, { key: false, check: ({ object }) => expect(object.cacheControl).toBe("max-age=60") });

  test("a refusal in plain text: its words", async ({ page }) => {
    await bench.refused(page, TAG, { name: "page.html", type: "text/html", text: "<p>" }, "Web pages are not taken.");
  });
});
