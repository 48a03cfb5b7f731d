// docs/faults.md is what `table.mjs` says.
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { DOCUMENT, render } from "./render.mjs";

test("docs/faults.md shows the table that is tested", async () => {
  const written = await readFile(DOCUMENT, "utf8");
  expect(written, "run: node tests/e2e/fault-table/render.mjs").toBe(render());
});
