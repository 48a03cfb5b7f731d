// The custom element <s3-upload>. A page loads only this file at first. It defines the element, shows the drop zone at
// once, and loads the widget itself (wasm) when the element comes into view or is used. All decisions about uploads are
// made in the widget. Calls before it is loaded are kept, and passed to it afterwards.

import { load, source } from "./load.js";
import { say } from "./start_text.js";
import { StartView } from "./start_view.js";

/** The attributes with a text. The property of the same meaning, which frameworks may set instead, has the same name in
 * camel case. */
const TEXTS = (
  "endpoint protocol route request name-field type-field size-field extra-fields csrf-meta csrf-cookie " +
  "csrf-header accept max-size min-size max-files max-total-size concurrency part-size multipart-threshold " +
  "outage-limit stall-time answer-time transport credentials load wasm-src"
).split(" ");
const propertyOf = (attribute) => attribute.replace(/-./g, (dash) => dash[1].toUpperCase());
const FLAGS = ["multiple", "manual", "disabled"];
/** The properties with objects and functions, each with the widget's method that takes it.
 *
 * - `metadata`, which is sent to the backend with each file: an object of texts, numbers and booleans.
 * - `headers` of each request to the backend: an object, or a function (also async) that returns one, for tokens that
 *   expire. It is called with `{ refused }`, which is true if the backend has just answered 401. The request is then
 *   repeated once.
 * - `presign`, a function in place of a backend: `async (file, { accepts, name, type, partSize, metadata, signal }) =>
 *   answer`. The answer is that of a backend: an address, or `{ url, headers?, fields?, key? }`. If it has `complete`, that
 *   function confirms the upload. For parts it is `{ partSize, signPart(part), complete(parts), listParts?(), abort?() }`.
 * - `messages`, texts in place of the English ones, by the keys of the catalogue. Best set before the element is on the
 *   page. */
const GIVEN = { metadata: "setMetadata", headers: "setHeaders", presign: "setPresign", messages: "setMessages" };

// A server that renders pages has no HTMLElement, and an import of this file must not fail there.
const Base = globalThis.HTMLElement ?? class {};

export class S3Upload extends Base {
  static observedAttributes = [...TEXTS, ...FLAGS];
  static formAssociated = true;

  /** Sets where the widget is loaded from, before the first element loads it: `core` is the URL of `s3-upload-core.js`,
   * and `wasm` the URL of `s3-upload-core_bg.wasm`, its bytes or a WebAssembly.Module. */
  static configure(urls) {
    Object.assign(source, urls);
  }

  #core;
  #root;
  #form;
  #view;
  #starting = false;
  #failed = false;
  #waiting = [];
  #dropped = [];
  #resolveReady;
  #ready = new Promise((resolve) => (this.#resolveReady = resolve));
  #given = {};

  static #nearViewport;

