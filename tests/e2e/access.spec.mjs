// For people who use no mouse, or do not see the page.
import { createRequire } from "node:module";
import { filled } from "./files.mjs";
import { Gate, hold, respond } from "./faults.mjs";
import { expect, test } from "./lab.mjs";
import { Widget } from "./widget.mjs";

const CREATE = ["POST", "/uploads"];
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** The element that has the focus, within shadow roots too: `part` and name. */
function focused(page) {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return [element?.getAttribute("part"), element?.getAttribute("aria-label") ?? element?.textContent.trim()].join(": ");
  });
}

// https://www.w3.org/TR/WCAG22/#keyboard
test("everything is done by keyboard", async ({ lab, page, folder }) => {
  const path = await filled(folder, "a.txt", 10);
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  // The browser's dialogs are caught from here on. Beside the key, the dialog could come before that is set.
  const chooser = page.waitForEvent("filechooser");
  const widget = await lab.open(page);

  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("browse: Choose files");
  await page.keyboard.press("Enter");
  await (await chooser).setFiles(path);
  await gate.reached;

  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("pause: Pause a.txt");
  await page.keyboard.press("Enter");
  await expect(widget.status(widget.row("a.txt"))).toHaveText("Paused");
  // The button became another one; the focus is still there.
  expect(await focused(page)).toBe("resume: Resume a.txt");
  await page.keyboard.press("Space");
  gate.open();
  await widget.arrived("a.txt");

  // The button had nothing to do any more; the focus went to the one that is always there.
  await expect.poll(() => focused(page)).toBe("browse: Choose files");
  const stops = [];
  for (let stop = 0; stop < 3; stop += 1) {
    await page.keyboard.press("Tab");
    stops.push(await focused(page));
  }
  expect(stops.sort()).toEqual(["copy: Copy link: a.txt", "link: Open a.txt in a new tab", "remove: Remove a.txt from the list"]);
  while (!(await focused(page)).startsWith("remove")) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(widget.rows).toHaveCount(0);
  expect(await focused(page)).toBe("browse: Choose files");
});

test("cancel and try again by keyboard", async ({ lab, page }) => {
  lab.backend.on(CREATE, respond({ status: 403 }), { times: 1 });
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", text: "a" });
  const row = widget.row("a.txt");
  await expect(row).toHaveAttribute("data-status", "failed");
  await widget.part("browse").focus();
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("retry: Try a.txt again");
  await page.keyboard.press("Enter");
  await gate.reached;
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("cancel: Cancel a.txt");
  await page.keyboard.press("Enter");
  await expect(row).toHaveAttribute("data-status", "cancelled");
  expect(await focused(page)).toBe("remove: Remove a.txt from the list");
  gate.open();
});

test("a held Enter removes one file and leaves the others alone", async ({ lab, page }) => {
  lab.backend.on(CREATE, respond({ status: 403 }), { times: 1 });
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 2 });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", text: "a" });
  await expect(widget.row("a.txt")).toHaveAttribute("data-status", "failed");
  await widget.add({ name: "b.txt", text: "b" }, { name: "c.txt", text: "c" });
  await gate.reached;
  await widget.button(widget.row("a.txt"), "remove").focus();
  for (let repeat = 0; repeat < 4; repeat += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  await expect(widget.rows).toHaveCount(2);
  expect(await focused(page)).toBe("cancel: Cancel b.txt");
  expect((await widget.files()).filter((file) => file.status === "cancelled")).toEqual([]);
  await page.keyboard.press("Enter");
  await expect(widget.row("b.txt")).toHaveAttribute("data-status", "cancelled");
  gate.open();
  await widget.arrived("c.txt");
});

test("the focus survives the widget's arrival and other words", async ({ lab, page }) => {
  const gate = new Gate();
  await lab.openBefore(page, gate);
  await expect(page.locator('s3-upload [part="browse"]')).toBeVisible();
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("browse: Choose files");
  gate.open();
  const widget = await Widget.ready(page);
  await expect.poll(() => focused(page)).toBe("browse: Choose files");

  await widget.host.evaluate((host) => (host.messages = { "button.browse": "Escolher" }));
  expect(await focused(page)).toBe("browse: Escolher");
  const store = new Gate();
  lab.store.on("PUT", hold(store), { times: 2 });
  await widget.add({ name: "a.txt", text: "a" }, { name: "b.txt", text: "b" });
  await store.reached;
  await widget.button(widget.row("b.txt"), "cancel").focus();
  await widget.host.evaluate((host) => (host.messages = { "file.cancel": "Parar {name}" }));
  expect(await focused(page)).toBe("cancel: Parar b.txt");
  store.open();
});

test("a disabled widget takes nothing", async ({ lab, page }) => {
  const widget = await lab.open(page, '<s3-upload endpoint="/uploads" disabled></s3-upload>');
  await expect(widget.part("browse")).toBeDisabled();
  await page.keyboard.press("Tab");
  expect(await focused(page)).not.toContain("browse");
});

test("progress is told with a name, a value and words", async ({ lab, page }) => {
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", size: 4_000_000 });
  await gate.reached;
  const bar = page.getByRole("progressbar", { name: "Upload of a.txt" });
  await expect(bar).toBeVisible();
  await expect(bar).toHaveAttribute("aria-valuemin", "0");
  await expect(bar).toHaveAttribute("aria-valuemax", "100");
  const now = await bar.getAttribute("aria-valuenow");
  expect(Number(now)).toBeLessThan(100);
  await expect(bar).toHaveAttribute("aria-valuetext", /^\d+ %, .+ of 4 MB$/);
  gate.open();
  await widget.arrived("a.txt");
  await expect(bar).toBeHidden();
  await expect(page.getByRole("list", { name: "Files" }).getByRole("listitem")).toHaveCount(1);
});

