// The routes of both versions of better-upload: what each takes, and what it refuses.
const MIB = 1 << 20;

/** `route` and `RejectUpload` are those of the version. */
export function routes(route, RejectUpload) {
  return {
    // As short as a route can be: 5 MiB, one file.
    plain: route({}),
    images: route({ fileTypes: ["image/*"], multipleFiles: true, maxFiles: 4, maxFileSize: MIB }),
    parts: route({ multipart: true, partSize: 5 * MIB, multipleFiles: true, maxFiles: 4, maxFileSize: 100 * MIB }),
    // Headers that the browser must repeat, since they are signed.
    described: route({
      multipleFiles: true,
      maxFileSize: 100 * MIB,
      onBeforeUpload: () => ({
        generateObjectInfo: ({ file }) => ({
          key: `described/${crypto.randomUUID()}`,
          metadata: { Author: "somebody", size: String(file.size) },
          cacheControl: "max-age=60",
        }),
      }),
    }),
    members: route({
      onBeforeUpload: () => {
        throw new RejectUpload("Only members may upload here.");
      },
    }),
  };
}
