//! The texts of the widget in English, by stable keys. They are plain sentences: what happened, then what to do,
//! separated by `|`, so that the second part can be left out while the widget retries by itself.
//! [`error_text`](super::error_text) chooses the keys.

use super::failure_catalogue::Table;

/// The English text of a key.
pub fn english(key: &str) -> Option<&'static str> {
    [WIDGET, STATUS, CONSTRAINTS, ERRORS]
        .iter()
        .chain(failures())
        .flat_map(|table| table.iter())
        .find_map(|(known, text)| (*known == key).then_some(*text))
}

/// The texts of failures.
#[cfg(not(feature = "split"))]
fn failures() -> &'static [Table] {
    super::failure_catalogue::TABLES
}

#[cfg(feature = "split")]
thread_local! {
    static FAILURES: core::cell::Cell<&'static [Table]> = const { core::cell::Cell::new(&[]) };
}

/// The texts of failures, if they are loaded.
#[cfg(feature = "split")]
fn failures() -> &'static [Table] {
    FAILURES.get()
}

/// Adds the texts of failures, which are loaded when the first request fails.
#[cfg(feature = "split")]
pub fn add_failures(tables: &'static [Table]) {
    FAILURES.set(tables);
}

#[rustfmt::skip]
const WIDGET: Table = &[
    ("button.browse", "Choose files"),
    ("button.browse.one", "Choose a file"),
    ("button.start", "Upload"),
    ("button.pause-all", "Pause all"),
    ("button.resume-all", "Resume all"),
    ("button.cancel-all", "Cancel all"),
    ("button.retry-all", "Try failed again"),
    ("button.clear", "Clear finished"),
    ("button.more", "Show more"),
    ("button.dismiss", "Dismiss this message"),
    ("button.dismiss-all", "Dismiss all"),
    ("file.pause", "Pause {name}"),
    ("file.resume", "Resume {name}"),
    ("file.retry", "Try {name} again"),
    ("file.cancel", "Cancel {name}"),
    ("file.remove", "Remove {name} from the list"),
    ("file.link", "Open {name} in a new tab"),
    ("file.copy", "{text}: {name}"),
    ("file.progress", "Upload of {name}"),
    ("file.dismiss", "Dismiss the message about {name}"),
    ("text.link", "Open"),
    ("text.copy", "Copy link"),
    ("text.copied", "Copied"),
    ("text.copy-failed", "Not copied"),
    ("drop.hint", "or drop them here"),
    ("drop.hint.one", "or drop it here"),
    ("drop.now", "Drop to add"),
    ("drop.folder", "Folders cannot be uploaded. Choose the files in it."),
    ("drop.nothing", "Nothing was added: what came holds no file."),
    ("drop.unreadable", "Something was not added: the browser cannot read it as a file."),
    ("list.label", "Files"),
    ("list.shown", "{shown} of {count} files are shown."),
    ("rejections.label", "Files that were not added"),
    ("rejections.more.one", "1 more file was not added."),
    ("rejections.more.other", "{count} more files were not added."),
    ("progress.value", "{percent} %, {sent} of {size}"),
    ("progress.sent", "{sent} of {size}"),
    ("progress.left", "{time} left"),
    ("overall.label", "Upload of all files"),
    ("overall.files", "{done} of {count} files uploaded"),
    ("overall.failed.one", "1 failed"),
    ("overall.failed.other", "{count} failed"),
    ("overall.cancelled.one", "1 cancelled"),
    ("overall.cancelled.other", "{count} cancelled"),
    ("overall.offline", "You are offline. Uploads continue by themselves when the connection is back."),
    ("overall.outage.storage", "The storage does not answer. Uploads continue by themselves when it does."),
    ("overall.outage.server", "The server does not answer. Uploads continue by themselves when it does."),
    ("live.added.one", "1 file added."),
    ("live.added.other", "{count} files added."),
    ("live.uploaded.one", "1 file uploaded."),
    ("live.uploaded.other", "{count} files uploaded."),
    ("live.complete", "All files are uploaded."),
    ("live.rest", "{done} of {count} files uploaded, {failed} failed."),
    ("live.percent", "{percent} % uploaded."),
    ("live.offline", "You are offline. Uploads continue by themselves when the connection is back."),
    ("live.online", "The connection is back. Uploads continue."),
    ("live.back", "Uploads continue."),
    ("live.more.one", "1 more message."),
    ("live.more.other", "{count} more messages."),
    ("live.about", "{name}: {text}"),
];

#[rustfmt::skip]
const STATUS: Table = &[
    ("status.queued", "Waiting for its turn"),
    ("status.checking", "Being checked by this page"),
    ("status.held", "Ready to upload"),
    ("status.preparing", "Preparing"),
    ("status.uploading", "Uploading"),
    ("status.completing", "Finishing"),
    ("status.paused", "Paused"),
    ("status.completed", "Uploaded"),
    ("status.cancelled", "Cancelled"),
    ("status.waiting", "{problem} Trying again in {time}."),
    ("status.waiting.now", "{problem} Trying again now."),
    ("status.outage.storage", "Waiting for the storage."),
    ("status.outage.server", "Waiting for the server."),
    ("status.outage.unreadable", "{host} answers, but this page may not read it: an outage, or a missing permission for {page} (CORS)."),
    ("status.still.storage", "Still waiting for the storage"),
    ("status.still.server", "Still waiting for the server"),
    ("status.waiting.offline", "You are offline. The upload continues by itself when the connection is back."),
];

#[rustfmt::skip]
const CONSTRAINTS: Table = &[
    ("hint.max-size", "up to {limit} each"),
    ("hint.max-size.one", "up to {limit}"),
    ("hint.min-size", "at least {limit} each"),
    ("hint.min-size.one", "at least {limit}"),
    ("hint.size-range", "{min} to {limit} each"),
    ("hint.size-range.one", "{min} to {limit}"),
    ("hint.max-files", "{count} files at most"),
    ("hint.max-total-size", "{limit} in all"),
    ("kind.image", "images"),
    ("kind.video", "videos"),
    ("kind.audio", "audio"),
    ("kind.text", "text files"),
    ("kind.or", "{list} or {last}"),
    ("too-small", "The file is {size}. It must be at least {limit}."),
    ("too-large", "The file is {size}. The limit is {limit}."),
    ("type-not-accepted", "This type of file is not accepted. Choose {kinds}."),
    ("too-many-files", "No more than {limit} files can be uploaded at a time. Remove one first."),
    ("too-many-files.one", "Only one file can be uploaded at a time. Remove the other one first."),
    ("refused", "This page did not accept the file."),
    ("total-too-large", "All files together may be {limit} at most. Remove one, or choose a smaller file."),
];

// The texts of errors that need no other code. The others are in `failure_catalogue`.
#[rustfmt::skip]
const ERRORS: Table = &[
    ("network", "The connection to the storage was lost.|Check your internet connection, then try again."),
    ("backend-unreachable", "The server could not be reached.|Check your internet connection, then try again."),
    ("offline", "You are offline.|The upload continues by itself when the connection is back."),
    ("unknown", "The upload failed ({code}).|Try again."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_sentences_end() {
        let mut keys: Vec<_> = [WIDGET, STATUS, CONSTRAINTS, ERRORS]
            .iter()
            .chain(failures())
            .flat_map(|table| table.iter().map(|(key, _)| *key))
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
        let sentences = failures().iter().flat_map(|table| table.iter());
        for (key, text) in ERRORS.iter().chain(sentences) {
            let is_whole = text.ends_with('.') && text.contains('|');
            assert!(is_whole || *key == "store.status", "{key}: {text}");
        }
    }
}
