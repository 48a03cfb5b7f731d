import { test, uploads } from "./project.mjs";

test("webpack 5", async ({ page, projects, server }) => {
  const project = await projects.of("webpack", {
    // Without a configuration file, webpack builds src/index.js into dist/main.js.
    "src/index.js": `import "s3-upload";
document.addEventListener("upload-success", ({ detail }) => (document.getElementById("key").textContent = detail.result.key));
`,
    "public/index.html": `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
<script defer src="/main.js"></script>
<s3-upload endpoint="${server.url}/uploads"></s3-upload><p id="key"></p></html>`,
  });
  await project.install("webpack@5", "webpack-cli@6", "webpack-dev-server@5");
  const dev = (port) => ["serve", "--mode", "development", "--host", "127.0.0.1", "--port", port];
  await uploads(page, await project.serve("webpack", dev), server);
  await project.exec("webpack", "--mode", "production");
  await project.hasOneCore("dist", { asset: true });
  const html = await project.read("public/index.html");
  await uploads(page, await project.host("dist", { "/index.html": html }), server);
});
