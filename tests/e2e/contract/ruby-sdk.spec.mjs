// The AWS SDK for Ruby: a URL beside the object's own address, and a form, asked for by GET and by a form.
import { contract, serverOf, test, threeFiles } from "./lab.mjs";

const PAGE = { name: "page.html", type: "text/html", text: "<p>" };

contract(
  "Ruby SDK",
  serverOf("RUBY", "sdk.rb"),
  (bench) => {
    for (const [title, tag, key] of [
      ["presigned_url", 'endpoint="$/sign" request="query" name-field="file-name" type-field="file-type"', false],
      ["presigned_post", 'endpoint="$/post" request="form" name-field="filename" type-field="contentType"', true],
    ]) {
      test.describe(title, () => {
        threeFiles(bench, tag, { key });

        test("a refusal in plain text: its words", async ({ page }) => {
          await bench.refused(page, tag, PAGE, "Web pages are not taken.");
        });
      });
    }
  },
  { sameOrigin: true },
);
