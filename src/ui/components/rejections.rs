//! The files that were not added, each with the reason, until the person dismisses it. Few are shown at a time, so that
//! a folder of a thousand such files does not fill the page.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::context::UiContext;
use super::focus::{focus_neighbour, hidden_without_focus, listener_of};
use super::icon::{self, Icon};
use crate::ui::action::Action;
use crate::ui::text::{error_text, format};
use crate::uploader::Rejection;

/// The number of messages that are shown at a time.
const MAX_SHOWN: usize = 5;

/// The messages, the oldest first.
#[component]
pub(super) fn Rejections(
    ui: UiContext,
    rejections: ArcReadSignal<Vec<Rejection>>,
) -> impl IntoView {
    let count = {
        let rejections = rejections.clone();
        Memo::new(move |_| rejections.with(Vec::len))
    };
    let count = move || count.try_get().unwrap_or_default();
    let all = rejections.clone();
    let drawn =
        move || rejections.with(|list| list.iter().take(MAX_SHOWN).cloned().collect::<Vec<_>>());
    let more = move || {
        let more = u64::try_from(count().saturating_sub(MAX_SHOWN)).unwrap_or_default();
        ui.count("rejections.more", more)
    };
    let dismiss_all = move |_| {
        for id in
            all.with_untracked(|list| list.iter().map(|refused| refused.id).collect::<Vec<_>>())
        {
            ui.act(Action::Dismiss(id));
        }
    };
    let notice = ui.announcer.notice_text();
    let is_silent = move || notice.try_get().is_none_or(|text| text.is_empty());
    let (general, summary) = (NodeRef::<html::P>::new(), NodeRef::<html::P>::new());
    view! {
        <p
            class="s3u-rejection"
            part="notice"
            node_ref=general
            hidden=move || hidden_without_focus(general, is_silent())
        >
            <Icon path=icon::ALERT />
            <span class="s3u-why">{move || notice.try_get()}</span>
            <button
                class="s3u-control"
                part="dismiss"
                type="button"
                title=ui.text("button.dismiss")
                aria-label=ui.text("button.dismiss")
                on:click=move |_| _ = notice.try_set(String::new())
            >
                <Icon path=icon::CLOSE />
            </button>
        </p>
        <ul
            class="s3u-rejections"
            part="rejections"
            role="list"
            aria-label=ui.text("rejections.label")
            hidden=move || count() == 0
        >
            <For each=drawn key=|refused| refused.id let:refused>
                <Refused ui refused />
            </For>
        </ul>
        <p class="s3u-more" node_ref=summary hidden=move || hidden_without_focus(summary, count() < 2)>
            <span>{move || (count() > MAX_SHOWN).then(more)}</span>
            <button
                class="s3u-button s3u-quiet"
                part="dismiss-all"
                type="button"
                on:click=dismiss_all
            >
                {ui.text("button.dismiss-all")}
            </button>
        </p>
    }
}

/// One message.
#[component]
fn Refused(ui: UiContext, refused: Rejection) -> impl IntoView {
    let name = format::display_name(&refused.name);
    let why = error_text::violation(&ui.messages(), &refused.violation);
    let label = ui.fill("file.dismiss", &[("name", &name)]);
    let id = refused.id;
    let dismiss = move |event: ev::MouseEvent| {
        if let Some(button) = listener_of(&event) {
            focus_neighbour(&button, "li", ".s3u-control");
        }
        ui.act(Action::Dismiss(id));
    };
    view! {
        <li class="s3u-rejection" part="rejection">
            <Icon path=icon::ALERT />
            <span class="s3u-why">
                <bdi class="s3u-refused">{name}</bdi>
                " "
                {why}
            </span>
            <button
                class="s3u-control"
                part="dismiss"
                type="button"
                title=label.clone()
                aria-label=label
                on:click=dismiss
            >
                <Icon path=icon::CLOSE />
            </button>
        </li>
    }
}
