// The package's scripts without a bundler, as a CDN serves them.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, uploads } from "./project.mjs";

const PAGE = (server, head) => `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">${head}
<s3-upload endpoint="${server.url}/uploads"></s3-upload><p id="key"></p>
<script>document.addEventListener("upload-success", ({ detail }) => (document.getElementById("key").textContent = detail.result.key));</script>
</html>`;

test("plain pages, with Subresource Integrity", { tag: "@basic" }, async ({ page, projects, server }) => {
  const project = await projects.of("plain", {});
  await project.install();
  const integrity = JSON.parse(await project.read("node_modules/s3-upload/integrity.json"));
  const files = Object.keys(integrity);
  expect(files.filter((file) => file.endsWith(".wasm"))).toHaveLength(2);
  const map = Object.entries(integrity).filter(([file]) => file.endsWith(".js"));
  const importmap = JSON.stringify({ integrity: Object.fromEntries(map.map(([file, hash]) => [`/${file}`, hash])) });
  const script = (name, kind) =>
    `<script type="importmap">${importmap}</script>
     <script ${kind} src="/dist/${name}" integrity="${integrity[`dist/${name}`]}" crossorigin="anonymous"></script>`;
  for (const [name, kind] of [
    ["s3-upload.js", 'type="module"'],
    ["s3-upload.inline.js", 'type="module"'],
    ["s3-upload.iife.js", ""],
  ]) {
    const url = await project.host("node_modules/s3-upload", { "/index.html": PAGE(server, script(name, kind)) });
    await uploads(page, url, server);
    // Another content than the one that the table has is not run.
    const text = await readFile(join(project.folder, "node_modules/s3-upload/dist", name), "utf8");
    const changed = await project.host("node_modules/s3-upload", {
      "/index.html": PAGE(server, script(name, kind)),
      [`/dist/${name}`]: `${text}\n`,
    });
    const refused = page.waitForEvent("console", (message) => message.text().includes("integrity"));
    await page.goto(changed);
    await refused;
    expect(await page.evaluate(() => customElements.get("s3-upload") === undefined)).toBe(true);
  }
});
