//! The exact sentences that people read: every kind of error, every row of the core's retry tables.

use s3_upload_core::{
    Blocked, FileId, FileInfo, Hint, Step, StoreRefusal, StoredObject, Unreadable,
};

use super::*;

#[expect(clippy::needless_pass_by_value, reason = "each call makes its error")]
fn sentence(error_: UploadError) -> String {
    error(&Messages::default(), &error_)
}

fn refused(status: u16, code: &str, message: &str) -> String {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    sentence(UploadError::Store(StoreRefusal {
        status,
        code: some(code),
        message: some(message),
        ..StoreRefusal::default()
    }))
}

fn declined(status: u16, code: &str, message: &str) -> String {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    sentence(UploadError::Backend(BackendRefusal {
        status,
        code: some(code),
        message: some(message),
        ..BackendRefusal::default()
    }))
}

fn snapshot(status: Status) -> FileSnapshot {
    FileSnapshot {
        id: FileId(1),
        info: FileInfo::new("a.pdf", 10, ""),
        status,
        sent: 0,
        percent: 0,
        speed: None,
        remaining: None,
        awaited: None,
        attempts: 0,
    }
}

fn stands(state: Status) -> String {
    status(&Messages::default(), &snapshot(state))
}

#[test]
fn every_state_has_words() {
    for (status, words) in [
        (Status::Checking, "Being checked by this page"),
        (Status::Queued { held: false }, "Waiting for its turn"),
        (Status::Queued { held: true }, "Ready to upload"),
        (Status::Preparing, "Preparing"),
        (Status::Uploading, "Uploading"),
        (Status::Completing, "Finishing"),
        (Status::Paused, "Paused"),
        (Status::Completed(StoredObject::default()), "Uploaded"),
        (Status::Cancelled, "Cancelled"),
    ] {
        assert_eq!(stands(status), words);
    }
}

#[test]
fn waiting_says_for_what_and_how_long() {
    let waiting = |reason, milliseconds| {
        stands(Status::Waiting {
            reason,
            remaining: Duration::from_millis(milliseconds),
        })
    };
    let lost = || WaitReason::Backoff(UploadError::Network { step: Step::Send });
    assert_eq!(
        waiting(lost(), 2_400),
        "The connection to the storage was lost. Trying again in 3 s."
    );
    assert_eq!(
        waiting(lost(), 0),
        "The connection to the storage was lost. Trying again now."
    );
    assert_eq!(
        waiting(WaitReason::Offline, 0),
        "You are offline. The upload continues by itself when the connection is back."
    );
}

#[test]
fn an_outage_says_who_does_not_answer_and_blames_nobody_before_it_lasts() {
    let unreadable = |step| {
        UploadError::Unreadable(Unreadable {
            step,
            page: "https://page.test".to_owned(),
            host: "https://other.test".to_owned(),
        })
    };
    let waiting = |reason| {
        stands(Status::Waiting {
            reason,
            remaining: Duration::from_secs(4),
        })
    };
    let out = |side, error, is_named| {
        waiting(WaitReason::Outage(Outage {
            side,
            error,
            is_named,
        }))
    };
    let storage = "Waiting for the storage. Trying again in 4 s.";
    let server = "Waiting for the server. Trying again in 4 s.";
    // The first failure, and those of an outage.
    let backoff = |step| waiting(WaitReason::Backoff(unreadable(step)));
    assert_eq!(backoff(Step::Send), storage);
    assert_eq!(backoff(Step::Create), server);
    assert_eq!(out(Side::Store, unreadable(Step::Send), false), storage);
    assert_eq!(out(Side::Backend, unreadable(Step::Create), false), server);
    // The outage lasts, and the side has never answered this page.
    assert_eq!(
        out(Side::Store, unreadable(Step::Send), true),
        "Waiting for the storage. https://other.test answers, but this page may not read it: an outage, or a missing \
         permission for https://page.test (CORS). Trying again in 4 s."
    );
    let page = UploadError::WebPage {
        step: Step::Create,
        status: 200,
    };
    assert_eq!(
        out(Side::Backend, page, true),
        "Waiting for the server. The server answered with a web page. Trying again in 4 s."
    );
    let refusal = UploadError::Backend(BackendRefusal {
        status: 500,
        message: Some("No web pages, please".to_owned()),
        ..BackendRefusal::default()
    });
    assert_eq!(
        out(Side::Backend, refusal, true),
        "Waiting for the server. No web pages, please. Trying again in 4 s."
    );
}

