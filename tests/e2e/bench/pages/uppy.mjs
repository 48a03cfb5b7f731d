// The common part of both versions of Uppy. Each option that is not named here has its default.
import { serve } from "./page.mjs";

/** `plugin` adds the uploader to an Uppy for a work. */
export function serveUppy(Uppy, plugin) {
  let uppy;
  serve({
    async prepare(work) {
      uppy = new Uppy();
      plugin(uppy, work);
    },

    async upload(files) {
      uppy.addFiles(files.map((data) => ({ name: data.name, type: data.type, data })));
      const { successful } = await uppy.upload();
      return successful.length;
    },
  });
}

/** The chunk size that a work asks for. */
export const chunkSize = ({ partSize }) => partSize && { getChunkSize: () => partSize };
