// The project's own server, signing for a store that is not ours: each way that a file can go.
import { download } from "../files.mjs";
import { respond } from "../faults.mjs";
import { launch } from "./process.mjs";
import { PARTS, contract, expect, test, threeFiles } from "./lab.mjs";

const server = {
  needs: "NODE",
  start: (store, origin) =>
    launch(
      process.env.S3_UPLOAD_SERVER,
      ["--bucket", "uploads", "--endpoint", store.url, "--path-style", "--port", "0", "--allow-origin", origin, "--max-size", "30MiB"],
      { env: store.environment },
    ),
};

/** From now on files go by this strategy. */
function insist(bench, strategy) {
  const instead = respond(async (_, body) => {
    const answer = await fetch(`${bench.backend.url}/uploads`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: bench.site.url },
      body: JSON.stringify({ ...JSON.parse(body), accepts: [strategy] }),
    });
    const headers = { "content-type": "application/json", "access-control-allow-credentials": "true", "access-control-allow-origin": bench.site.url };
    return { status: answer.status, headers, body: await answer.text() };
  });
  bench.front.on(["POST", "/uploads"], instead, { times: Infinity });
}

contract(
  "s3-upload-server",
  server,
  (bench) => {
    const tag = `endpoint="$/uploads" ${PARTS}`;
    test.afterEach(() => bench.front.reset());

    test.describe("as the widget prefers", () =>
      threeFiles(bench, tag, {
        parts: 4,
        check: async ({ result, size, type, object }) => {
          expect(result).toMatchObject({ size, type });
          expect(await download(result.downloadUrl)).toMatchObject({ status: 200, size, type, sha256: object.sha256 });
        },
      }));

    for (const [strategy, parts] of [["put", 1], ["post", 1], ["multipart", 4]]) {
      test.describe(`by ${strategy}`, () => {
        test.beforeEach(() => insist(bench, strategy));
        threeFiles(bench, tag, {
          parts,
          check: () => expect(bench.sent[0].method).toBe(strategy === "post" ? "POST" : "PUT"),
        });
      });
    }

    test("too large: its words", async ({ page }) => {
      const words = "This file is too large: it has 32 MiB, and at most 30 MiB are allowed.";
      await bench.refused(page, tag, { name: "big.bin", type: "application/octet-stream", size: 32 << 20 }, words);
    });
  },
  { stores: ["ministack"] },
);
