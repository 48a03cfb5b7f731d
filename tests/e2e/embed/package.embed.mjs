// The package itself: its entries, declarations and manifest, and an import without a document.
import { readFile, readdir } from "node:fs/promises";
import { expect, PACKAGE, run, test } from "./project.mjs";

const types = new URL("./types/", import.meta.url);
const OPTIONS = {
  strict: true,
  noEmit: true,
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: [],
};

test("entries and manifest", async ({ projects }) => {
  const project = await projects.of("package", {});
  const schema = "custom-elements-manifest@2.1.0";
  await project.install("publint@0.3.25", "@arethetypeswrong/cli@0.18.5", schema, "ajv@8");
  expect(await project.exec("publint", "--strict", PACKAGE)).toContain("All good!");
  // The package has ES modules only, so that resolution by older rules does not count.
  await project.exec("attw", PACKAGE, "--profile", "esm-only");
  await project.write({
    "validate.mjs": `import Ajv from "ajv";
      import { readFileSync } from "node:fs";
      const read = (path) => JSON.parse(readFileSync("node_modules/" + path));
      const ajv = new Ajv({ strict: false });
      ajv.addSchema(read("custom-elements-manifest/schema.json"), "schema");
      const manifest = read("s3-upload/custom-elements.json");
      const [element] = manifest.modules[0].declarations;
      // The schema of a manifest also accepts the element as any other class.
      for (const [type, value] of [["", manifest], ["#/definitions/CustomElementDeclaration", element]]) {
        const validate = ajv.compile({ $ref: "schema" + type });
        if (!validate(value)) throw new Error(JSON.stringify(validate.errors));
      }
      element.events[0] = {};
      if (ajv.validate({ $ref: "schema#/definitions/CustomElementDeclaration" }, element)) throw new Error("accepted");`,
  });
  await run(project.folder, process.execPath, "validate.mjs");
});

test("imports without a document", async ({ projects }) => {
  const project = await projects.of("node", {
    "import.mjs": `for (const entry of ["", "/react", "/vue", "/inline", "/external", "/dist/s3-upload.iife.js"]) {
        const { S3Upload } = await import("s3-upload" + entry);
        if (!entry.includes("iife") && typeof S3Upload !== "function") throw new Error(entry);
      }
      if (globalThis.customElements) throw new Error("There is a document.");`,
    "require.cjs": `if (typeof require("s3-upload").S3Upload !== "function") throw new Error();`,
  });
  await project.install();
  await run(project.folder, process.execPath, "import.mjs");
  await run(project.folder, process.execPath, "require.cjs");
});

test("declarations", async ({ projects }) => {
  const project = await projects.of("types", {
    "tsconfig.vue.json": JSON.stringify({
      compilerOptions: { ...OPTIONS, module: "esnext", moduleResolution: "bundler" },
      vueCompilerOptions: { strictTemplates: true },
      include: ["*.vue"],
    }),
    "tsconfig.svelte.json": JSON.stringify({
      compilerOptions: { ...OPTIONS, module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true },
      include: ["*.svelte"],
    }),
  });
  for (const name of await readdir(types)) await project.write({ [name]: await readFile(new URL(name, types), "utf8") });
  const frameworks = ["react@19", "@types/react@19", "preact@11", "vue@3", "svelte@5", "solid-js@1"];
  await project.install("typescript@5.9", "vue-tsc@3", "svelte-check@4", ...frameworks);
  const check = async (name, compilerOptions) => {
    const config = { compilerOptions: { ...OPTIONS, ...compilerOptions }, files: [name] };
    await project.write({ "tsconfig.json": JSON.stringify(config) });
    await project.exec("tsc");
  };
  for (const module of ["nodenext", "esnext"]) {
    const moduleResolution = module === "esnext" ? "bundler" : module;
    await check("use.ts", { module, moduleResolution });
    for (const name of ["react.tsx", "preact.tsx"]) await check(name, { module, moduleResolution, jsx: "react-jsx" });
    await check("solid.tsx", { module, moduleResolution, jsx: "preserve" });
  }
  // Templates have no comment that expects an error: those of the wrong ones are read.
  const errors = (promise) => promise.then(() => "", (error) => error.message);
  const vue = await errors(project.exec("vue-tsc", "-p", "tsconfig.vue.json"));
  expect(vue).toContain("wrong.vue");
  expect(vue).toContain("Type 'number' is not assignable to type 'string'");
  expect(vue).toContain("Property 'nothing' does not exist on type 'S3UploadFile'");
  expect(vue).not.toContain("right.vue");
  const svelte = await errors(project.exec("svelte-check", "--tsconfig", "tsconfig.svelte.json"));
  expect(svelte).toContain("Wrong.svelte");
  expect(svelte).toContain("Type 'number' is not assignable to type 'string'");
  expect(svelte).toContain("Property 'nothing' does not exist on type 'S3UploadFile'");
  expect(svelte).not.toContain("Right.svelte");
});
