//! The meaning of the person's actions for an uploader.

use reactive_graph::traits::GetUntracked;
use s3_upload_core::Target;

use super::action::Action;
use crate::uploader::Uploader;

/// Performs an action of the person on an uploader. If only one file is allowed, a new one replaces a file in a final
/// state.
pub fn perform(uploader: &Uploader, multiple: bool, action: Action) {
    match action {
        Action::Add(files) => {
            // Messages about the last choice do not concern this one.
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
