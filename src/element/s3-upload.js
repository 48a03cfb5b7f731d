// The custom element <s3-upload>. This file is all that a page loads at first: it defines the element at once, shows the
// browser's own file input, and fetches the widget itself (wasm) when the first element is on the page. Everything else
// is decided there; what happens before it is there is kept and handed over.

/** Attributes, and the property of the same meaning that frameworks may set instead. */
const TEXTS = {
  endpoint: "endpoint",
  protocol: "protocol",
  route: "route",
  request: "request",
  "name-field": "nameField",
  "type-field": "typeField",
  "size-field": "sizeField",
  "extra-fields": "extraFields",
  "csrf-meta": "csrfMeta",
  "csrf-cookie": "csrfCookie",
  "csrf-header": "csrfHeader",
  accept: "accept",
  "max-size": "maxSize",
  "min-size": "minSize",
  "max-files": "maxFiles",
  "max-total-size": "maxTotalSize",
  concurrency: "concurrency",
  "part-size": "partSize",
  "multipart-threshold": "multipartThreshold",
  transport: "transport",
  credentials: "credentials",
};
const FLAGS = ["multiple", "manual", "disabled"];

let loading;

/** The wasm module, once per page. A failed load is tried again by the next element that comes to the page. */
function load() {
  loading ??= import("./s3-upload-core.js")
    .then(async (core) => {
      await core.default();
      return core;
    })
    .catch((error) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

// On a server that renders pages there is no HTMLElement; importing this file there must not fail.
const Base = globalThis.HTMLElement ?? class {};

export class S3Upload extends Base {
  static observedAttributes = [...Object.keys(TEXTS), ...FLAGS];
  static formAssociated = true;

  #core;
  #root;
  #form;
  #starting = false;
  #waiting = [];
  #metadata = null;
  #messages = null;
  #headers = null;
  #presign = null;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
  }

  connectedCallback() {
    // Frameworks may set properties before the element is defined: they hide the class's own until they are moved.
    for (const name of ["name", "metadata", "messages", "headers", "presign", ...Object.values(TEXTS), ...FLAGS]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    if (this.#core) {
      // Not within this call: a page that is itself drawn by Leptos would else adopt the widget's signals.
      queueMicrotask(() => this.isConnected && this.#core.connect(this, this.#root));
    } else if (!this.#starting) {
      this.#start();
    }
  }

  disconnectedCallback() {
    // Moving an element disconnects and connects it again at once; uploads go on meanwhile.
    queueMicrotask(() => !this.isConnected && this.#core?.disconnect());
  }

  /** A form that is sent asks what belongs into it at that moment: the value of each file that is stored, by `name`.
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
    if (this.#core) this.#core.attribute(name, value ?? undefined);
    else this.#mirror();
  }

  /** Not by `delegatesFocus`: with it, a click into a long list would jump to the button above it. */
  focus(options) {
    this.#root.querySelector("[part=browse], [part=placeholder]")?.focus(options);
  }

  /** Opens the browser's file picker. Browsers allow it only while they handle a click or a key. */
  pick() {
    this.#root.querySelector("input[type=file]")?.click();
  }

  /** Adds a File, or several; nothing while the element is `disabled`. */
  add(files) {
    if (this.disabled) {
      console.warn("<s3-upload>.add(): nothing is added while the element is disabled.");
      return;
    }
    const list = files instanceof File ? [files] : Array.from(files ?? []);
    const wrong = list.filter((file) => !(file instanceof File));
    if (wrong.length > 0) console.warn("<s3-upload>.add(): expected File objects, got", ...wrong);
    this.#call("add", list.filter((file) => file instanceof File));
  }

  start() {
    this.#call("start");
  }

  /** These four mean the file of an id, or without any argument all files. */
  pause(...id) {
    this.#callOn("pause", id);
  }

  resume(...id) {
    this.#callOn("resume", id);
  }

  retry(...id) {
    this.#callOn("retry", id);
  }

  cancel(...id) {
    this.#callOn("cancel", id);
  }

  clear() {
    this.#call("clear");
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

  /** What a form submits for the files that are stored, usually their keys: an array with `multiple`, one text without. */
  get value() {
    return this.#core?.value ?? (this.multiple ? [] : "");
  }

  /** Told to the backend with each file: an object of texts, numbers and booleans. */
  get metadata() {
    return this.#metadata;
  }

  set metadata(value) {
    this.#metadata = value ?? null;
    this.#core?.setMetadata(this.#metadata);
  }

  /** Sent to the backend with each request: an object, or a function (also async) that gives one, for tokens that age. It
   * is called with `{ refused }`, true when the backend has just answered 401; then the request is made once more. */
  get headers() {
    return this.#headers;
  }

  set headers(value) {
    this.#headers = value ?? null;
    this.#core?.setHeaders(this.#headers);
  }

  /** In place of a backend: `async (file, { accepts, type, partSize, metadata, signal }) => answer`. The answer is what a
   * backend would say: an address, or `{ url, headers?, fields?, key? }`. With `complete` among it, that function confirms
   * in the end. In parts: `{ partSize, signPart(part), complete(parts), listParts?(), abort?() }`. */
  get presign() {
    return this.#presign;
  }

  set presign(value) {
    this.#presign = value ?? null;
    this.#core?.setPresign(this.#presign);
  }

  /** Other words than English, by the keys of the catalogue; best set before the element is on the page. */
  get messages() {
    return this.#messages;
  }

  set messages(value) {
    this.#messages = value ?? null;
    if (this.#core) this.#keepingFocus(() => this.#core.setMessages(this.#messages));
    else this.#mirror();
  }

  /** An argument that is no id, as the `null` of a file that is not queued yet, is a mistake and does not mean all. */
  #callOn(name, id) {
    if (id.length === 0 || typeof id[0] === "number") this.#call(name, ...id);
    else console.warn(`<s3-upload>.${name}(): expected the id of a file, or no argument for all; got`, id[0]);
  }

  #call(name, ...values) {
    if (this.#core) this.#core[name](...values);
    else this.#waiting.push([name, values]);
  }

  async #start() {
    this.#starting = true;
    const blocked = [];
    const watch = (event) => blocked.push(event);
    document.addEventListener("securitypolicyviolation", watch);
    this.#placeholder();
    try {
      const { UploadElement } = await load();
      const core = new UploadElement();
      for (const name of S3Upload.observedAttributes) {
        const value = this.getAttribute(name);
        if (value !== null) core.attribute(name, value);
      }
      if (this.#metadata !== null) core.setMetadata(this.#metadata);
      if (this.#messages !== null) core.setMessages(this.#messages);
      if (this.#headers !== null) core.setHeaders(this.#headers);
      if (this.#presign !== null) core.setPresign(this.#presign);
      this.#core = core;
      this.#keepingFocus(() => {
        this.#root.replaceChildren();
        if (this.isConnected) core.connect(this, this.#root);
        else core.disconnect();
      });
      for (const [name, values] of this.#waiting.splice(0)) core[name](...values);
    } catch (error) {
      this.#fail(error, blocked);
    } finally {
      this.#starting = false;
      document.removeEventListener("securitypolicyviolation", watch);
    }
  }

  /** Draws anew. The keyboard's focus goes to what stands for the control that had it, or to where files are added. */
  #keepingFocus(draw) {
    const before = this.#root.activeElement;
    const id = before?.closest("[data-id]")?.dataset.id;
    draw();
    if (!before) return;
    const row = id && this.#root.querySelector(`[data-id="${id}"]`);
    (row || this.#root).querySelector(`[part='${before.part}']`)?.focus({ preventScroll: true });
    if (!this.#root.activeElement) this.focus({ preventScroll: true });
  }

  /** The browser's own input, for as long as the widget is on its way. What is chosen there is kept. */
  #placeholder() {
    const input = document.createElement("input");
    input.type = "file";
    input.part = "placeholder";
    input.addEventListener("change", () => {
      this.add(input.files);
      input.value = "";
    });
    this.#root.replaceChildren(input);
    this.#mirror();
  }

  #mirror() {
    const input = this.#root.querySelector("[part=placeholder]");
    if (!input) return;
    input.multiple = this.multiple;
    input.disabled = this.disabled;
    input.accept = this.accept ?? "";
    // As the widget's button will be named.
    const [key, english] = this.multiple ? ["button.browse", "Choose files"] : ["button.browse.one", "Choose a file"];
    input.ariaLabel = this.#messages?.[key] ?? english;
  }

  #fail(error, blocked) {
    const text = document.createElement("p");
    text.part = "error";
    text.role = "alert";
    text.textContent =
      "Uploading is not possible on this page right now. Reload it to try again; if that does not help, tell the site's owner.";
    this.#root.replaceChildren(text);
    console.error(`<s3-upload>: ${cause(error, blocked)}`, error);
  }
}

/** What a developer has to change so that the widget loads. */
function cause(error, blocked) {
  const file = new URL("./s3-upload-core.js", import.meta.url).href;
  const rule = blocked.at(-1)?.effectiveDirective;
  if (error instanceof WebAssembly.CompileError && (rule || /security policy|unsafe-eval/i.test(error.message))) {
    return "the page's Content Security Policy forbids WebAssembly. Add 'wasm-unsafe-eval' to script-src.";
  }
  if (rule) {
    return `the page's Content Security Policy (${rule}) forbids loading ${blocked.at(-1).blockedURI}. Allow it there.`;
  }
  if (error instanceof WebAssembly.CompileError) {
    return `s3-upload-core_bg.wasm, beside ${file}, is not WebAssembly. Does the server answer with another page?`;
  }
  return `${file} or s3-upload-core_bg.wasm beside it could not be loaded. Are both files there?`;
}

for (const [attribute, property] of Object.entries(TEXTS)) {
  Object.defineProperty(S3Upload.prototype, property, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getAttribute(attribute);
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(attribute);
      else this.setAttribute(attribute, value);
    },
  });
}

for (const name of FLAGS) {
  Object.defineProperty(S3Upload.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this.hasAttribute(name);
    },
    set(value) {
      this.toggleAttribute(name, Boolean(value));
    },
  });
}

if (globalThis.customElements && !customElements.get("s3-upload")) {
  customElements.define("s3-upload", S3Upload);
}
