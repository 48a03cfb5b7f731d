// The least that must be true before any other end-to-end test means something.
import { expect, test } from "./server.mjs";

test("the demo page loads and the element is defined", async ({ page }) => {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));

  await page.goto("/");
  await page.evaluate(() => customElements.whenDefined("s3-upload"));

  await expect(page.locator("s3-upload").first()).toBeVisible();
  expect(complaints).toEqual([]);
});