// https://www.w3.org/TR/WCAG22/#status-messages
test("what happens is said aloud: once for many files, at once for failures", async ({ lab, page }) => {
  const widget = await lab.open(page);
  // A live region must be there before it speaks.
  const polite = page.locator('s3-upload [part="live"]');
  const alert = page.locator('s3-upload [part="error"]');
  await expect(polite).toHaveAttribute("aria-live", "polite");
  await expect(alert).toHaveAttribute("role", "alert");
  await polite.evaluate((region) => {
    window.spoken = [];
    new MutationObserver(() => window.spoken.push(region.textContent)).observe(region, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  const gate = new Gate();
  lab.store.on("PUT", hold(gate), { times: 5 });
  await widget.add(...[1, 2, 3, 4, 5].map((number) => ({ name: `${number}.txt`, text: "x" })));
  await expect(polite).toHaveText("5 files added.");
  gate.open();
  await widget.all(5);
  await expect(polite).toHaveText("All files are uploaded.");
  expect((await page.evaluate(() => window.spoken)).length).toBeLessThanOrEqual(8);

  lab.backend.on(CREATE, respond({ status: 403 }), { times: 2 });
  await widget.add({ name: "bad.txt", text: "x" }, { name: "worse.txt", text: "x" });
  await expect(alert).toHaveText(
    "bad.txt: The server does not allow this upload (status 403). Ask the site's owner for permission. 1 more message.",
  );
  await widget.host.evaluate((host) => host.setAttribute("max-size", "3"));
  await widget.add({ name: "long.txt", text: "12345" });
  await expect(alert).toHaveText("long.txt: The file is 5 bytes. The limit is 3 bytes.");
});

// https://www.w3.org/TR/WCAG22/#animation-from-interactions
test("nothing moves for those who do not want it", async ({ lab, page }) => {
  const gate = new Gate();
  lab.backend.on(CREATE, hold(gate), { times: 1 });
  const widget = await lab.open(page);
  await widget.add({ name: "a.txt", text: "a" });
  await gate.reached;
  await expect(widget.row("a.txt")).toHaveAttribute("data-status", "preparing");
  const moving = () =>
    widget.host.evaluate((host) => {
      const moves = (element) => {
        const { animationName, transitionDuration } = getComputedStyle(element);
        return animationName !== "none" || transitionDuration.split(", ").some((time) => time !== "0s");
      };
      return [...host.shadowRoot.querySelectorAll("*")].filter(moves).map((element) => element.getAttribute("class"));
    });
  await page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await moving()).toEqual(expect.arrayContaining(["s3u-progress", "s3u-bar", "s3u-control"]));
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await moving()).toEqual([]);
  gate.open();
  await widget.arrived("a.txt");
});

// https://www.w3.org/TR/WCAG22/#contrast-minimum
// https://www.w3.org/TR/WCAG22/#name-role-value
test.describe("axe finds nothing", () => {
  const check = async (page) => {
    if (!(await page.evaluate(() => "axe" in window))) await page.addScriptTag({ path: AXE });
    const { violations, passes } = await page.evaluate(() => window.axe.run(document));
    expect(passes.length, "rules that were checked").toBeGreaterThan(10);
    expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html) }))).toEqual([]);
  };

  for (const colorScheme of ["light", "dark"]) {
    test(colorScheme, async ({ lab, page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const widget = await lab.open(
        page,
        '<s3-upload endpoint="/uploads" multiple accept="image/*,.pdf" max-size="5MB"></s3-upload>',
        {
          // Axe takes a page without a background for white.
          head:
            '<meta name="color-scheme" content="light dark"><style>body { background: Canvas; color: CanvasText }</style>' +
            '<script type="module" src="/s3-upload.js"></script>',
        },
      );
      await test.step("empty", () => check(page));

      const gate = new Gate();
      lab.store.on("PUT", hold(gate), { times: 2 });
      await widget.add({ name: "a.pdf", type: "application/pdf", size: 2_000_000 }, { name: "b.pdf", type: "application/pdf", size: 10 });
      await gate.reached;
      await expect(widget.part("overall")).toBeVisible();
      await test.step("uploading", () => check(page));

      await widget.button(widget.row("a.pdf"), "pause").click();
      await expect(widget.row("a.pdf")).toHaveAttribute("data-status", "paused");
      await test.step("paused", () => check(page));
      await widget.button(widget.row("a.pdf"), "resume").click();

      gate.open();
      await widget.all(2);
      await test.step("done", () => check(page));

      lab.backend.on(CREATE, respond({ status: 403 }), { times: 1 });
      await widget.add({ name: "c.pdf", type: "application/pdf", size: 10 }, { name: "d.exe", size: 10 }, { name: "e.exe", size: 10 });
      await expect(widget.row("c.pdf")).toHaveAttribute("data-status", "failed");
      await expect(widget.part("rejection")).toHaveCount(2);
      await test.step("failed", () => check(page));

      await widget.host.evaluate((host) => host.setAttribute("disabled", ""));
      await expect(widget.part("browse")).toBeDisabled();
      await test.step("disabled", () => check(page));
    });
  }
});
