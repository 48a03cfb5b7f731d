//! The keyboard's focus when the element that has it is hidden or removed.
//! <https://www.w3.org/TR/WCAG22/#focus-order>

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node};

use super::dom;

/// An element that is hidden and shown. The focus leaves it before it is hidden.
///
/// The focus goes to the button that adds files, where a key that was meant for the hidden element does no harm.
#[derive(Debug)]
pub(super) struct Hideable {
    pub element: Element,
    hidden: bool,
}

impl Hideable {
    /// Hides an element.
    pub fn hide(element: Element) -> Self {
        dom::set_hidden(&element, true);
        Self {
            element,
            hidden: true,
        }
    }

    /// Shows the element, or hides it.
    pub fn show(&mut self, shown: bool) {
        if self.hidden != shown {
            return;
        }
        self.hidden = !shown;
        if self.hidden {
            move_focus_out(&self.element);
        }
        dom::set_hidden(&self.element, self.hidden);
    }
}

/// Moves the focus out of an element that is about to be hidden.
fn move_focus_out(element: &Element) {
    if has_focus(element) {
        focus_browse(element);
    }
}

/// True if the element contains the focus. `:focus` matches nothing while another window is in front.
fn has_focus(element: &Element) -> bool {
    let name = JsValue::from_str("activeElement");
    js_sys::Reflect::get(&element.get_root_node(), &name)
        .ok()
        .and_then(|active| active.dyn_into::<Node>().ok())
        .is_some_and(|active| element.contains(Some(&active)))
}

/// Moves the focus from an item of a list that is about to be removed: to the control of the next item, of the one
/// before, or to the button that adds files.
pub(super) fn focus_neighbour(button: &Element, item: &str, control: &str) {
    let next = button
        .closest(item)
        .ok()
        .flatten()
        .and_then(|item| {
            item.next_element_sibling()
                .or_else(|| item.previous_element_sibling())
        })
        .and_then(|item| item.query_selector(control).ok().flatten());
    match next {
        Some(next) => focus(next),
        None => focus_browse(button),
    }
}

/// Moves the focus to the button that adds files, which is always shown.
fn focus_browse(inside: &Element) {
    let browse = inside
        .closest(".s3u")
        .ok()
        .flatten()
        .and_then(|widget| widget.query_selector(".s3u-browse").ok().flatten());
    if let Some(browse) = browse {
        focus(browse);
    }
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}
