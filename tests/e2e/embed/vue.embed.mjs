import { test, uploads } from "./project.mjs";

test("Vue", async ({ page, projects, server }) => {
  // The newest starter that runs on Node 20.
  const project = await projects.created("vue", "vue@3.18", "--", "--default", "--ts");
  const config = await project.read("vite.config.ts");
  await project.write({
    "vite.config.ts": config.replace(
      "vue(),",
      'vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "s3-upload" } } }),',
    ),
    "src/App.vue": `<script setup lang="ts">
import "s3-upload/vue";
import { ref } from "vue";
const endpoint = "${server.url}/uploads";
const key = ref("");
</script>

<template>
  <s3-upload :endpoint="endpoint" @upload-success="({ detail }) => (key = detail.result?.key ?? '')" />
  <p id="key">{{ key }}</p>
</template>
`,
  });
  await project.install();
  const dev = await project.serve("vite", (port) => ["--port", port, "--strictPort", "--host", "127.0.0.1"]);
  await uploads(page, dev, server);
  await project.exec("vue-tsc", "--build");
  await project.exec("vite", "build");
  await project.hasOneCore("dist", { asset: true });
  await uploads(page, await project.host("dist"), server);
});
