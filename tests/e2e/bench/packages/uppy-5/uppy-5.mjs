// Uppy 5: Companion, and signing by a function where the backend speaks the widget's protocol.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ask } from "../../pages/page.mjs";
import { chunkSize, serveUppy } from "../../pages/uppy.mjs";

serveUppy(Uppy, (uppy, work) => {
  const { protocol, isLarge, threshold } = work;
  const shouldUseMultipart = ({ size }) => size > threshold;
  if (protocol === "companion" || isLarge) {
    uppy.use(AwsS3, { endpoint: `${location.origin}/companion`, shouldUseMultipart, ...chunkSize(work) });
    return;
  }
  uppy.use(AwsS3, {
    shouldUseMultipart: false,
    async getUploadParameters({ name, type, size }) {
      const { url, headers } = await ask("POST", "/uploads", { name, type, size, accepts: ["put"] });
      return { method: "PUT", url, headers: { "content-type": type, ...headers } };
    },
  });
});