#[test]
fn a_long_wait_for_an_answer_is_said() {
    let awaited = |status_, side, seconds| {
        let file = FileSnapshot {
            awaited: Some((side, Duration::from_secs(seconds))),
            ..snapshot(status_)
        };
        status(&Messages::default(), &file)
    };
    assert_eq!(awaited(Status::Uploading, Side::Store, 9), "Uploading");
    assert_eq!(
        awaited(Status::Uploading, Side::Store, 10),
        "Still waiting for the storage"
    );
    for state in [Status::Preparing, Status::Completing] {
        assert_eq!(
            awaited(state, Side::Backend, 60),
            "Still waiting for the server"
        );
    }
    assert_eq!(awaited(Status::Paused, Side::Store, 60), "Paused");
}

#[test]
fn refused_files_name_the_limit() {
    let say = |broken| violation(&Messages::default(), &broken);
    assert_eq!(
        say(Violation::TooLarge {
            size: 12_000_000,
            max: 10_000_000
        }),
        "The file is 12 MB. The limit is 10 MB."
    );
    assert_eq!(
        say(Violation::TooLarge {
            size: 10_000_001,
            max: 10_000_000
        }),
        "The file is 10,000,001 bytes. The limit is 10,000,000 bytes."
    );
    assert_eq!(
        say(Violation::TooSmall { size: 0, min: 1 }),
        "The file is 0 bytes. It must be at least 1 byte."
    );
    assert_eq!(
        say(Violation::Type {
            content_type: "application/zip".into(),
            accept: "image/*,.pdf".into()
        }),
        "This type of file is not accepted. Choose images or PDF."
    );
    assert_eq!(
        say(Violation::TooMany { max: 1 }),
        "Only one file can be uploaded at a time. Remove the other one first."
    );
    assert_eq!(
        say(Violation::TooMany { max: 5 }),
        "No more than 5 files can be uploaded at a time. Remove one first."
    );
    assert_eq!(
        say(Violation::TotalTooLarge { max: 1_000_000_000 }),
        "All files together may be 1 GB at most. Remove one, or choose a smaller file."
    );
}

