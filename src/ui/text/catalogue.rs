//! The texts of the widget in English, by stable keys. They are plain sentences: what happened, then what to do,
//! separated by `|`, so that the second part can be left out while the widget retries by itself.
//! [`error_text`](super::error_text) chooses the keys.

/// The English text of a key.
pub fn english(key: &str) -> Option<&'static str> {
    [WIDGET, STATUS, CONSTRAINTS, ERRORS, STORE, BACKEND]
        .iter()
        .flat_map(|table| table.iter())
        .find_map(|(known, text)| (*known == key).then_some(*text))
}

// Each entry is one line of any length, since the table is read as a table.
type Table = &'static [(&'static str, &'static str)];

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

#[rustfmt::skip]
const ERRORS: Table = &[
    ("network", "The connection to the storage was lost.|Check your internet connection, then try again."),
    ("backend-unreachable", "The server could not be reached.|Check your internet connection, then try again."),
    ("offline", "You are offline.|The upload continues by itself when the connection is back."),
    ("stalled", "Nothing could be sent for {time}.|Check your internet connection, then try again."),
    ("stalled.backend", "The server did not answer within {time}.|Try again later."),
    ("expired", "The permission to upload expired before the file was sent.|Try again. If it fails again, ask the site's owner to check the clock of the server that signs."),
    ("expired.early", "The permission to upload is not valid yet ({code}).|Ask the site's owner to set the clock of the server that signs."),
    ("missing-etag", "The storage took the data but hides its receipt (its CORS rule does not expose the header ETag).|Ask the site's owner to add ETag to the rule's ExposeHeaders."),
    ("cut-off", "The connection broke each time this file was sent.|Something in between may limit the size of uploads. Ask the site's owner."),
    ("web-page", "The server answered with a web page.|If this network or this site asks you to sign in, do so, then try again."),
    ("web-page.store", "The storage answered with a web page.|If this network asks you to sign in, do so, then try again."),
    ("blocked-cors", "{host} does not accept uploads from this page (CORS).|Ask the site's owner to allow the origin {page} there."),
    ("store-unreachable", "The storage at {host} cannot be reached from here.|Ask the site's owner to sign uploads for an address that browsers can reach."),
    ("store-setup", "The storage at {host} is not set up for these uploads.|Ask the site's owner to look for the cause in the browser's console."),
    ("blocked-csp", "This page's security policy forbids uploads to {host}.|Ask the site's owner to add it to {directive}."),
    ("blocked-mixed-content", "This page is secure but {host} is not, so the browser blocks the upload.|Ask the site's owner to serve it over https."),
    ("malformed-answer", "The server's answer was not understood (expected {expected}; got {got}).|Ask the site's owner to check the address for uploads."),
    ("malformed-answer.store", "The storage's answer was not understood (expected {expected}; got {got}).|Ask the site's owner to check the address for uploads."),
    ("malformed-answer.page", "The server answered with a web page instead of upload instructions (expected {expected}).|Ask the site's owner to check the address for uploads."),
    ("file-changed", "The file changed after it was added.|Remove it from the list and add it again."),
    ("file-unreadable", "The file can no longer be read: it may have been moved or deleted, or it is a folder.|Remove it from the list and add it again."),
    ("configuration", "Uploads are not set up correctly here: {text}|Ask the site's owner to correct it."),
    ("unknown", "The upload failed ({code}).|Try again."),
];

