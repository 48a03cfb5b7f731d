// The settings of the end-to-end tests. `cargo xtask test --only e2e` builds what they need and sets the environment:
// S3_UPLOAD_SERVER (the server's binary), S3_UPLOAD_DIST (the built widget), CHROMIUM (the browser).
import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";

const root = process.getuid?.() === 0;

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.mjs",
  outputDir: process.env.S3_UPLOAD_ARTIFACTS ?? "test-results",
  // A retry would hide a race, which is what these tests are for.
  retries: 0,
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A test waits for a part of its time.
  workers: Math.min(8, availableParallelism() + 1),
  // Patience for a loaded machine. Only a test that fails takes that long.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    screenshot: "only-on-failure",
    // Without pictures of the page, which would be a quarter of what a short test computes.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false, sources: false },
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      // Chromium's own sandbox cannot be set up by root.
      chromiumSandbox: !root,
      args: [
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
