// The least that must be true before any other end-to-end test means something.
import { expect, test } from "./server.mjs";
import { Widget } from "./widget.mjs";

test("the demo page loads and the element is defined", async ({ page }) => {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));

  await page.goto("/");
  await page.evaluate(() => customElements.whenDefined("s3-upload"));

  await expect(page.locator("s3-upload").first()).toBeVisible();
  expect(complaints).toEqual([]);
});

test("the script and the wasm are fetched side by side", async ({ page }) => {
  const wasm = page.waitForRequest("**/s3-upload-core_bg.wasm*");
  // The script comes only after the wasm was asked for: loaded one after the other, neither would come.
  await page.route("**/s3-upload-core.js*", async (route) => {
    await wasm;
    await route.continue();
  });
  await page.goto("/");
  await Widget.ready(page);
});
