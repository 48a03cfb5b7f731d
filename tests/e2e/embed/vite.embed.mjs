import { test, uploads } from "./project.mjs";

const APP = (server) => `import "s3-upload/react";
import { useState } from "react";
export default function App() {
  const [key, setKey] = useState("");
  return (
    <>
      <s3-upload endpoint="${server.url}/uploads" maxSize="2GB" onupload-success={({ detail }) => setKey(detail.result?.key ?? "")} />
      <p id="key">{key}</p>
    </>
  );
}
`;

async function react(page, project, server) {
  await project.write({ "src/App.tsx": APP(server) });
  await project.install();
  const dev = await project.serve("vite", (port) => ["--port", port, "--strictPort", "--host", "127.0.0.1"]);
  await uploads(page, dev, server);
  // The starter's own script checks the types first.
  await project.exec("tsc", "-b");
  await project.exec("vite", "build");
  await project.hasOneCore("dist", { asset: true });
  await uploads(page, await project.host("dist"), server);
}

const TEMPLATE = ["--", "--template", "react-ts", "--no-interactive"];

test("Vite 7 with React 19 and TypeScript", { tag: "@basic" }, async ({ page, projects, server }) => {
  await react(page, await projects.created("vite-7-react", "vite@7", ...TEMPLATE), server);
});

test("Vite 8 with React 19 and TypeScript", async ({ page, projects, server }) => {
  await react(page, await projects.created("vite-8-react", "vite@9", ...TEMPLATE), server);
});
