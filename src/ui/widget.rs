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
            on:keydown=ignore_repeats
        >
            <DropZone desk look />
            <Rejections desk rejections=source.rejections.clone() />
            <Overall desk totals=source.totals.clone() />
            <FileList desk rows=source.rows.clone() totals=source.totals.clone() />
            <LiveRegions desk source />
        </div>
    }
}

/// A key that is held presses a button again and again, and the focus may have moved on meanwhile
/// to a button that cancels another file.
fn ignore_repeats(event: ev::KeyboardEvent) {
    if event.repeat() && event.key() == "Enter" {
        event.prevent_default();
    }
}

/// The upload widget for Leptos pages.
///
/// Uploads live as long as the [`Uploader`], not as long as the component. Without an `uploader`
/// the component makes one of its own from `settings`; its uploads end when the component leaves
/// the page. To keep uploads over a change of page, hand in an `uploader` that lives longer: they
/// go on meanwhile, and the next component that is given it shows them.
#[component]
pub fn S3Upload(
    /// The page's own uploader. Its settings hold.
    #[prop(optional)]
    uploader: Option<Uploader>,
    /// Where to upload to, and how; only for the uploader that the component makes itself.
    #[prop(optional)]
    settings: Settings,
    /// Whether more than one file can be chosen. With `false` it is one at a time, whatever the
    /// settings say, and a new one replaces one that is finished. When it is not given, the
    /// settings decide: one at a time is `max_files: Some(1)`.
    #[prop(optional, into)]
    multiple: Option<Signal<bool>>,
    /// Whether nothing can be added.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Other words than English.
    #[prop(optional)]
    messages: Messages,
) -> impl IntoView {
    let uploader = uploader.unwrap_or_else(|| {
        let made = Uploader::new(settings);
        let gone = StoredValue::new_local(made.clone());
        on_cleanup(move || {
            gone.try_with_value(Uploader::suspend);
        });
        made
    });
    let constraints = uploader.settings().engine.constraints;
    let single = constraints.max_files == Some(1);
    let many = Signal::derive(move || {
        multiple.map_or(!single, |multiple| multiple.try_get() == Some(true))
    });
    if multiple.is_some() {
        let own = StoredValue::new(None);
        let kept = StoredValue::new_local(uploader.clone());
        let limit = move |most: Option<u32>| {
            kept.try_with_value(|uploader| {
                uploader.configure(|settings| settings.engine.constraints.max_files = most);
            });
        };
        Effect::new(move |_| {
            let many = many.try_get() == Some(true);
            // Read only now: another component that had this uploader has given it back.
            let read = || kept.try_with_value(|all| all.settings().engine.constraints.max_files);
            let before = own.try_update_value(|own| *own.get_or_insert_with(read));
            let before = before.flatten().flatten();
            limit(if many { before } else { Some(1) });
        });
        // The uploader is the page's: what this component changed ends with it.
        on_cleanup(move || {
            if let Some(before) = own.try_get_value().flatten().flatten() {
                limit(before);
            }
        });
    }
    let look = Signal::derive(move || Look {
        constraints: constraints.clone(),
        multiple: many.try_get().unwrap_or_default(),
        disabled: disabled.try_get().unwrap_or_default(),
    });
    let source = Source::of(&uploader);
    let act = UnsyncCallback::new(move |action| {
        let many = many.try_get_untracked().unwrap_or_default();
        perform(&uploader, many, action);
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
            if multiple {
                uploader.add(files);
            } else {
                uploader.replace(files);
            }
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
