// better-upload's client without React. Each option that is not named here has its default.
import { uploadFiles } from "@better-upload/client";
import { serve } from "../../pages/page.mjs";

const BATCH = 500;

serve({
  async upload(files, { isFaulty, threshold }) {
    const stored = await uploadFiles({
      api: "/better-upload",
      route: files.some(({ size }) => size > threshold) ? "parts" : "files",
      files,
      // It starts all requests at once by default, and Chromium refuses most of 5,000.
      ...(files.length > BATCH && { uploadBatchSize: BATCH }),
      // It repeats nothing by default.
      ...(isFaulty && { retry: 20, retryDelay: 100 }),
    });
    return stored.files.length;
  },
});
