// The element's content before the widget is loaded: the drop zone with its button and limits, the files that are
// already chosen, and the sentence of a failed load. The elements and classes are those of the widget
// (`src/ui/components/drop_zone.rs`, `file_row.rs`), so that nothing moves when it takes over.

import { limits, formatSize, say, displayName } from "./start_text.js";

const SVG = "http://www.w3.org/2000/svg";
const UPLOAD = "M10 12.5V3.5M6.25 7 10 3.25 13.75 7M3.5 12.5v2.75c0 .7.55 1.25 1.25 1.25h10.5c.7 0 1.25-.55 1.25-1.25V12.5";
const FILE = "M11.5 2.75H6c-.7 0-1.25.55-1.25 1.25v12c0 .7.55 1.25 1.25 1.25h8c.7 0 1.25-.55 1.25-1.25V6.5zM11.5 2.75V6.5h3.75";
/** The number of chosen files that are listed. */
const LISTED = 200;

let sheet;

/** Adopts the first half of the widget's style. A constructed sheet needs no permission of a Content Security Policy. */
function adopt(root) {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(START_STYLE);
  }
  root.adoptedStyleSheets.push(sheet);
}

function make(parent, tag, attributes, text = "", namespace) {
  const element = namespace ? document.createElementNS(namespace, tag) : document.createElement(tag);
  for (const name in attributes) element.setAttribute(name, attributes[name]);
  element.textContent = text;
  parent.append(element);
  return element;
}

function icon(parent, d) {
  const svg = make(parent, "svg", { class: "s3u-icon", viewBox: "0 0 20 20", "aria-hidden": true }, "", SVG);
  make(svg, "path", { d }, "", SVG);
}

/** The view in a shadow root. `host` has the attributes and texts. `add` receives the files that the person chooses,
 * and `drop` the DataTransfer of a drop. */
export class StartView {
  #host;
  #root;
  #input;
  #browse;
  #drop;
  #hint;
  #list;
  #line;
  #dragging = false;

  constructor(host, shadow, { add, drop }) {
    this.#host = host;
    adopt(shadow);
    const root = (this.#root = make(shadow, "div", { class: "s3u", part: "root" }));
    const zone = make(root, "div", { class: "s3u-dropzone", part: "dropzone" });
    const input = (this.#input = make(zone, "input", { type: "file", hidden: "" }));
    icon(zone, UPLOAD);
    const invite = make(zone, "div", { class: "s3u-invite" });
    this.#browse = make(invite, "button", { class: "s3u-button s3u-browse", part: "browse", type: "button", "aria-describedby": "hint" });
    this.#drop = make(invite, "span", { class: "s3u-drop", "aria-hidden": true });
    this.#hint = make(zone, "p", { class: "s3u-hint", part: "hint", id: "hint" });

    zone.addEventListener("click", (event) => event.target !== input && !host.disabled && input.click());
    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
    const over = (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      // Without this call the browser would open the file in place of the page.
      event.preventDefault();
      event.dataTransfer.dropEffect = host.disabled ? "none" : "copy";
      drag(!host.disabled);
    };
    const drag = (dragging) => {
      if (this.#dragging === dragging) return;
      this.#dragging = dragging;
      zone.classList.toggle("s3u-dragging", dragging);
      this.update();
    };
    zone.addEventListener("dragenter", over);
    zone.addEventListener("dragover", over);
    zone.addEventListener("dragleave", (event) => !zone.contains(event.relatedTarget) && drag(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      drag(false);
      if (!host.disabled) drop(event.dataTransfer);
    });
    this.update();
  }

  #say(key, values) {
    return say(this.#host.messages, key, values);
  }

  /** Applies the attributes and texts of the host. */
  update() {
    const { multiple, disabled, accept, messages } = this.#host;
    const one = multiple ? "" : ".one";
    this.#root.classList.toggle("s3u-disabled", disabled);
    Object.assign(this.#input, { multiple, disabled, accept: accept ?? "" });
    this.#browse.disabled = disabled;
    this.#browse.textContent = this.#say(`button.browse${one}`);
    this.#drop.textContent = this.#say(this.#dragging ? "drop.now" : `drop.hint${one}`);
    this.#hint.textContent = limits(messages, this.#host);
  }

  /** Lists the chosen files. */
  list(files) {
    this.#list ??= make(this.#root, "ul", { class: "s3u-list", part: "list" });
    this.#list.replaceChildren();
    for (const file of files.slice(0, LISTED)) {
      const name = displayName(file.name);
      const row = make(this.#list, "li", { class: "s3u-file", part: "file", "data-status": "queued" });
      icon(make(row, "span", { class: "s3u-state" }), FILE);
      make(row, "bdi", { class: "s3u-name", part: "name" }, name);
      make(row, "span", { class: "s3u-size", part: "size" }, formatSize(file.size));
      make(make(row, "span", { class: "s3u-line" }), "span", { class: "s3u-status", part: "status" }, this.#say("status.loading"));
      make(row, "div", { class: "s3u-track" });
    }
    const more = files.length - LISTED;
    if (more > 0) make(this.#list, "li", { class: "s3u-hint" }, `+ ${more}`);
  }

  /** Shows the sentence of a failed load, and a button that calls `retry`. */
  fail(text, retry) {
    this.#line = make(this.#root, "p", { class: "s3u-load-error", part: "load-error", role: "alert" }, text);
    const button = make(this.#line, "button", { class: "s3u-button", part: "reload", type: "button" }, this.#say("load.retry"));
    button.addEventListener("click", () => {
      // The keyboard's focus stays on the page when the button leaves.
      this.#browse.focus();
      retry();
    });
  }

  /** Removes the sentence. */
  recover() {
    this.#line?.remove();
  }
}
