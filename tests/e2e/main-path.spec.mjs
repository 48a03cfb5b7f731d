// The main job on real input: what was picked is what the store holds.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { download, filled, objects, sha256, sha256of, stored } from "./files.mjs";
import { expect, test } from "./lab.mjs";

for (const [words, size] of [
  ["0 B", 0],
  ["1 B", 1],
  ["5 MiB", 5 << 20],
]) {
  test(`a file of ${words} arrives as it is`, async ({ lab, page, folder }) => {
    const widget = await lab.open(page);
    const path = await filled(folder, "report.pdf", size);
    await widget.choose(path);

    const result = await widget.arrived("report.pdf");
    expect(result.size).toBe(size);
    expect(result.type).toBe("application/pdf");
    expect(await stored(lab, result.key)).toBe(await sha256(path));
    const back = await download(result.downloadUrl);
    expect(back).toMatchObject({ status: 200, size, type: "application/pdf", sha256: await sha256(path) });
    expect(back.disposition).toContain("report.pdf");
    await expect(widget.status(widget.row("report.pdf"))).toHaveText("Uploaded");
    expect(lab.store.count("PUT")).toBe(1);
  });
}

test("fifty files at once arrive, each once and as it is", async ({ lab, page, folder }) => {
  const widget = await lab.open(page);
  const before = await objects(lab);
  const paths = await Promise.all(
    Array.from({ length: 50 }, (_, index) => filled(folder, `photo ${index}.jpg`, 1 + index * 7919)),
  );
  await widget.choose(paths);
  await widget.all(50);

  const arrived = await widget.events("success");
  for (const [index, path] of paths.entries()) {
    const file = arrived.find((file) => file.name === `photo ${index}.jpg`);
    expect(file.result.size).toBe(1 + index * 7919);
    expect(await stored(lab, file.result.key), file.name).toBe(await sha256(path));
  }
  expect((await objects(lab)).length - before.length).toBe(50);
  expect(lab.store.count("PUT")).toBe(50);
  expect(await widget.events("complete")).toEqual([{ succeeded: 50, failed: 0 }]);
  await expect(widget.part("overall")).toContainText("50 of 50 files uploaded");
});

test.describe("names", () => {
  const long = `${"a".repeat(196)}.txt`;
  const names = {
    "with spaces": "my  holiday photo.txt",
    "with emoji": "👩‍👩‍👧‍👦 🎉.txt",
    "from right to left": "\u05EA\u05D5\u05DB\u05E0\u05D9\u05EA.txt",
    "with marks that turn the direction": "invoice\u202Etxt.exe",
    "of 200 characters": long,
    "that climb": "../../x",
    "that are markup": "<img src=x onerror=alert(1)>",
    "with quotes and percent signs": `50% "of" 'it' & more #1?.txt`,
    "with a backslash": "C:\\temp\\x.txt",
  };
  for (const [words, name] of Object.entries(names)) {
    test(words, async ({ lab, page }) => {
      const dialogs = [];
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message());
        return dialog.dismiss();
      });
      const widget = await lab.open(page);
      const text = `I am ${name}`;
      await widget.add({ name, type: "text/plain", text });
      const result = await widget.arrived(name);

      expect(await stored(lab, result.key)).toBe(sha256of(text));
      // The key is the server's own: nothing of the name is in it.
      expect(result.key).toMatch(/^uploads\/\d{4}-\d\d-\d\d\/[0-9a-f-]{36}$/);
      // Shown as text; what turns the writing direction is shown as a mark of its own.
      const shown = await widget.row(name).locator('[part="name"]').evaluate((element) => element.textContent);
      expect(shown).toBe(name.replaceAll("\u202E", "\uFFFD"));
      expect(await widget.host.evaluate((host) => host.shadowRoot.querySelectorAll("img, script, iframe").length)).toBe(0);
      expect(dialogs).toEqual([]);
      // The link gives it back as a file, under a name that cannot climb.
      const back = await download(result.downloadUrl);
      expect(back.status).toBe(200);
      expect(back.disposition).toMatch(/^attachment/);
      expect(back.disposition).not.toMatch(/\.\.\/|\\temp/);
    });
  }
});

test("a file without a type is stored as application/octet-stream", async ({ lab, page, folder }) => {
  const widget = await lab.open(page);
  const path = join(folder, "LICENCE");
  await writeFile(path, "MIT");
  await widget.choose(path);
  const result = await widget.arrived("LICENCE");
  expect(result.type).toBe("application/octet-stream");
  expect((await download(result.downloadUrl)).type).toBe("application/octet-stream");
});

test("the stored Content-Type is the one that was signed and sent", async ({ lab, page }) => {
  const widget = await lab.open(page);
  const types = ["image/svg+xml", "text/plain;charset=utf-8", "application/vnd.oasis.opendocument.text", "TEXT/HTML"];
  const signed = [];
  const sent = [];
  page.on("response", async (response) => {
    if (response.request().method() === "POST" && response.url().endsWith("/uploads")) {
      const answer = await response.json();
      signed.push(answer.headers["content-type"]);
    }
  });
  page.on("request", (request) => request.method() === "PUT" && sent.push(request.headers()["content-type"]));
  for (const [index, type] of types.entries()) {
    const name = `file ${index}`;
    await widget.add({ name, type, text: "x" });
    const result = await widget.arrived(name);
    // A File's type is in lower case, whatever was said.
    expect(result.type).toBe(type.toLowerCase());
    expect((await download(result.downloadUrl)).type).toBe(type.toLowerCase());
  }
  expect(sent).toEqual(types.map((type) => type.toLowerCase()));
  expect(signed).toEqual(sent);
});