// `{code}` is S3's code, or the HTTP status if the storage gave no code.
#[rustfmt::skip]
const STORE: Table = &[
    ("store.AccessDenied", "The storage refused the upload: access is denied ({code}).|Ask the site's owner to check what the server's key may do."),
    ("store.SignatureDoesNotMatch", "The storage refused the upload: the request does not match what was signed ({code}).|Ask the site's owner to check the server's secret key and the headers it signs."),
    ("store.InvalidAccessKeyId", "The storage refused the upload: it does not know the server's key ({code}).|Ask the site's owner to check the server's credentials."),
    ("store.AuthorizationQueryParametersError", "The storage refused the upload: the signed address is not valid ({code}).|Ask the site's owner to check the region and the expiry that the server signs."),
    ("store.AuthorizationHeaderMalformed", "The storage refused the upload: the signature is not valid ({code}).|Ask the site's owner to check the region that the server signs for."),
    ("store.credentials", "The storage refused the upload: the server's temporary credentials expired ({code}).|Try again later; if it goes on, ask the site's owner to renew them."),
    ("store.RequestTimeTooSkewed", "The storage refused the upload: its clock and the server's differ too much ({code}).|Ask the site's owner to set the server's clock."),
    ("store.InternalError", "The storage has an internal problem ({code}).|Try again later."),
    ("store.busy", "The storage is busy ({code}).|Try again later."),
    ("store.RequestTimeout", "The storage waited too long for the data ({code}).|Check your internet connection, then try again."),
    ("store.IncompleteBody", "Only a part of the data reached the storage ({code}).|Check your internet connection, then try again."),
    ("store.conflict", "Another upload to the same place is under way ({code}).|Try again later."),
    ("store.damaged", "The data reached the storage damaged ({code}).|Try again."),
    ("store.empty-checksum", "The storage refused the upload: its address was signed for an empty file ({code}).|Ask the site's owner to turn off the checksum that the server's S3 library adds while it signs."),
    ("store.InvalidDigest", "The storage refused the upload: the checksum is not valid ({code}).|Ask the site's owner to check the headers that the server signs."),
    ("store.NoSuchUpload", "The storage no longer knows this upload ({code}).|Try again: the upload starts over."),
    ("store.PreconditionFailed", "A file with this name is already stored ({code}).|Rename the file, then add it again."),
    ("store.NotImplemented", "The storage does not support this kind of upload ({code}).|Ask the site's owner to check the headers that the server signs."),
    ("store.EntityTooLarge", "The file is larger than the storage accepts ({code}).|Choose a smaller file."),
    ("store.EntityTooSmall", "The file is smaller than the storage accepts ({code}).|Choose a larger file."),
    ("store.KeyTooLongError", "The file's name is too long for the storage ({code}).|Rename the file, then add it again."),
    ("store.NoSuchBucket", "The storage place does not exist ({code}).|Ask the site's owner to check the bucket's name."),
    ("store.redirect", "The storage place is in another region ({code}).|Ask the site's owner to sign for the bucket's own region."),
    ("store.AccessForbidden", "The storage does not accept uploads from this page ({code}).|Ask the site's owner to allow this page's origin in the bucket's CORS rule."),
    ("store.MissingContentLength", "The storage needs to know the file's size first ({code}).|Ask the site's owner to check what stands between this page and the storage."),
    ("store.not-found", "The storage has no such place ({code}).|Ask the site's owner to check the storage's address and the bucket's name."),
    ("store.said", "The storage refused the upload: {message} ({code}).|Ask the site's owner for help."),
    ("store.unknown", "The storage refused the upload ({code}).|Ask the site's owner for help."),
    ("store.status", "status {status}"),
];

#[rustfmt::skip]
const BACKEND: Table = &[
    ("backend.sign-in", "The server does not know who you are ({code}).|Sign in, then try again."),
    ("backend.forbidden", "The server does not allow this upload ({code}).|Ask the site's owner for permission."),
    ("backend.not-found", "The server has no place for uploads at this address ({code}).|Ask the site's owner to check the address for uploads."),
    ("backend.too-large", "The file is larger than the server accepts ({code}).|Choose a smaller file."),
    ("backend.type", "The server does not accept this type of file ({code}).|Choose another file."),
    ("backend.busy", "The server is busy ({code}).|Try again later."),
    ("backend.problem", "The server has a problem ({code}).|Try again later."),
    ("backend.gone", "The server no longer knows this upload ({code}).|Try again: the upload starts over."),
    ("backend.not-stored", "The file did not reach the storage ({code}).|Try again."),
    ("backend.incomplete", "Parts of the file did not reach the storage ({code}).|Try again."),
    ("backend.unknown", "The server refused the upload ({code}).|Ask the site's owner for help."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_and_sentences_end() {
        let mut keys: Vec<_> = [WIDGET, STATUS, CONSTRAINTS, ERRORS, STORE, BACKEND]
            .iter()
            .flat_map(|table| table.iter().map(|(key, _)| *key))
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
        for (key, text) in [ERRORS, BACKEND].concat() {
            assert!(text.ends_with('.') && text.contains('|'), "{key}: {text}");
        }
    }
}
