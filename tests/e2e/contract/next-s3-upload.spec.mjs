// next-s3-upload's route handler. It knows no size, and no refusal but an error.
import { contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const TAG = 'endpoint="$/api/s3-upload" protocol="next-s3-upload"';
const WORDS = "The server has a problem (status 500). Try again later.";

contract(
  "next-s3-upload",
  serverOf("NODE", "next-s3-upload.mjs"),
  (bench) => {
    threeFiles(bench, TAG, {
      // The library's own client sends this with every file.
      check: ({ object }) => expect(object.cacheControl).toBe("max-age=630720000"),
    });

    test("an error of the route", async ({ page }) => {
      // A status of 500 may pass, so that it is waited for unless the page sets a limit.
      await bench.refused(page, `${TAG} outage-limit="2"`, { name: "page.html", type: "text/html", text: "<p>" }, WORDS);
    });
  },
  { sameOrigin: true },
);
