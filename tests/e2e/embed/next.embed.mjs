import { test, uploads } from "./project.mjs";

const OPTIONS = ["--ts", "--app", "--no-tailwind", "--no-eslint", "--no-src-dir", "--use-npm", "--skip-install", "--disable-git", "--no-turbopack", "--import-alias", "@/*"];

test("Next.js, which renders the page on the server", async ({ page, projects, server }) => {
  const project = await projects.created("next", "next-app@15", "--", ...OPTIONS);
  await project.write({
    // The starter's layout downloads fonts.
    "app/layout.tsx": `export default function Layout({ children }: { children: React.ReactNode }) {
  return <html lang="en"><body>{children}</body></html>;
}
`,
    "app/page.tsx": `"use client";
import "s3-upload/react";
import type { S3UploadFile } from "s3-upload/react";
import { useEffect, useState } from "react";
export default function Home() {
  const [key, setKey] = useState("");
  // React sets no listeners on a custom element that a server rendered.
  useEffect(() => {
    const stored = ({ detail }: CustomEvent<S3UploadFile>) => setKey(detail.result?.key ?? "");
    document.addEventListener("upload-success", stored);
    return () => document.removeEventListener("upload-success", stored);
  }, []);
  return (
    <main>
      <s3-upload endpoint="${server.url}/uploads" max-size="2GB" />
      <p id="key">{key}</p>
    </main>
  );
}
`,
  });
  await project.install();
  const options = (port) => ["--hostname", "127.0.0.1", "--port", port];
  await uploads(page, await project.serve("next", (port) => ["dev", "--turbopack", ...options(port)]), server);
  await project.stop();
  // By webpack, and then by Turbopack.
  for (const bundler of [[], ["--turbopack"]]) {
    await project.exec("next", "build", ...bundler);
    await project.hasOneCore(".next/static", { asset: true });
    await uploads(page, await project.serve("next", (port) => ["start", ...options(port)]), server);
    await project.stop();
  }
});
