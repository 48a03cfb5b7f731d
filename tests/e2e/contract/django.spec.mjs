// Django with django-s3-file-field: everything goes in parts, the browser completes them, and the form gets a signed value.
import { respond } from "../faults.mjs";
import { contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const TAG = 'endpoint="$/s3-upload/" protocol="django-s3-file-field" name="scan"';
const FIELD = 'extra-fields="field_id=library.Paper.scan"';
const how = { around: (tag) => `<form>${tag}</form>` };

contract(
  "Django",
  serverOf("PYTHON", "django_s3_file_field.py"),
  (bench) => {
    threeFiles(bench, `${TAG} ${FIELD}`, {
      parts: 4,
      how,
      check: async ({ page, key, size }) => {
        const attached = await page.evaluate(async () => {
          const answer = await fetch("/attach", { method: "POST", body: new FormData(document.forms[0]) });
          return answer.json();
        });
        expect(attached).toEqual({ key, size });
      },
    });

    test("an end that fails on the way is taken up where it was", async ({ page, folder }) => {
      const failed = bench.front.on(["POST", /\/finalize\/$/], respond({ status: 502, body: "" }), { times: 1 });
      const widget = await bench.open(page, `${TAG} ${FIELD}`, how);
      await bench.arrives(widget, folder, "movie.mp4", 12 << 20, { type: "video/mp4", parts: 3 });
      expect(failed.hits).toBe(1);
      // The server's own, which begins the upload, has no body.
      expect(bench.store.proxy.requests(["POST"]).filter((request) => request.bytes > 0)).toHaveLength(1);
    });

    test("a field that no model has: Django's words", async ({ page }) => {
      const tag = `${TAG} extra-fields="field_id=library.Paper.cover"`;
      await bench.refused(page, tag, { name: "a.txt", type: "text/plain", text: "x" }, /Invalid field ID: "library\.Paper\.cover"/, how);
    });
  },
  { sameOrigin: true },
);