  static {
    const define = (name, get, set) => Object.defineProperty(this.prototype, name, { configurable: true, enumerable: true, get, set });
    for (const name of this.observedAttributes) {
      const isFlag = FLAGS.includes(name);
      const get = function () {
        return isFlag ? this.hasAttribute(name) : this.getAttribute(name);
      };
      const set = function (value) {
        if (isFlag) this.toggleAttribute(name, Boolean(value));
        else if (value === null || value === undefined) this.removeAttribute(name);
        else this.setAttribute(name, value);
      };
      define(propertyOf(name), get, set);
    }
    for (const name in GIVEN) {
      const get = function () {
        return this.#given[name] ?? null;
      };
      const set = function (value) {
        this.#given[name] = value ?? null;
        if (this.#core) this.#keepingFocus(() => this.#core[GIVEN[name]](value ?? null));
        else this.#view?.update();
      };
      define(name, get, set);
    }
    // Each acts on the file of an id, or without an argument on all files. An argument that is no id, such as the `null` of
    // a file that is not queued, does not mean all.
    for (const name of ["start", "clear", "pause", "resume", "retry", "cancel"]) {
      this.prototype[name] = function (...id) {
        if (id.length === 0 || typeof id[0] === "number") this.#call(name, ...id);
        else console.warn(`<s3-upload>.${name}(): expected a file's id, or nothing for all; got`, id[0]);
      };
    }
    const Observer = globalThis.IntersectionObserver ?? class {};
    const near = ({ isIntersecting, target }) => isIntersecting && target.#near();
    this.#nearViewport = new Observer((seen) => seen.forEach(near), { rootMargin: "50%" });
  }

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
    for (const event of ["pointerover", "focusin", "dragenter"]) this.addEventListener(event, () => this.#failed || this.#start());
  }

  connectedCallback() {
    // Properties that frameworks set before the element is defined hide those of the class until they are moved.
    for (const name of ["name", ...Object.keys(GIVEN), ...TEXTS.map(propertyOf), ...FLAGS]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    if (this.#core) {
      // Deferred, since a page that is rendered by Leptos would otherwise own the widget's signals.
      queueMicrotask(() => this.isConnected && this.#core.connect(this, this.#root));
      return;
    }
    this.#view ??= new StartView(this, this.#root, {
      add: (files) => this.add(files),
      drop: (data) => this.#drop(data),
    });
    this.#view.update();
    this.#loadWhen();
  }

  disconnectedCallback() {
    // A moved element is disconnected and connected again at once, and its uploads go on.
    queueMicrotask(() => !this.isConnected && this.#core?.disconnect());
  }

  /** Listens to the event by which a form collects its data when it is sent: the value of each stored file, by `name`.
   * https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set */
  formAssociatedCallback(form) {
    this.#form?.removeEventListener("formdata", this);
    this.#form = form;
    this.#form?.addEventListener("formdata", this);
  }

  formResetCallback() {
    this.clear();
  }

  handleEvent({ formData }) {
    const name = this.getAttribute("name");
    if (!name || this.matches(":disabled")) return;
    for (const value of [this.value].flat()) if (value) formData.append(name, value);
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === "wasm-src") {
      if (value) source.wasm = new URL(value, document.baseURI).href;
    } else if (name === "load") {
      if (this.isConnected) this.#loadWhen();
    } else if (this.#core) {
      this.#core.attribute(name, value ?? undefined);
    } else {
      this.#view?.update();
    }
  }

  /** Resolves to the element when the widget is loaded, and makes the element load it. Stays pending after a failed load,
   * since the person may try again: see the event `upload-load-error`. */
  get ready() {
    this.#start();
    return this.#ready;
  }

  /** Focuses the button. `delegatesFocus` is not used, since a click into a long list would then jump to it. */
  focus(options) {
    this.#root.querySelector("[part=browse]")?.focus(options);
  }

  /** Opens the browser's file picker. Browsers allow this only while they handle a click or a key. */
  pick() {
    this.#root.querySelector("input[type=file]")?.click();
  }

  /** Adds a File, or several. Adds none while the element is `disabled`. */
  add(files) {
    const isList = Object(files) === files && (Symbol.iterator in files || "length" in files);
    const list = isList ? Array.from(files) : [files ?? []].flat();
    const wrong = list.filter((file) => !isFile(file));
    if (this.disabled) console.warn("<s3-upload>.add(): nothing is added while it is disabled.");
    else if (wrong.length > 0) console.warn("<s3-upload>.add(): expected File objects, got", ...wrong);
    if (!this.disabled) this.#call("add", list.filter(isFile));
  }

  /** The name under which a form sends the values. */
  get name() {
    return this.getAttribute("name") ?? "";
  }

  set name(value) {
    this.setAttribute("name", value);
  }

  /** The form that the element belongs to. */
  get form() {
    return this.#form ?? null;
  }

  /** A plain snapshot of each file, in the order of adding. */
  get files() {
    return this.#core?.files ?? [];
  }

  /** The value that a form submits for the stored files, usually their keys: an array with `multiple`, else one text. */
  get value() {
    return this.#core?.value ?? (this.multiple ? [] : "");
  }

  #call(name, ...values) {
    if (this.#core) {
      this.#core[name](...values);
      return;
    }
    // Nothing has begun, so that a later choice of one file replaces an earlier one.
    if (name === "add" && !this.multiple) this.#waiting = this.#waiting.filter(([other]) => other !== name);
    this.#waiting.push([name, values]);
    this.#list();
    if (this.isConnected) this.#start();
  }

