// The configuration for the tests of the packed npm package in fresh projects. `cargo xtask test --only embed` builds what is needed and sets
// the environment: that of the end-to-end tests, EMBED_PACKAGE (the packed package) and EMBED_PROJECTS (a folder
// for the projects). npm installs the starters and their dependencies.
import { defineConfig } from "@playwright/test";
import base from "../playwright.config.mjs";

export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: "*.embed.mjs",
  // A project is installed, built twice and tried twice.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  use: { ...base.use, navigationTimeout: 60_000 },
});
