// The least that a page can do: a loop that signs, sends and confirms, so many at once (`?transport=fetch&at-once=6`).
// Each part is signed by a request of its own. Where requests fail, the loop repeats each one at once.
import { ask, each, serve, xhr } from "./page.mjs";

const query = new URLSearchParams(location.search);
const transport = query.get("transport");
const atOnce = Number(query.get("at-once"));
const MIB = 2 ** 20;
const TYPE = "application/octet-stream";
/** The number of times that one request is tried where requests fail. */
const TRIES = 20;

const send = {
  xhr,
  async fetch(method, url, headers, body) {
    const response = await fetch(url, { method, headers, body });
    if (!response.ok) throw new Error(`${method}: ${response.status}`);
    return response.headers;
  },
}[transport];

serve({
  async upload(files, { protocol, isFaulty, partSize = 16 * MIB, threshold }) {
    const again = async (work) => {
      for (let left = isFaulty ? TRIES : 1; ; left -= 1) {
        try {
          return await work();
        } catch (error) {
          if (left <= 1) throw error;
        }
      }
    };
    const put = (url, headers, body) => again(() => send("PUT", url, headers, body));
    const backend = (...request) => again(() => ask(...request));

    const native = async (file) => {
      const signed = await backend("POST", "/uploads", { name: file.name, type: TYPE, size: file.size, accepts: ["put"] });
      await put(signed.url, { "content-type": TYPE, ...signed.headers }, file);
      await backend("POST", `/uploads/${signed.id}/complete`, {});
    };
    const companion = async (file) => {
      const { url, fields } = await backend("GET", `/companion/s3/params?${new URLSearchParams({ filename: file.name, type: TYPE })}`);
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set("file", file);
      await again(() => send("POST", url, {}, form));
    };
    const parts = async (file) => {
      const asked = { name: file.name, type: TYPE, size: file.size, accepts: ["multipart"], partSize };
      const { id } = await backend("POST", "/uploads", asked);
      const sent = [];
      const numbers = Array.from({ length: Math.ceil(file.size / partSize) }, (_, at) => at + 1);
      await each(numbers, atOnce, async (number) => {
        const body = file.slice((number - 1) * partSize, number * partSize);
        const signed = await backend("POST", `/uploads/${id}/parts`, { parts: [{ number, size: body.size }] });
        const answer = await put(signed.parts[0].url, signed.parts[0].headers ?? {}, body);
        sent.push({ number, etag: answer.get("etag") });
      });
      sent.sort((a, b) => a.number - b.number);
      await backend("POST", `/uploads/${id}/complete`, { parts: sent });
    };

    const isLarge = ({ size }) => size > threshold;
    const small = { native, companion }[protocol];
    await each(files, files.some(isLarge) ? 1 : atOnce, (file) => (isLarge(file) ? parts : small)(file));
    return files.length;
  },
});
