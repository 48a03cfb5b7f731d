// Uppy 6: Companion, and signing by a function where the backend speaks the widget's protocol.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import { ask } from "../../pages/page.mjs";
import { chunkSize, serveUppy } from "../../pages/uppy.mjs";

const generateObjectKey = ({ name }) => name;

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
    signRequest: ({ key, contentType }) => ask("POST", "/uploads", { name: key, type: contentType, size: 0, accepts: ["put"] }),
  });
});