#[test]
fn every_error_says_what_happened_and_what_to_do() {
    assert_eq!(
        sentence(UploadError::Network { step: Step::Send }),
        "The connection to the storage was lost. Check your internet connection, then try again."
    );
    assert_eq!(
        sentence(UploadError::Network { step: Step::Create }),
        "The server could not be reached. Check your internet connection, then try again."
    );
    assert_eq!(
        sentence(UploadError::Stalled {
            step: Step::Send,
            after: Duration::from_secs(30)
        }),
        "Nothing could be sent for 30 s. Check your internet connection, then try again."
    );
    assert_eq!(
        sentence(UploadError::Stalled {
            step: Step::Create,
            after: Duration::from_secs(30)
        }),
        "The server did not answer within 30 s. Try again later."
    );
    assert_eq!(
        sentence(UploadError::Blocked(Blocked::Host {
            host: "http://minio:9000".into(),
        })),
        "The storage at http://minio:9000 cannot be reached from here. Ask the site's owner to sign uploads for an address that browsers can reach."
    );
    assert_eq!(
        sentence(UploadError::Blocked(Blocked::Setup {
            host: "https://b.s3.amazonaws.com".into(),
            finding: Box::default(),
        })),
        "The storage at https://b.s3.amazonaws.com is not set up for these uploads. Ask the site's owner to look for the cause in the browser's console."
    );
    assert_eq!(
        sentence(UploadError::Store(StoreRefusal {
            status: 400,
            code: Some("BadDigest".into()),
            hint: Some(Box::new(Hint::EmptyChecksum)),
            ..StoreRefusal::default()
        })),
        "The storage refused the upload: its address was signed for an empty file (BadDigest). Ask the site's owner to turn off the checksum that the server's S3 library adds while it signs."
    );
    assert_eq!(
        sentence(UploadError::Blocked(Blocked::Cors {
            finding: None,
            page: "https://app.example.com".into(),
            host: "https://s3.example.com".into(),
        })),
        "https://s3.example.com does not accept uploads from this page (CORS). \
         Ask the site's owner to allow the origin https://app.example.com there."
    );
    assert_eq!(
        sentence(UploadError::Blocked(Blocked::Csp {
            directive: "connect-src".into(),
            host: "https://s3.example.com".into(),
        })),
        "This page's security policy forbids uploads to https://s3.example.com. \
         Ask the site's owner to add it to connect-src."
    );
    assert_eq!(
        sentence(UploadError::Blocked(Blocked::MixedContent {
            host: "http://s3.example.com".into(),
        })),
        "This page is secure but http://s3.example.com is not, so the browser blocks the upload. \
         Ask the site's owner to serve it over https."
    );
    assert_eq!(
        sentence(UploadError::FileChanged),
        "The file changed after it was added. Remove it from the list and add it again."
    );
    assert_eq!(
        sentence(UploadError::Configuration(
            "the attribute endpoint is missing".into()
        )),
        "Uploads are not set up correctly here: the attribute endpoint is missing. Ask the site's owner to correct it."
    );
}

#[test]
fn an_answer_that_cannot_be_read_names_who_gave_it() {
    let unreadable = |step, host: &str| {
        sentence(UploadError::Unreadable(Unreadable {
            step,
            page: "https://app.example.com".into(),
            host: host.into(),
        }))
    };
    assert_eq!(
        unreadable(Step::Send, "https://s3.example.com"),
        "https://s3.example.com does not accept uploads from this page (CORS). \
         Ask the site's owner to allow the origin https://app.example.com there."
    );
    assert_eq!(
        unreadable(Step::Complete, "https://api.example.com"),
        "https://api.example.com does not accept uploads from this page (CORS). \
         Ask the site's owner to allow the origin https://app.example.com there."
    );
}

#[test]
fn a_web_page_instead_of_an_answer_is_called_one() {
    let malformed = |got: &str| {
        sentence(UploadError::Malformed {
            step: Step::Create,
            expected: "JSON".into(),
            got: got.into(),
            is_incomplete: true,
        })
    };
    assert_eq!(
        malformed("<!DOCTYPE html><title>Log in</title>"),
        "The server answered with a web page instead of upload instructions (expected JSON). \
         Ask the site's owner to check the address for uploads."
    );
    assert_eq!(
        malformed("an empty answer"),
        "The server's answer was not understood (expected JSON; got an empty answer). \
         Ask the site's owner to check the address for uploads."
    );
}

#[test]
fn what_the_store_said_is_not_called_the_servers() {
    assert_eq!(
        sentence(UploadError::Malformed {
            step: Step::Send,
            expected: "nothing".into(),
            got: "2 characters of text/plain with status 200".into(),
            is_incomplete: true,
        }),
        "The storage's answer was not understood (expected nothing; got 2 characters of text/plain with status 200). \
         Ask the site's owner to check the address for uploads."
    );
}

