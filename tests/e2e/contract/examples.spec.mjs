// The backends of `examples/backends`, started as their first lines say: what people copy is what is tested. Those that
// take minutes to build are checked by `examples/backends/check.mjs` alone.
import { copyFile, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { contract, test, threeFiles } from "./lab.mjs";
import { freePort, launch, tool } from "./process.mjs";

const FOLDER = fileURLToPath(new URL("../../../examples/backends/", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../node_modules", import.meta.url));
const PAGE = { name: "page.html", type: "text/html", text: "<p>" };
const REFUSAL = "Allowed are application/pdf, image/jpeg, image/png, image/webp, text/plain, video/mp4.";

/** A backend that reads its port from the environment and says `ready` when it listens. */
function example(needs, file, ready) {
  const start = async (store, origin) => {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "s3-upload-example-"));
    // Where the packages of these tests are its own.
    await symlink(PACKAGES, join(folder, "node_modules"));
    await copyFile(join(FOLDER, file), join(folder, file.replace("/", "-")));
    const env = { ...store.environment, ALLOWED_ORIGIN: origin, PORT: String(port) };
    const server = await launch(tool(needs).program, [join(folder, file.replace("/", "-"))], { env, ready });
    return {
      url: `http://127.0.0.1:${port}`,
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
      const tag = `endpoint="$/api/v1/files/presign" request="${request}" name-field="file_name" extra-fields="bucket_name=uploads&amp;expiration=300"`;
      test.describe(`/api/v1/files/presign, asked by ${request}`, () => {
        threeFiles(bench, tag);

        test("a type that it does not take: its words", async ({ page }) => {
          await bench.refused(page, tag, PAGE, REFUSAL);
        });
      });
    }
  });
}
