// A typed use of the package. It is compiled with `--strict`; each mistake must be found.
import { S3Upload, type S3UploadFile, type S3UploadPresign } from "s3-upload";

const element: S3Upload = document.querySelector("s3-upload")!;
element.maxSize = "2GB";
element.maxSize = 5_000_000;
element.multiple = true;
element.name = "files";
const size: string | null = element.maxSize;
element.metadata = { album: 1, title: "x", nothing: null };
element.headers = async ({ refused }) => ({ Authorization: refused ? "new" : "old" });
element.headers = new Headers();
element.messages = { "button.browse": "Dateien wählen" };
const presign: S3UploadPresign = async (file, { type, partSize, signal, accepts }) => {
  const body = JSON.stringify({ name: file.name, type, partSize, accepts });
  const response = await fetch("/sign", { method: "POST", body, signal });
  return (await response.json()) as { url: string; key: string };
};
element.presign = presign;
element.presign = () => "https://example.com/signed";
element.presign = (_, { signal }) => fetch("/sign", { signal });
element.presign = async (file) => ({
  partSize: 5 << 20,
  signPart: async ({ number }) => `https://example.com/${number}/${file.size}`,
  complete: async (parts) => parts.map(({ etag }) => etag),
});
document.addEventListener("upload-success", ({ detail }) => {
  const key: string | null | undefined = detail.result?.key;
  const file: S3UploadFile = detail;
  console.log(key, file.status === "completed");
});
element.addEventListener("upload-add", (event) => {
  event.detail.waitUntil(Promise.resolve(event.detail.file.size > 0));
  event.preventDefault();
});
element.addEventListener("upload-complete", ({ detail }) => console.log(detail.succeeded + detail.failed));
for (const file of element.files) if (file.waitingFor === "storage") element.pause(file.id);
element.add(new File([], "a"));
element.add([new File([], "a")]);
element.retry();
console.log(size, customElements.get("s3-upload") === S3Upload);

// @ts-expect-error No file.
element.add("a");
// @ts-expect-error No id.
element.pause("a");
// @ts-expect-error No key of a text.
element.messages = { "no.such": "x" };
// @ts-expect-error Read-only.
element.files = [];
// @ts-expect-error No transport.
element.transport = "pigeon";
// @ts-expect-error No member of the detail.
document.addEventListener("upload-success", ({ detail }) => detail.nothing);
