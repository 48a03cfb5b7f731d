//! The keyboard's focus when the element that has it is hidden or removed.
//! <https://www.w3.org/TR/WCAG22/#focus-order>

use leptos::ev;
use leptos::html::ElementType;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, Node};

/// Returns `hidden`, and moves the focus out of an element that is about to be hidden.
///
/// The focus goes to the button that adds files, where a key that was meant for the hidden element does no harm. Must
/// be called where an element's `hidden` is set.
pub(super) fn hidden_without_focus<E>(element: NodeRef<E>, hidden: bool) -> bool
where
    E: ElementType,
    E::Output: JsCast + Clone + 'static,
{
    if hidden && let Some(element) = element.try_get_untracked().flatten() {
        move_focus_out(&element.unchecked_into::<Element>());
    }
    hidden
}

/// Moves the focus out of an element that is about to be hidden.
pub(super) fn move_focus_out(element: &Element) {
    if has_focus(element) {
        focus_browse(element);
    }
}

/// The element that has the listener to which an event came.
pub(super) fn listener_of(event: &ev::MouseEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
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
pub(super) fn focus_browse(inside: &Element) {
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
