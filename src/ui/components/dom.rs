//! Elements that the widget makes and changes itself.
//!
//! The compiler emits code for building and changing each type of a Leptos view. The widget's elements are therefore
//! made by these functions, and changed where their text or attribute differs.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CssStyleDeclaration, Document, Element, Event, HtmlElement, Node};

const SVG: &str = "http://www.w3.org/2000/svg";

/// The page's document.
pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Makes an element with a class and a `part`, unless they are empty.
pub fn create(tag: &str, class: &str, part: &str) -> Option<Element> {
    let element = document()?.create_element(tag).ok()?;
    for (name, value) in [("class", class), ("part", part)] {
        if !value.is_empty() {
            set(&element, name, Some(value));
        }
    }
    Some(element)
}

/// Adds an element with a class and a `part`, unless they are empty, at the end of a parent.
pub fn add(parent: &Node, tag: &str, class: &str, part: &str) -> Option<Element> {
    let element = create(tag, class, part)?;
    parent.append_child(&element).ok()?;
    Some(element)
}

/// Adds a button without a name.
pub fn add_button(parent: &Node, class: &str, part: &str) -> Option<Element> {
    let button = add(parent, "button", class, part)?;
    set(&button, "type", Some("button"));
    Some(button)
}

/// Adds an icon that is hidden from assistive technology. Returns its path.
pub fn add_icon(parent: &Node, path: &str) -> Option<Element> {
    let document = document()?;
    let svg = document.create_element_ns(Some(SVG), "svg").ok()?;
    for (name, value) in [
        ("class", "s3u-icon"),
        ("viewBox", "0 0 20 20"),
        ("aria-hidden", "true"),
        ("focusable", "false"),
    ] {
        set(&svg, name, Some(value));
    }
    let drawn = document.create_element_ns(Some(SVG), "path").ok()?;
    set(&drawn, "d", Some(path));
    svg.append_child(&drawn).ok()?;
    parent.append_child(&svg).ok()?;
    Some(drawn)
}

/// Adds a text node at the end of a parent.
pub fn add_text(parent: &Node, text: &str) -> Option<Text> {
    let node: Node = document()?.create_text_node(text).into();
    parent.append_child(&node).ok()?;
    Some(Text {
        node,
        last: text.to_owned(),
    })
}

/// Sets several attributes.
pub fn set_all(element: &Element, attributes: &[(&str, &str)]) {
    for (name, value) in attributes {
        set(element, name, Some(value));
    }
}

/// Sets an attribute, or removes it.
pub fn set(element: &Element, name: &str, value: Option<&str>) {
    // Only an invalid name fails.
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

/// Shows or hides an element.
pub fn set_hidden(element: &Element, hidden: bool) {
    set_flag(element, "hidden", hidden);
}

/// Sets an attribute that has no value, or removes it.
pub fn set_flag(element: &Element, name: &str, is_set: bool) {
    set(element, name, is_set.then_some(""));
}

/// Listens for events of an element and of its descendants, until this is dropped.
///
/// The handler may be called while it runs: opening the file picker from a click dispatches a second click. The
/// listener of gloo-events does not allow that.
#[must_use = "dropping it removes the listener"]
pub struct Listener {
    element: Element,
    events: &'static [&'static str],
    handler: Closure<dyn Fn(Event)>,
}

impl Listener {
    /// Calls the handler at each event of these types.
    pub fn new(
        element: &Element,
        events: &'static [&'static str],
        handler: Box<dyn Fn(Event)>,
    ) -> Self {
        let handler = Closure::wrap(handler);
        for event in events {
            let function = handler.as_ref().unchecked_ref();
            let _ = element.add_event_listener_with_callback(event, function);
        }
        Self {
            element: element.clone(),
            events,
            handler,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for event in self.events {
            let function = self.handler.as_ref().unchecked_ref();
            let _ = self
                .element
                .remove_event_listener_with_callback(event, function);
        }
    }
}

/// A text that is written only if it differs from the last one.
#[derive(Debug)]
pub struct Text {
    node: Node,
    last: String,
}

impl Text {
    /// The text of an element.
    pub fn of(element: &Element) -> Self {
        Self {
            node: element.clone().unchecked_into(),
            last: String::new(),
        }
    }

    /// Writes the text.
    pub fn write(&mut self, text: String) {
        if text != self.last {
            self.node.set_text_content(Some(&text));
            self.last = text;
        }
    }
}

/// An attribute that is written only if it differs from the last value.
#[derive(Debug)]
pub struct Attribute {
    element: Element,
    name: &'static str,
    last: String,
}

impl Attribute {
    /// An attribute of an element, not yet set.
    pub fn of(element: &Element, name: &'static str) -> Self {
        Self {
            element: element.clone(),
            name,
            last: String::new(),
        }
    }

    /// Writes the value.
    pub fn write(&mut self, value: String) {
        if value != self.last {
            set(&self.element, self.name, Some(&value));
            self.last = value;
        }
    }
}

/// A property of an element's style that is written only if it differs from the last value. The attribute `style` is
/// not used, since a Content Security Policy may forbid it.
#[derive(Debug)]
pub struct Style {
    declaration: CssStyleDeclaration,
    name: &'static str,
    last: String,
}

impl Style {
    /// A property of an element's style, not yet set. `None` if the element has no style.
    pub fn of(element: &Element, name: &'static str) -> Option<Self> {
        Some(Self {
            declaration: element.dyn_ref::<HtmlElement>()?.style(),
            name,
            last: String::new(),
        })
    }

    /// Writes the value.
    pub fn write(&mut self, value: String) {
        if value != self.last {
            let _ = self.declaration.set_property(self.name, &value);
            self.last = value;
        }
    }
}
