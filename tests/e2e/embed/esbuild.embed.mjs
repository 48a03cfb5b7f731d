import { expect, test, uploads } from "./project.mjs";

const PAGE = (server) => `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,">
<script type="module" src="/index.js"></script>
<s3-upload endpoint="${server.url}/uploads"></s3-upload><p id="key"></p></html>`;
const SCRIPT = `import "s3-upload";
document.addEventListener("upload-success", ({ detail }) => (document.getElementById("key").textContent = detail.result.key));
`;

test("esbuild", { tag: "@basic" }, async ({ page, projects, server }) => {
  const project = await projects.of("esbuild", { "src/index.js": SCRIPT, "www/index.html": PAGE(server) });
  await project.install("esbuild@0.28");
  const options = ["src/index.js", "--bundle", "--format=esm"];
  const dev = await project.serve("esbuild", (port) => [...options, "--outdir=www", "--servedir=www", "--serve=127.0.0.1:" + port]);
  await uploads(page, dev, server);
  await project.exec("esbuild", ...options, "--minify", "--outdir=www");
  await project.hasOneCore("www", { asset: false });
  await uploads(page, await project.host("www"), server);
  // A classic script has no `import.meta`.
  await project.exec("esbuild", "src/index.js", "--bundle", "--format=iife", "--minify", "--outdir=classic");
  expect(await project.read("classic/index.js")).not.toContain("import.meta");
  const classic = PAGE(server).replace('type="module"', "defer");
  await uploads(page, await project.host("classic", { "/index.html": classic }), server);
});
