// The backends of `examples/backends`, started as their first lines say: what people copy is what is tested. Those that
// take minutes to build are checked by `examples/backends/check.mjs` alone.
import { copyFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { contract, expect, test, threeFiles } from "./lab.mjs";
import { launch, onFreePort, tool } from "./process.mjs";

const FOLDER = fileURLToPath(new URL("../../../examples/backends/", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../node_modules", import.meta.url));
const PAGE = { name: "page.html", type: "text/html", text: "<p>" };
const REFUSAL = "Allowed are application/pdf, image/jpeg, image/png, image/webp, text/plain, video/mp4.";

/** A backend that reads its port from the environment and says `ready` when it begins. */
function example(needs, file, ready) {
  const start = async (store, origin) => {
    const { program } = tool(needs);
    const folder = await mkdtemp(join(tmpdir(), "s3-upload-example-"));
    const copy = join(folder, basename(file));
    if (needs !== "GO") {
      // A backend in this folder uses the packages of these tests.
      await symlink(PACKAGES, join(folder, "node_modules"));
      await copyFile(join(FOLDER, file), copy);
    }
    const [command, args] = needs === "GO" ? [join(program, file), []] : [program, [copy]];
    let url;
    const server = await onFreePort((port) => {
      url = `http://127.0.0.1:${port}`;
      return launch(command, args, { env: { ...store.environment, ALLOWED_ORIGIN: origin, PORT: String(port) }, ready });
    });
    // Some say where they will listen just before they do.
    await expect.poll(() => fetch(url).then(Boolean, () => false)).toBe(true);
    return {
      url,
      async stop() {
        await server.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  };
  return { needs, start };
}

for (const [title, backend] of [
  ["examples/backends/node", example("NODE", "node/server.mjs", /^(Ready: )/)],
  ["examples/backends/python", example("PYTHON", "python/main.py", /(Uvicorn running on )/)],
  ["examples/backends/go", example("GO", "example", /(Starting at )/)],
  ["examples/backends/ruby", example("RUBY", "ruby/server.rb", /(HTTPServer#start: )/)],
]) {
  contract(title, backend, (bench) => {
    const tag = 'endpoint="$/uploads"';
    threeFiles(bench, tag);

    test("a type that it does not take: its words", async ({ page }) => {
      await bench.refused(page, tag, PAGE, REFUSAL);
    });

    if (backend.needs !== "PYTHON") return;
    for (const request of ["json", "query"]) {
      const tag = `endpoint="$/api/v1/files/presign" request="${request}" name-field="file_name" type-field="content_type" extra-fields="bucket_name=uploads&amp;expiration=300"`;
      test.describe(`/api/v1/files/presign, asked by ${request}`, () => {
        threeFiles(bench, tag);

        test("a type that it does not take: its words", async ({ page }) => {
          await bench.refused(page, tag, PAGE, REFUSAL);
        });
      });
    }
  });
}
