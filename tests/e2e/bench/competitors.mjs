// The competitors, in the order of the table. `page` is the page's name with its query. `cannot` has the reason for each
// work that a competitor cannot do, by the work's name. `canFail` has the works in which it fails where it does not repeat
// the requests that fail.
import { versionOf } from "./bundle.mjs";

const OWN_PARTS = { "own-parts": "only the widget chooses the size of its parts here; the others have 5 MiB" };

/** The ratios in the table are those to this one. */
export const BASE = "xhr-6";

export const COMPETITORS = [
  { name: "widget", title: "this widget", page: "widget.html" },
  { name: "uppy-6", title: "Uppy 6", page: "uppy-6.html", packages: ["@uppy/core", "@uppy/aws-s3"], cannot: OWN_PARTS, canFail: ["many-faults"] },
  { name: "uppy-5", title: "Uppy 5", page: "uppy-5.html", packages: ["@uppy/core", "@uppy/aws-s3"], cannot: OWN_PARTS, canFail: ["many-faults"] },
  {
    name: "better-upload",
    title: "better-upload",
    page: "better-upload.html",
    packages: ["@better-upload/client"],
    cannot: {
      ...OWN_PARTS,
      forms: "it speaks the protocol of its own server only, which signs no forms",
      "server-500": "it speaks the protocol of its own server only",
    },
  },
  { name: "xhr-6", title: "XHR loop, 6 at once", page: "loop.html?transport=xhr&at-once=6" },
  { name: "xhr-12", title: "XHR loop, 12 at once", page: "loop.html?transport=xhr&at-once=12" },
  { name: "fetch-6", title: "fetch loop, 6 at once", page: "loop.html?transport=fetch&at-once=6" },
  { name: "fetch-12", title: "fetch loop, 12 at once", page: "loop.html?transport=fetch&at-once=12" },
  {
    name: "form",
    title: "through the backend, 6 at once",
    page: "form.html",
    cannot: { ...OWN_PARTS, "server-500": "this project's server takes no files" },
  },
];

/** The versions of the competitors' packages, as they are installed. */
export async function versions() {
  const found = {};
  for (const { name, packages = [] } of COMPETITORS) {
    for (const one of packages) found[`${one} ${await versionOf(name, one)}`] = true;
  }
  return Object.keys(found);
}
