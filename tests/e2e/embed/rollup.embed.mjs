import { test, uploads } from "./project.mjs";

test("Rollup, which has no server", async ({ page, projects, server }) => {
  const script = (entry) => `import "${entry}";
document.addEventListener("upload-success", ({ detail }) => (document.getElementById("key").textContent = detail.result.key));
`;
  const project = await projects.of("rollup", {
    "src/index.js": script("s3-upload"),
    "src/inline.js": script("s3-upload/inline"),
    "www/index.html": `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
<script type="module" src="/index.js"></script>
<s3-upload endpoint="${server.url}/uploads"></s3-upload><p id="key"></p></html>`,
  });
  await project.install("rollup@4", "@rollup/plugin-node-resolve@16");
  await project.write({
    "browser.mjs": `import resolve from "@rollup/plugin-node-resolve";
export default { input: "src/inline.js", output: { file: "www/index.js" }, plugins: [resolve({ browser: true })] };
`,
  });
  for (const options of [
    ["src/index.js", "--plugin", "node-resolve", "--file", "www/index.js"],
    // Rollup emits no files that packages refer to, but has the conditions of bundlers that do.
    ["--config", "browser.mjs"],
  ]) {
    await project.exec("rollup", ...options);
    await project.hasOneCore("www", { asset: false });
    await uploads(page, await project.host("www"), server);
  }
});
