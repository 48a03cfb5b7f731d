// Rails and its Active Storage: direct uploads with the token against forgery, and the signed id in the form.
import { contract, expect, serverOf, test, threeFiles } from "./lab.mjs";

const TAG = 'endpoint="/rails/active_storage/direct_uploads" protocol="active-storage" name="file"';
const rails = { path: "/rails-page", around: (tag) => `<form>${tag}</form>` };

contract(
  "Rails",
  serverOf("RUBY", "rails.rb"),
  (bench) => {
    threeFiles(bench, TAG, {
      how: rails,
      check: async ({ page, object, key, name, size, type }) => {
        // The name under which the object is served, without what Rails takes out of names.
        const filename = name.replaceAll("%", "-");
        const [, disposition] = object.disposition.match(/filename\*=UTF-8''(\S+)$/);
        expect(decodeURIComponent(disposition)).toBe(filename);
        // The form's value is the signed id: Rails finds its blob by it.
        const blob = await page.evaluate(async () => {
          const body = new FormData(document.forms[0]);
          const token = document.querySelector("meta[name=csrf-token]").content;
          const answer = await fetch("/attach", { method: "POST", body, headers: { "x-csrf-token": token } });
          return answer.json();
        });
        expect(blob).toMatchObject({ key, filename, size, type });
      },
    });

    test("without the token, Rails refuses", async ({ page }) => {
      const words = /status 422/;
      await bench.refused(page, TAG, { name: "a.txt", type: "text/plain", text: "x" }, words, { ...rails, path: "/tokenless-page" });
    });

    test("the application refuses, in its words", async ({ page }) => {
      await bench.refused(page, TAG, { name: "page.html", type: "text/html", text: "<p>" }, "Web pages are not taken.", rails);
    });
  },
  { sameOrigin: true },
);
