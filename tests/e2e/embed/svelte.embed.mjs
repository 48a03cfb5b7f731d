import { Project, run, test, uploads } from "./project.mjs";

test("SvelteKit, which renders the page on the server", async ({ page, projects, server }) => {
  const project = await projects.keep(Project.empty("svelte"));
  await run(project.parent, "npx", "--yes", "sv@0.9", "create", "svelte", "--template", "minimal", "--types", "ts", "--no-add-ons", "--no-install");
  await project.write({
    "src/routes/+page.svelte": `<script lang="ts">
  import "s3-upload/svelte";
  let key = $state("");
</script>

<s3-upload endpoint="${server.url}/uploads" onupload-success={({ detail }) => (key = detail.result?.key ?? "")}></s3-upload>
<p id="key">{key}</p>
`,
  });
  await project.install();
  const options = (port) => ["--port", port, "--strictPort", "--host", "127.0.0.1"];
  await uploads(page, await project.serve("vite", (port) => ["dev", ...options(port)]), server);
  await project.exec("svelte-kit", "sync");
  await project.exec("svelte-check", "--tsconfig", "./tsconfig.json");
  await project.exec("vite", "build");
  await project.hasOneCore(".svelte-kit/output/client", { asset: true });
  await uploads(page, await project.serve("vite", (port) => ["preview", ...options(port)]), server);
});
