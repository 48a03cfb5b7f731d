// Uppy as a page uses it: Core, the Dashboard, and AwsS3 with a backend that signs. esbuild bundles this file. Each option
// that is not named here has its default.
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import Dashboard from "@uppy/dashboard";
import "@uppy/core/css/style.min.css";
import "@uppy/dashboard/css/style.min.css";

const target = document.querySelector("#dashboard");

/** Asks the backend that the widget uses too. */
async function signRequest({ key, contentType }) {
  const response = await fetch("/uploads", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: key, type: contentType }),
  });
  if (!response.ok) throw new Error(`POST /uploads: ${response.status}`);
  return response.json();
}

globalThis.uppy = new Uppy({ autoProceed: !("manual" in target.dataset) })
  .use(Dashboard, { inline: true, target })
  .use(AwsS3, { signRequest });
