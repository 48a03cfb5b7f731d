//! The Leptos components. [`Widget`] shows plain signals. [`S3Upload`] is the component for Leptos pages, over an
//! uploader.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::callback::{Callable, UnsyncCallback};
use leptos::html;
use leptos::prelude::*;
use web_sys::Element;

use super::view::{WidgetInput, WidgetView};
use crate::ui::action::Action;
use crate::ui::display_options::DisplayOptions;
use crate::ui::perform::perform;
use crate::ui::style;
use crate::ui::text::messages::Messages;
use crate::ui::upload_list::UploadList;
use crate::uploader::{Settings, Uploader};

/// The widget. It shows the contents of `uploads`, and passes the person's actions on.
#[component]
pub fn Widget(
    /// The files and totals that are shown.
    uploads: UploadList,
    /// The options of the presentation.
    #[prop(into)]
    look: Signal<DisplayOptions>,
    /// The receiver of the person's actions.
    #[prop(into)]
    act: UnsyncCallback<Action>,
    /// Texts in place of the English ones.
    #[prop(optional)]
    messages: Messages,
) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(root) = root.get() {
            style::adopt(&root.get_root_node());
        }
    });
    let view = StoredValue::new_local(None);
    let input = RefCell::new(Some(WidgetInput {
        uploads,
        look: Box::new(move || look.try_get().unwrap_or_default()),
        act: Rc::new(move |action| {
            act.try_run(action);
        }),
        messages,
        dropped: Vec::new(),
    }));
    let fill = move |element: Element| {
        if let Some(input) = input.take() {
            view.try_set_value(WidgetView::new(&element, input));
        }
    };
    view! { <div node_ref=root use:fill></div> }
}

/// The upload widget for Leptos pages.
///
/// Uploads live as long as the [`Uploader`], not as long as the component. Without an `uploader` the component makes
/// one of its own from `settings`, whose uploads end when the component leaves the page. To keep uploads while the page
/// changes, pass an `uploader` that lives longer. They continue meanwhile, and the next component with the same
/// uploader shows them.
#[component]
pub fn S3Upload(
    /// The page's own uploader, with its own settings.
    #[prop(optional)]
    uploader: Option<Uploader>,
    /// The settings of the uploader that the component makes itself. They are not used with an `uploader`.
    #[prop(optional)]
    settings: Settings,
    /// True if more than one file can be chosen. If it is false, only one file is allowed, whatever the settings are,
    /// and a new one replaces one in a final state. If it is not given, the settings decide: `max_files: Some(1)`
    /// allows one file.
    #[prop(optional, into)]
    multiple: Option<Signal<bool>>,
    /// True if no file can be added.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Texts in place of the English ones.
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
            // The limit is read only now, since another component that had this uploader may have restored it.
            let read = || kept.try_with_value(|all| all.settings().engine.constraints.max_files);
            let before = own.try_update_value(|own| *own.get_or_insert_with(read));
            let before = before.flatten().flatten();
            limit(if many { before } else { Some(1) });
        });
        // The uploader belongs to the page, so that the component's change is undone here.
        on_cleanup(move || {
            if let Some(before) = own.try_get_value().flatten().flatten() {
                limit(before);
            }
        });
    }
    let look = Signal::derive(move || DisplayOptions {
        constraints: constraints.clone(),
        multiple: many.try_get().unwrap_or_default(),
        disabled: disabled.try_get().unwrap_or_default(),
    });
    let uploads = UploadList::of(&uploader);
    let act = UnsyncCallback::new(move |action| {
        let many = many.try_get_untracked().unwrap_or_default();
        perform(&uploader, many, action);
    });
    view! { <Widget uploads look act messages /> }
}
