import { test, uploads } from "./project.mjs";

test("Parcel", async ({ page, projects, server }) => {
  const project = await projects.of("parcel", {
    "src/index.js": `import "s3-upload";
document.addEventListener("upload-success", ({ detail }) => (document.getElementById("key").textContent = detail.result.key));
`,
    "src/index.html": `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
<script type="module" src="./index.js"></script>
<s3-upload endpoint="${server.url}/uploads"></s3-upload><p id="key"></p></html>`,
  });
  await project.install("parcel@2");
  const dev = (port) => ["serve", "src/index.html", "--no-autoinstall", "--host", "127.0.0.1", "--port", port, "--dist-dir", "dev"];
  await uploads(page, await project.serve("parcel", dev), server);
  await project.exec("parcel", "build", "src/index.html", "--no-autoinstall", "--dist-dir", "dist");
  await project.hasOneCore("dist", { asset: true });
  await uploads(page, await project.host("dist"), server);
});
