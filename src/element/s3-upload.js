// The custom element <s3-upload>. A page loads only this file at first. It defines the element at once, shows the
// browser's own file input, and fetches the widget itself (wasm) when the first element is on the page. All decisions
// are made in the widget. Calls before it is loaded are kept, and passed to it afterwards.

/** The attributes, each with the property of the same meaning, which frameworks may set instead. */
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
  "outage-limit": "outageLimit",
  "stall-time": "stallTime",
  "answer-time": "answerTime",
  transport: "transport",
  credentials: "credentials",
};
const FLAGS = ["multiple", "manual", "disabled"];

let loading;

/** Loads the wasm module once per page. The next element that is connected retries a failed load. */
function load() {
  loading ??= fetchBoth().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** The address of the wasm. Bundlers read the two literals, here and in `import()`. A second mention of either file, or
 * `import.meta.url` by itself, would make them emit a second copy or the path of a developer's folder. */
const wasmUrl = () => new URL("./s3-upload-core_bg.wasm", import.meta.url);

/** Fetches the wasm and the script that starts it at the same time. */
async function fetchBoth() {
  const wasm = fetch(wasmUrl());
  // Avoids an unhandled rejection if the script fails first.
  wasm.catch(() => {});
  const core = await import("./s3-upload-core.js");
  await core.default({ module_or_path: wasm });
  return core;
}

// A server that renders pages has no HTMLElement, and an import of this file must not fail there.
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
    // Properties that frameworks set before the element is defined hide those of the class until they are moved.
    for (const name of ["name", "metadata", "messages", "headers", "presign", ...Object.values(TEXTS), ...FLAGS]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    if (this.#core) {
      // Deferred, since a page that is rendered by Leptos would otherwise own the widget's signals.
      queueMicrotask(() => this.isConnected && this.#core.connect(this, this.#root));
    } else if (!this.#starting) {
      this.#start();
    }
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
    if (this.#core) this.#core.attribute(name, value ?? undefined);
    else this.#mirror();
  }

  /** Focuses the button. `delegatesFocus` is not used, since a click into a long list would then jump to it. */
  focus(options) {
    this.#root.querySelector("[part=browse], [part=placeholder]")?.focus(options);
  }

  /** Opens the browser's file picker. Browsers allow this only while they handle a click or a key. */
  pick() {
    this.#root.querySelector("input[type=file]")?.click();
  }

  /** Adds a File, or several. Adds none while the element is `disabled`. */
  add(files) {
    if (this.disabled) {
      console.warn("<s3-upload>.add(): nothing is added while the element is disabled.");
      return;
    }
    const given = files ?? [];
    const isList = typeof given === "object" && (Symbol.iterator in given || "length" in given);
    const list = isList ? Array.from(given) : [given];
    const wrong = list.filter((file) => !isFile(file));
    if (wrong.length > 0) console.warn("<s3-upload>.add(): expected File objects, got", ...wrong);
    this.#call("add", list.filter(isFile));
  }

  start() {
    this.#call("start");
  }

  /** These four methods act on the file of an id, or without an argument on all files. */
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

  /** The value that a form submits for the stored files, usually their keys: an array with `multiple`, else one text. */
  get value() {
    return this.#core?.value ?? (this.multiple ? [] : "");
  }

  /** Metadata that is sent to the backend with each file: an object of texts, numbers and booleans. */
  get metadata() {
    return this.#metadata;
  }

  set metadata(value) {
    this.#metadata = value ?? null;
    this.#core?.setMetadata(this.#metadata);
  }

  /** Headers of each request to the backend: an object, or a function (also async) that returns one, for tokens that
   * expire. It is called with `{ refused }`, which is true if the backend has just answered 401. The request is then
   * repeated once. */
  get headers() {
    return this.#headers;
  }

  set headers(value) {
    this.#headers = value ?? null;
    this.#core?.setHeaders(this.#headers);
  }

  /** A function in place of a backend: `async (file, { accepts, name, type, partSize, metadata, signal }) => answer`.
   * The answer is that of a backend: an address, or `{ url, headers?, fields?, key? }`. If it has `complete`, that
   * function confirms the upload. For parts it is `{ partSize, signPart(part), complete(parts), listParts?(), abort?() }`. */
  get presign() {
    return this.#presign;
  }

  set presign(value) {
    this.#presign = value ?? null;
    this.#core?.setPresign(this.#presign);
  }

  /** Texts in place of the English ones, by the keys of the catalogue. Best set before the element is on the page. */
  get messages() {
    return this.#messages;
  }

  set messages(value) {
    this.#messages = value ?? null;
    if (this.#core) this.#keepingFocus(() => this.#core.setMessages(this.#messages));
    else this.#mirror();
  }

  /** Warns of an argument that is no id, such as the `null` of a file that is not queued. It does not mean all. */
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

  /** Shows the browser's own input while the widget loads. The files that are chosen there are kept. */
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
    // The name is that of the widget's button.
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

/** Returns true for a File of any window, even if a library has replaced the class. A form accepts no other object
 * with a file name. https://xhr.spec.whatwg.org/#dom-formdata-append */
function isFile(value) {
  try {
    if (Object.prototype.toString.call(value) !== "[object File]") return false;
    new FormData().append("file", value, "file");
    return true;
  } catch {
    return false;
  }
}

/** The cause of a failed load and its remedy, for the developer. */
function cause(error, blocked) {
  const rule = blocked.at(-1)?.effectiveDirective;
  if (error instanceof WebAssembly.CompileError && (rule || /security policy|unsafe-eval/i.test(error.message))) {
    return "the page's Content Security Policy forbids WebAssembly. Add 'wasm-unsafe-eval' to script-src.";
  }
  if (rule) {
    return `the page's Content Security Policy (${rule}) forbids loading ${blocked.at(-1).blockedURI}. Allow it there.`;
  }
  if (error instanceof WebAssembly.CompileError) {
    return `${wasmUrl()} is not WebAssembly. Does the server answer with another page?`;
  }
  return `${wasmUrl()} or the script beside it could not be loaded. Are both files there?`;
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