  /** Keeps the contents of a drop, which the browser takes back after the event. */
  #drop({ items, files }) {
    const kept = Array.from(items, (item) => {
      const [file, entry] = [item.getAsFile(), item.webkitGetAsEntry?.()];
      return { kind: item.kind, getAsFile: () => file, webkitGetAsEntry: () => entry };
    });
    this.#dropped.push({ items: kept, files });
    this.#list();
    this.#start();
  }

  /** Lists the files that wait for the widget. */
  #list() {
    const added = this.#waiting.flatMap(([name, [files]]) => (name === "add" ? files : []));
    const dropped = this.#dropped.flatMap(({ items }) => items.flatMap((item) => item.getAsFile() ?? []));
    const files = [...added, ...dropped];
    if (files.length > 0) this.#view?.list(this.multiple ? files : files.slice(0, 1));
  }

  /** Loads the widget as the attribute `load` says: at once (`eager`), when the element is near the viewport and the page
   * is idle (`visible`, the default), or only when a person reaches for it (`interaction`). */
  #loadWhen() {
    if (this.load === "eager" || this.#waiting.length > 0) this.#start();
    else if (this.load !== "interaction") S3Upload.#nearViewport.observe(this);
  }

  #near() {
    S3Upload.#nearViewport.unobserve(this);
    const idle = globalThis.requestIdleCallback ?? setTimeout;
    idle(() => this.isConnected && this.load !== "interaction" && this.#start());
  }

  async #start() {
    if (this.#core || this.#starting) return;
    this.#starting = true;
    this.#view?.recover();
    try {
      const { UploadElement } = await load();
      const core = new UploadElement();
      for (const name of S3Upload.observedAttributes) {
        const value = this.getAttribute(name);
        if (value !== null) core.attribute(name, value);
      }
      for (const name in this.#given) core[GIVEN[name]](this.#given[name]);
      for (const data of this.#dropped.splice(0)) core.drop(data);
      this.#core = core;
      this.#keepingFocus(() => {
        this.#root.replaceChildren();
        if (this.isConnected) core.connect(this, this.#root);
        else core.disconnect();
        for (const [name, values] of this.#waiting.splice(0)) core[name](...values);
      });
      this.#view = undefined;
      this.#resolveReady(this);
      this.#send("upload-ready");
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#starting = false;
    }
  }

  /** Renders anew. The focus goes to the replacement of the control that had it, or to the button that adds files. */
  #keepingFocus(draw) {
    const before = this.#root.activeElement;
    const id = before?.closest("[data-id]")?.dataset.id;
    draw();
    if (!before) return;
    const row = id && this.#root.querySelector(`[data-id="${id}"]`);
    (row || this.#root).querySelector(`[part='${before.part}']`)?.focus({ preventScroll: true });
    if (!this.#root.activeElement) this.focus({ preventScroll: true });
  }

  /** Says why the widget could not be loaded. What was chosen stays. */
  #fail(error) {
    this.#failed = true;
    const { code = "failed", url } = error;
    const message = say(this.messages, `load.${code}`, error);
    console.error(`<s3-upload>: ${message}`, url ?? "", error);
    // A network that comes back is used without a click.
    const retry = () => this.#start();
    addEventListener("online", retry, { once: true });
    this.#view?.fail(message, retry);
    this.#send("upload-load-error", { code, message });
  }

  #send(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}

/** Returns true for a File of any window, even if a library has replaced the class. A form accepts no other object
 * with a file name. https://xhr.spec.whatwg.org/#dom-formdata-append */
function isFile(value) {
  try {
    if ({}.toString.call(value) !== "[object File]") return false;
    new FormData().append("file", value, "file");
    return true;
  } catch {
    return false;
  }
}

if (globalThis.customElements && !customElements.get("s3-upload")) {
  customElements.define("s3-upload", S3Upload);
}
