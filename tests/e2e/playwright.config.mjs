// How the end-to-end tests run. `cargo xtask test --only e2e` builds what they need and sets the environment:
// S3_UPLOAD_SERVER (the server's binary), S3_UPLOAD_DIST (the built widget), CHROMIUM (the browser).
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
  workers: 2,
  timeout: 60_000,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
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
