//! The functions that the browser tests share: files, events, and waiting for a condition.
#![allow(dead_code, missing_docs, clippy::expect_used, clippy::panic)]

use wasm_bindgen::prelude::*;
use web_sys::{Element, File, HtmlElement};

#[wasm_bindgen(inline_js = r#"
export function makeFile(name, size, type) {
  return new File([new Uint8Array(size)], name, { type });
}
export function pickFiles(input, files) {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  input.files = data.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
export function fireWithFiles(target, name, files, related) {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  const common = { bubbles: true, cancelable: true, composed: true };
  const event = name === "paste"
    ? new ClipboardEvent(name, { ...common, clipboardData: data })
    : new DragEvent(name, { ...common, dataTransfer: data, relatedTarget: related ?? null });
  target.dispatchEvent(event);
  return event.defaultPrevented;
}
export function makeHost() {
  const host = document.createElement("div");
  document.body.append(host);
  return host;
}
export function collect(host, name) {
  const details = [];
  host.addEventListener(name, (event) => details.push(event.detail));
  return details;
}
export function answerAdd(host, answer) {
  host.addEventListener("upload-add", (event) => {
    if (answer === "prevent") event.preventDefault();
    if (answer === "resolve") event.detail.waitUntil(Promise.resolve(true));
    if (answer === "false") event.detail.waitUntil(Promise.resolve(false));
    if (answer === "reject") event.detail.waitUntil(Promise.reject(new Error("no")));
  });
}
export function warnings() {
  const said = [];
  const warn = console.warn;
  console.warn = (...words) => {
    said.push(words.join(" "));
    warn.apply(console, words);
  };
  return said;
}
export function turn() {
  return new Promise((resolve) => setTimeout(resolve));
}
export function spoken(region) {
  const said = [];
  const note = () => region.textContent && said.push(region.textContent);
  new MutationObserver(note).observe(region, { subtree: true, childList: true, characterData: true });
  return said;
}
export function hurry() {
  const original = window.setTimeout;
  window.setTimeout = (then, after, ...more) => original(then, Math.min(after ?? 0, 300), ...more);
  return () => (window.setTimeout = original);
}
export function holdEnter(target) {
  const event = new KeyboardEvent("keydown", { key: "Enter", repeat: true, bubbles: true, cancelable: true, composed: true });
  return target.dispatchEvent(event);
}
function described(element) {
  const name = element.getAttribute("aria-label") ?? element.textContent.trim();
  return `${element.getAttribute("part") ?? element.className}: ${name}`;
}
function shownControls(root) {
  return [...root.querySelectorAll("button, a")].filter((control) => control.checkVisibility());
}
export function controls(root) {
  return shownControls(root).map(described);
}
export function smallControls(root, least) {
  const isSmall = (control) => {
    const { width, height } = control.getBoundingClientRect();
    return Math.min(width, height) < least;
  };
  return shownControls(root).filter(isSmall).map(described);
}
export function withoutFocusRing(root) {
  const isBare = (control) => {
    control.focus();
    const { outlineStyle, outlineWidth } = getComputedStyle(control);
    return outlineStyle !== "solid" || parseFloat(outlineWidth) < 2;
  };
  return shownControls(root).filter((control) => !control.disabled && isBare(control)).map(described);
}
export function widerThan(root, width) {
  root.style.inlineSize = `${width}px`;
  const { left, right } = root.getBoundingClientRect();
  // Of a button, the words count: its padding may reach into the page's margin.
  const box = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return (element.matches("button, a") ? range : element).getBoundingClientRect();
  };
  const isOutside = (element) => box(element).left < left - 0.5 || box(element).right > right + 0.5;
  const leaves = [...root.querySelectorAll("*:not(:has(> *), .s3u-unseen)")].filter((leaf) => leaf.checkVisibility());
  return leaves.filter(isOutside).map(described);
}
export function presignThat(fails) {
  // Fetch blocks this port, as if there was no network.
  return async () => (fails === "without a network" ? fetch("http://127.0.0.1:1/") : null.url);
}
export function text(value) {
  return JSON.stringify(value);
}
"#)]
extern "C" {
    #[wasm_bindgen(js_name = makeFile)]
    pub fn file(name: &str, size: u32, content_type: &str) -> File;
    #[wasm_bindgen(js_name = pickFiles)]
    pub fn pick(input: &Element, files: Vec<File>);
    #[wasm_bindgen(js_name = fireWithFiles)]
    pub fn fire(target: &Element, name: &str, files: Vec<File>, related: Option<Element>) -> bool;
    #[wasm_bindgen(js_name = makeHost)]
    pub fn host() -> HtmlElement;
    pub fn collect(host: &HtmlElement, name: &str) -> js_sys::Array;
    #[wasm_bindgen(js_name = answerAdd)]
    pub fn answer_add(host: &HtmlElement, answer: &str);
    /// The texts that `console.warn` writes from now on.
    pub fn warnings() -> js_sys::Array;
    /// The texts of a live region from now on.
    pub fn spoken(region: &Element) -> js_sys::Array;
    /// Makes all timers fast, until the returned function is called.
    pub fn hurry() -> js_sys::Function;
    /// Dispatches the repeated event of a held Enter. Returns true if the browser may press the button for it.
    #[wasm_bindgen(js_name = holdEnter)]
    pub fn hold_enter(target: &Element) -> bool;
    /// A function for the property `presign` that fails "without a network" or "by a mistake".
    #[wasm_bindgen(js_name = presignThat)]
    pub fn presign_that(fails: &str) -> js_sys::Function;
    /// The parts and names of the buttons and links that are shown.
    pub fn controls(root: &Element) -> Vec<String>;
    /// Those of them that are narrower or lower than this many pixels.
    #[wasm_bindgen(js_name = smallControls)]
    pub fn small_controls(root: &Element, least: u32) -> Vec<String>;
    /// Those of them that show no outline while they have the focus.
    #[wasm_bindgen(js_name = withoutFocusRing)]
    pub fn without_focus_ring(root: &Element) -> Vec<String>;
    /// The contents that reach beyond the root after it got this width.
    #[wasm_bindgen(js_name = widerThan)]
    pub fn wider_than(root: &Element, width: u32) -> Vec<String>;
    async fn turn();
    pub fn text(value: &JsValue) -> String;
}

/// Waits until `done` returns true, for at most 5,000 turns of the browser.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..5_000 {
        if done() {
            return;
        }
        turn().await;
    }
    panic!("never came true: {what}");
}

/// Runs all tasks that are due, before a test checks that something did *not* happen.
pub async fn settle() {
    for _ in 0..5 {
        turn().await;
    }
}

/// The first element with this part.
pub fn part(root: &Element, name: &str) -> Option<Element> {
    root.query_selector(&format!("[part={name}]"))
        .expect("a selector")
}

pub fn part_text(root: &Element, name: &str) -> String {
    let text = part(root, name)
        .and_then(|element| element.text_content())
        .unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn count(root: &Element, selector: &str) -> u32 {
    root.query_selector_all(selector)
        .expect("a selector")
        .length()
}

pub fn click(root: &Element, name: &str) {
    let button = part(root, name).unwrap_or_else(|| panic!("no {name}"));
    button.unchecked_into::<HtmlElement>().click();
}

pub fn attribute(root: &Element, part_name: &str, name: &str) -> Option<String> {
    part(root, part_name)?.get_attribute(name)
}

pub fn is_hidden(root: &Element, name: &str) -> bool {
    part(root, name)
        .is_none_or(|element| element.closest("[hidden]").expect("a selector").is_some())
}
