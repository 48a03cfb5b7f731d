//! The files that were not added, each with the reason, until the person dismisses it. Few are shown at a time, so that
//! a folder of a thousand such files does not fill the page.

use web_sys::{Element, Node};

use super::context::UiContext;
use super::dom::{self, Text};
use super::focus::{Hideable, focus_neighbour};
use super::icon;
use crate::ui::action::Action;
use crate::ui::text::{error_text, format};
use crate::uploader::Rejection;

/// The number of messages that are shown at a time.
const MAX_SHOWN: usize = 5;

/// The notice that concerns no single file, and the messages about refused files, the oldest first.
pub(super) struct Rejections {
    notice: Hideable,
    notice_text: Text,
    list: Hideable,
    items: Vec<(u64, Element)>,
    more: Hideable,
    more_text: Text,
}

impl Rejections {
    /// Adds the notice and the messages at the end of a parent.
    pub fn add(ui: &UiContext, parent: &Node) -> Option<Self> {
        let notice = dom::add(parent, "p", "s3u-rejection", "notice")?;
        dom::add_icon(&notice, icon::ALERT)?;
        let notice_text = dom::add(&notice, "span", "s3u-why", "")?;
        add_dismiss(&notice, &ui.text("button.dismiss"))?;
        let list = dom::add(parent, "ul", "s3u-rejections", "rejections")?;
        let label = ui.text("rejections.label");
        dom::set_all(&list, &[("role", "list"), ("aria-label", &label)]);
        let more = dom::add(parent, "p", "s3u-more", "")?;
        let more_text = dom::add(&more, "span", "", "")?;
        let all = dom::add_button(&more, "s3u-button s3u-quiet", "dismiss-all")?;
        dom::add_text(&all, &ui.text("button.dismiss-all"))?;
        Some(Self {
            notice: Hideable::hide(notice),
            notice_text: Text::of(&notice_text),
            list: Hideable::hide(list),
            items: Vec::new(),
            more: Hideable::hide(more),
            more_text: Text::of(&more_text),
        })
    }

    /// Shows a text that concerns no single file. An empty text hides the notice.
    pub fn set_notice(&mut self, text: String) {
        let is_shown = !text.is_empty();
        self.notice_text.write(text);
        self.notice.show(is_shown);
    }

    /// Shows the first of the messages, and the number of the others.
    pub fn update(&mut self, ui: &UiContext, rejections: &[Rejection]) {
        let shown = rejections.iter().take(MAX_SHOWN);
        self.items.retain(|(id, item)| {
            let stays = shown.clone().any(|refused| refused.id == *id);
            if !stays {
                item.remove();
            }
            stays
        });
        // The ids increase, so that new messages follow those that stay.
        let last = self.items.last().map(|(id, _)| *id);
        for refused in shown.filter(|refused| Some(refused.id) > last) {
            if let Some(item) = add_item(ui, &self.list.element, refused) {
                self.items.push((refused.id, item));
            }
        }
        let hidden = rejections.len().saturating_sub(MAX_SHOWN);
        self.more_text.write(if hidden > 0 {
            let hidden = u64::try_from(hidden).unwrap_or_default();
            ui.count("rejections.more", hidden)
        } else {
            String::new()
        });
        self.more.show(rejections.len() > 1);
        self.list.show(!rejections.is_empty());
    }
}

/// Dismisses the message whose button was pressed. `None` if the button is the notice's.
pub(super) fn dismiss(ui: &UiContext, button: &Element) -> Option<()> {
    let item = button.closest("li").ok().flatten()?;
    let id = item.get_attribute("data-id")?.parse().ok()?;
    focus_neighbour(button, "li", ".s3u-control");
    ui.act(Action::Dismiss(id));
    Some(())
}

fn add_dismiss(parent: &Node, label: &str) -> Option<()> {
    let button = dom::add_button(parent, "s3u-control", "dismiss")?;
    dom::set_all(&button, &[("title", label), ("aria-label", label)]);
    dom::add_icon(&button, icon::CLOSE)?;
    Some(())
}

fn add_item(ui: &UiContext, list: &Node, refused: &Rejection) -> Option<Element> {
    let name = format::display_name(&refused.name);
    let item = dom::add(list, "li", "s3u-rejection", "rejection")?;
    dom::set(&item, "data-id", Some(&refused.id.to_string()));
    dom::add_icon(&item, icon::ALERT)?;
    let why = dom::add(&item, "span", "s3u-why", "")?;
    let shown_name = dom::add(&why, "bdi", "s3u-refused", "")?;
    dom::add_text(&shown_name, &name)?;
    let text = error_text::violation(ui.messages(), &refused.violation);
    dom::add_text(&why, &format!(" {text}"))?;
    add_dismiss(&item, &ui.fill("file.dismiss", &[("name", &name)]))?;
    Some(item)
}
