// The texts that are shown before the widget is loaded: those of the drop zone, of the limits, and of the files that are
// already chosen. They equal those of the widget (`src/ui/text/catalogue.rs`, `constraint_text.rs`, `format.rs`). The cases in
// `start_text.json` hold both.

export const ENGLISH = {
  "button.browse": "Choose files",
  "button.browse.one": "Choose a file",
  "drop.hint": "or drop them here",
  "drop.hint.one": "or drop it here",
  "drop.now": "Drop to add",
  "status.loading": "Waiting for the uploader",
  "hint.max-size": "up to {limit} each",
  "hint.max-size.one": "up to {limit}",
  "hint.min-size": "at least {limit} each",
  "hint.min-size.one": "at least {limit}",
  "hint.size-range": "{min} to {limit} each",
  "hint.size-range.one": "{min} to {limit}",
  "hint.max-files": "{count} files at most",
  "hint.max-total-size": "{limit} in all",
  "kind.image": "images",
  "kind.video": "videos",
  "kind.audio": "audio",
  "kind.text": "text files",
  "kind.or": "{list} or {last}",
  "load.retry": "Try again",
  "load.network": "The uploader could not be loaded. Check your internet connection, then try again.",
  "load.missing": "The uploader could not be loaded ({status}). Try again later, or tell the site's owner.",
  "load.not-wasm": "The uploader could not be loaded (another page came). Try again later, or tell the site's owner.",
  "load.failed": "The uploader could not be loaded. Try again later, or tell the site's owner.",
  "load.no-wasm": "The uploader needs WebAssembly. Turn it on, or use another browser.",
  "load.csp": "This page's security policy forbids the uploader. Ask the site's owner to add {url} to {directive}.",
};

/** A text by its key, from the page's own texts or in English, with its values. */
export function say(messages, key, values = {}) {
  const text = messages?.[key] ?? ENGLISH[key] ?? "";
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** Parses a size of an attribute, such as `5MB` or `1.5 GiB`, to bytes. `undefined` if it is none. */
export function parseSize(text) {
  const [, number, unit, binary] = /^\s*([\d.]+)\s*([kmgt]?)(i?)(b|bytes?)?\s*$/i.exec(text) ?? [];
  return number && Math.floor(number * (binary ? 1024 : 1000) ** " kmgt".indexOf(unit.toLowerCase() || " "));
}

/** Formats a size, such as `12 MB`, in powers of 1,000, with one decimal below ten. */
export function formatSize(size) {
  if (size < 1000) return `${size} byte${size === 1 ? "" : "s"}`;
  let power = 0;
  for (; size >= 999.5; size /= 1000) power += 1;
  return `${size < 9.95 ? Math.round(size * 10) / 10 : Math.round(size)} ${" KMGTPE"[power]}B`;
}

/** The limits in one line, such as `Images or PDF, up to 2 GB each`. */
export function limits(messages, { accept, minSize, maxSize, maxFiles, maxTotalSize, multiple }) {
  const parts = [];
  const rules = (accept ?? "").toLowerCase().split(/[\s,;|]+/).filter((rule) => RULE.test(rule));
  const names = [...new Set(rules.map((rule) => kind(messages, rule)))];
  const last = names.pop();
  if (names.length > 0) parts.push(say(messages, "kind.or", { list: names.join(", "), last }));
  else if (last) parts.push(last);
  const [min, max, total] = [minSize, maxSize, maxTotalSize].map(parseSize);
  const key = min ? (max ? "size-range" : "min-size") : "max-size";
  if (min || max) parts.push(say(messages, `hint.${key}${multiple ? "" : ".one"}`, { min: formatSize(min), limit: formatSize(max ?? min) }));
  if (multiple && maxFiles > 1) parts.push(say(messages, "hint.max-files", { count: maxFiles }));
  if (multiple && total) parts.push(say(messages, "hint.max-total-size", { limit: formatSize(total) }));
  return parts.join(", ").replace(/^[a-z]/, (first) => first.toUpperCase());
}

// A MIME type, `type/*` or `.extension`. https://html.spec.whatwg.org/multipage/input.html#attr-input-accept
const RULE = /^(\.|[\w+-]+\/)[\w+.-]+$|^[\w+-]+\/\*$/;

function kind(messages, rule) {
  if (rule.endsWith("/*")) return say(messages, `kind.${rule.slice(0, -2)}`) || rule;
  const name = rule.replace(/^\.|^[^/]*\//, "");
  if (name === "jpg") return "JPEG";
  if (name === "svg+xml") return "SVG";
  if (name === "plain") return say(messages, "kind.text");
  return name.includes(".") ? rule : name.toUpperCase();
}

// Characters that change the writing direction, or are invisible and join nothing.
// https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
const DECEPTIVE = /(?![\u200C\u200D\p{VS}])[\p{Cc}\p{DI}\u2028\u2029\u2800\uFFF9-\uFFFB]/gu;

/** A file's name for display. */
export function displayName(name) {
  return name.replace(DECEPTIVE, "\uFFFD");
}