#[test]
fn the_store_is_understood() {
    assert_eq!(
        refused(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match"
        ),
        "The storage refused the upload: the request does not match what was signed (SignatureDoesNotMatch). \
         Ask the site's owner to check the server's secret key and the headers it signs."
    );
    assert_eq!(
        refused(403, "AccessDenied", "Access Denied"),
        "The storage refused the upload: access is denied (AccessDenied). \
         Ask the site's owner to check what the server's key may do."
    );
    assert_eq!(
        refused(403, "AccessDenied", "Request has expired"),
        "The permission to upload expired before the file was sent. \
         Try again. If it fails again, ask the site's owner to check the clock of the server that signs."
    );
    assert_eq!(
        refused(403, "AccessDenied", "Request is not yet valid"),
        "The permission to upload is not valid yet (AccessDenied). \
         Ask the site's owner to set the clock of the server that signs."
    );
    assert_eq!(
        refused(522, "", ""),
        "The storage is busy (status 522). Try again later."
    );
    assert_eq!(
        refused(412, "", ""),
        "A file with this name is already stored (status 412). Rename the file, then add it again."
    );
    assert_eq!(
        refused(400, "EntityTooLarge", ""),
        "The file is larger than the storage accepts (EntityTooLarge). Choose a smaller file."
    );
    assert_eq!(
        refused(404, "NoSuchBucket", ""),
        "The storage place does not exist (NoSuchBucket). Ask the site's owner to check the bucket's name."
    );
    assert_eq!(
        refused(503, "", ""),
        "The storage is busy (status 503). Try again later."
    );
}

#[test]
fn every_row_of_the_retry_tables_has_a_meaning() {
    for code in [
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
        "RequestTimeTooSkewed",
        "InternalError",
        "SlowDown",
        "ServiceUnavailable",
        "Busy",
        "RequestTimeout",
        "IncompleteBody",
        "OperationAborted",
        "ConditionalRequestConflict",
        "BadDigest",
        "XAmzContentChecksumMismatch",
        "NoSuchUpload",
        "PreconditionFailed",
        "NotImplemented",
        "AccessDenied",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "AuthorizationQueryParametersError",
        "AuthorizationHeaderMalformed",
        "EntityTooLarge",
        "EntityTooSmall",
        "KeyTooLongError",
        "NoSuchBucket",
        "PermanentRedirect",
        "TemporaryRedirect",
        "AccessForbidden",
        "MissingContentLength",
        "InvalidDigest",
    ] {
        let said = refused(400, code, "S3's own words");
        assert!(said.contains(code), "{code}: {said}");
        assert!(
            !said.contains("S3's own words") && !said.contains("for help"),
            "{code} has no meaning: {said}"
        );
    }
    for status in [
        301, 307, 401, 403, 404, 408, 411, 412, 413, 425, 429, 500, 501, 502, 503, 504,
    ] {
        let said = refused(status, "", "");
        assert!(
            said.contains(&format!("status {status}")) && !said.contains("for help"),
            "{said}"
        );
    }
    for status in [
        401, 403, 404, 408, 413, 415, 425, 429, 500, 501, 502, 503, 504,
    ] {
        let said = declined(status, "", "");
        assert!(
            said.contains(&format!("status {status}")) && !said.contains("for help"),
            "{said}"
        );
    }
}

#[test]
fn what_nobody_knows_is_shown_by_code_and_message() {
    assert_eq!(
        refused(400, "QuotaExceeded", "Bucket quota of 1 GB is used up."),
        "The storage refused the upload: Bucket quota of 1 GB is used up (QuotaExceeded). Ask the site's owner for help."
    );
    assert_eq!(
        refused(418, "", ""),
        "The storage refused the upload (status 418). Ask the site's owner for help."
    );
}

#[test]
fn the_backend_has_its_own_words() {
    assert_eq!(
        declined(403, "quota", "Your plan is full: 5 GB of 5 GB {used}"),
        "Your plan is full: 5 GB of 5 GB {used}."
    );
    assert_eq!(
        declined(422, "bad", ""),
        "The server refused the upload (bad, status 422). Ask the site's owner for help."
    );
    assert_eq!(
        declined(401, "", ""),
        "The server does not know who you are (status 401). Sign in, then try again."
    );
}
