// Django with django-s3-file-field: everything goes in parts, the browser completes them, and the form gets a signed value.
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

    test("a field that no model has: Django's words", async ({ page }) => {
      const tag = `${TAG} extra-fields="field_id=library.Paper.cover"`;
      await bench.refused(page, tag, { name: "a.txt", type: "text/plain", text: "x" }, /Invalid field ID: "library\.Paper\.cover"/, how);
    });
  },
  { sameOrigin: true },
);
