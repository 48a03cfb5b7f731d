//! The English texts of failures, by their keys. [`failure_text`](super::failure_text) chooses the keys.

/// Keys and texts. Each entry is one line of any length, since the table is read as a table.
pub type Table = &'static [(&'static str, &'static str)];

/// All tables.
pub const TABLES: &[Table] = &[ERRORS, STORE, BACKEND];

#[rustfmt::skip]
const ERRORS: Table = &[
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
