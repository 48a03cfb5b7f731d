import { Project, run, test, uploads } from "./project.mjs";

// The newest major version that runs on Node 20. Pinned, since the starter names packages of its own version.
const CLI = "@angular/cli@21.2.27";

test("Angular 21", async ({ page, projects, server }) => {
  const project = await projects.keep(Project.empty("angular"));
  const options = ["--defaults", "--skip-git", "--skip-tests", "--skip-install", "--interactive=false"];
  await run(project.parent, "npx", "--yes", CLI, "new", "angular", ...options);
  await project.write({
    "src/app/app.ts": `import "s3-upload";
import { Component, CUSTOM_ELEMENTS_SCHEMA, signal } from "@angular/core";
@Component({
  selector: "app-root",
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: \`<s3-upload endpoint="${server.url}/uploads" (upload-success)="key.set($event.detail.result?.key ?? '')"></s3-upload>
    <p id="key">{{ key() }}</p>\`,
})
export class App {
  protected readonly key = signal("");
}
`,
  });
  await project.install();
  await uploads(page, await project.serve("ng", (port) => ["serve", "--host", "127.0.0.1", "--port", port]), server);
  await project.exec("ng", "build");
  await project.hasOneCore("dist", { asset: false });
  await uploads(page, await project.host("dist/angular/browser"), server);
});
