//! Files that were not added, each with the reason, until the person has read it. A few at a time:
//! a folder of a thousand wrong files must not fill the page.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::desk::{Action, Desk};
use super::file_row::{focus_neighbour, hides};
use super::icon::{self, Icon};
use super::{format, sentence};
use crate::uploader::Rejection;

/// Messages that are shown at a time.
const SHOWN: usize = 5;

/// The messages, the oldest first.
#[component]
pub(super) fn Rejections(desk: Desk, rejections: ArcReadSignal<Vec<Rejection>>) -> impl IntoView {
    let count = {
        let rejections = rejections.clone();
        Memo::new(move |_| rejections.with(Vec::len))
    };
    let count = move || count.try_get().unwrap_or_default();
    let all = rejections.clone();
    let drawn =
        move || rejections.with(|list| list.iter().take(SHOWN).cloned().collect::<Vec<_>>());
    let more = move || {
        let more = u64::try_from(count().saturating_sub(SHOWN)).unwrap_or_default();
        desk.count("rejections.more", more)
    };
    let dismiss_all = move |_| {
        for id in
            all.with_untracked(|list| list.iter().map(|refused| refused.id).collect::<Vec<_>>())
        {
            desk.act(Action::Dismiss(id));
        }
    };
    let notice = desk.live.notice_text();
    let is_silent = move || notice.try_get().is_none_or(|text| text.is_empty());
    let (general, summary) = (NodeRef::<html::P>::new(), NodeRef::<html::P>::new());
    view! {
        <p
            class="s3u-rejection"
            part="notice"
            node_ref=general
            hidden=move || hides(general, is_silent())
        >
            <Icon path=icon::ALERT />
            <span class="s3u-why">{move || notice.try_get()}</span>
            <button
                class="s3u-control"
                part="dismiss"
                type="button"
                title=desk.text("button.dismiss")
                aria-label=desk.text("button.dismiss")
                on:click=move |_| _ = notice.try_set(String::new())
            >
                <Icon path=icon::CLOSE />
            </button>
        </p>
        <ul
            class="s3u-rejections"
            part="rejections"
            role="list"
            aria-label=desk.text("rejections.label")
            hidden=move || count() == 0
        >
            <For each=drawn key=|refused| refused.id let:refused>
                <Refused desk refused />
            </For>
        </ul>
        <p class="s3u-more" node_ref=summary hidden=move || hides(summary, count() < 2)>
            <span>{move || (count() > SHOWN).then(more)}</span>
            <button
                class="s3u-button s3u-quiet"
                part="dismiss-all"
                type="button"
                on:click=dismiss_all
            >
                {desk.text("button.dismiss-all")}
            </button>
        </p>
    }
}

/// One message.
#[component]
fn Refused(desk: Desk, refused: Rejection) -> impl IntoView {
    let name = format::visible(&refused.name);
    let why = sentence::violation(&desk.messages(), &refused.violation);
    let label = desk.fill("file.dismiss", &[("name", &name)]);
    let id = refused.id;
    let dismiss = move |event: ev::MouseEvent| {
        focus_neighbour(&event, "li", ".s3u-control");
        desk.act(Action::Dismiss(id));
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
