// This widget. Its own script is on the page.
import { serve } from "./page.mjs";

let element;

serve({
  async prepare({ protocol, partSize, isOwnChoice, threshold }) {
    element = document.createElement("s3-upload");
    const attributes = {
      multiple: "",
      load: "eager",
      endpoint: protocol === "companion" ? "/companion/s3" : "/uploads",
      ...(protocol === "companion" && { protocol }),
      ...(partSize && !isOwnChoice && { "part-size": partSize }),
      "multipart-threshold": threshold,
    };
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    document.body.append(element);
    await customElements.whenDefined("s3-upload");
    await element.ready;
  },

  async upload(files) {
    const complete = new Promise((resolve) => element.addEventListener("upload-complete", resolve, { once: true }));
    element.add(files);
    return (await complete).detail.succeeded;
  },
});
