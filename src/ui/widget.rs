//! The whole widget. [`Widget`] puts the pieces together over plain signals; [`S3Upload`] is the
//! component for Leptos pages, over an uploader.

use leptos::callback::UnsyncCallback;
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use s3_upload_core::Target;

use super::desk::{Action, Desk, Look, Source};
use super::drop_zone::{self, DropZone};
use super::file_list::FileList;
use super::live::LiveRegions;
use super::messages::Messages;
use super::overall::Overall;
use super::rejections::Rejections;
use super::style;
use crate::uploader::{Settings, Uploader};

/// The widget, showing whatever `source` holds and handing on what the person does.
#[component]
pub fn Widget(
    /// What to show.
    source: Source,
    /// How to present it.
    #[prop(into)]
    look: Signal<Look>,
    /// What to do about what the person does.
    #[prop(into)]
    act: UnsyncCallback<Action>,
    /// Other words than English.
    #[prop(optional)]
    messages: Messages,
) -> impl IntoView {
    let desk = Desk::new(act, messages);
    let root = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(root) = root.get() {
            style::adopt(&root.get_root_node());
        }
    });
    let disabled = Memo::new(move |_| look.try_with(|look| look.disabled).unwrap_or(true));
    let paste = move |event: ev::ClipboardEvent| {
        if let Some(data) = event.clipboard_data().filter(drop_zone::carries_files)
            && disabled.try_get_untracked() == Some(false)
        {
            event.prevent_default();
            drop_zone::add(desk, &data);
        }
    };
    view! {
        <div
            class="s3u"
            class:s3u-disabled=move || disabled.try_get().unwrap_or(true)
            part="root"
            node_ref=root
            on:paste=paste
        >
            <DropZone desk look />
            <Rejections desk rejections=source.rejections.clone() />
            <Overall desk totals=source.totals.clone() />
            <FileList desk rows=source.rows.clone() />
            <LiveRegions desk source />
        </div>
    }
}

/// The upload widget for Leptos pages.
///
/// Without an `uploader` it makes one from `settings`, and suspends it when the component leaves
/// the page: what is needed to go on is kept. A page that hands in its own `uploader` decides
/// itself how long uploads live; `settings` then only names the limits up front.
#[component]
pub fn S3Upload(
    /// The page's own uploader.
    #[prop(optional)]
    uploader: Option<Uploader>,
    /// Where to upload to, and how.
    #[prop(optional)]
    settings: Settings,
    /// Whether more than one file can be chosen. One file at a time otherwise; a new one replaces
    /// one that is finished.
    #[prop(optional, into)]
    multiple: Signal<bool>,
    /// Whether nothing can be added.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Other words than English.
    #[prop(optional)]
    messages: Messages,
) -> impl IntoView {
    let constraints = settings.engine.constraints.clone();
    let uploader = uploader.unwrap_or_else(|| {
        let made = Uploader::new(settings);
        let gone = StoredValue::new_local(made.clone());
        on_cleanup(move || {
            gone.try_with_value(Uploader::suspend);
        });
        made
    });
    let max_files = constraints.max_files;
    let configured = uploader.clone();
    Effect::new(move |_| {
        let multiple = multiple.try_get().unwrap_or_default();
        configured.configure(|settings| {
            settings.engine.constraints.max_files = if multiple { max_files } else { Some(1) };
        });
    });
    let look = Signal::derive(move || Look {
        constraints: constraints.clone(),
        multiple: multiple.try_get().unwrap_or_default(),
        disabled: disabled.try_get().unwrap_or_default(),
    });
    let source = Source::of(&uploader);
    let act = UnsyncCallback::new(move |action| {
        perform(
            &uploader,
            multiple.try_get_untracked().unwrap_or_default(),
            action,
        );
    });
    view! { <Widget source look act messages /> }
}

/// Does with an uploader what the person asks for. Where only one file fits, a new one replaces
/// what is finished.
pub fn perform(uploader: &Uploader, multiple: bool, action: Action) {
    match action {
        Action::Add(files) => {
            // What was said about the last choice does not concern this one.
            for refused in uploader.rejections().get_untracked() {
                uploader.dismiss(refused.id);
            }
            if !multiple {
                uploader.clear();
            }
            uploader.add(files);
        }
        Action::Start(target) => uploader.start(target),
        Action::Pause(target) => uploader.pause(target),
        Action::Resume(target) => uploader.resume(target),
        Action::Retry(target) => uploader.retry(target),
        Action::Cancel(target) => uploader.cancel(target),
        Action::Remove(Target::All) | Action::Clear => uploader.clear(),
        Action::Remove(target) => uploader.remove(target),
        Action::Dismiss(rejection) => uploader.dismiss(rejection),
    }
}
