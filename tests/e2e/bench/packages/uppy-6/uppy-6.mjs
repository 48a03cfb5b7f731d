// Uppy 6: Companion, and signing by a function where the backend speaks the widget's protocol.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ask } from "../../pages/page.mjs";
import { chunkSize, serveUppy } from "../../pages/uppy.mjs";

/** The sizes of the files, which a signature needs and Uppy does not pass on. */
const sizes = new Map();

function generateObjectKey({ name, size }) {
  sizes.set(name, size);
  return name;
}

serveUppy(Uppy, (uppy, work) => {
  const { protocol, isLarge, threshold } = work;
  const shouldUseMultipart = ({ size }) => size > threshold;
  if (protocol === "companion" || isLarge) {
    uppy.use(AwsS3, { companionEndpoint: `${location.origin}/companion`, shouldUseMultipart, generateObjectKey, ...chunkSize(work) });
    return;
  }
  uppy.use(AwsS3, {
    shouldUseMultipart: false,
    generateObjectKey,
    async signRequest({ key, contentType }) {
      const { url, headers } = await ask("POST", "/uploads", { name: key, type: contentType, size: sizes.get(key), accepts: ["put"] });
      return { url, headers };
    },
  });
});
