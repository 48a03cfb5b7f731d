//! The exchange with the backend: the headers of requests, and the meaning of responses.

use core::future::poll_fn;
use core::task::Poll;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use s3_upload_core::{BackendRefusal, Status, Step, UploadError};

use super::{Page, STORE, settings};
use crate::uploader::settings::{Headers, Settings};

#[test]
fn two_requests_that_are_refused_share_one_renewal_of_the_headers() {
    let (asked, gate) = (
        Rc::<RefCell<Vec<bool>>>::default(),
        Rc::<Cell<bool>>::default(),
    );
    let (seen, open) = (Rc::clone(&asked), Rc::clone(&gate));
    let headers = Headers::refreshable(Rc::new(move |is_refused| {
        seen.borrow_mut().push(is_refused);
        let open = Rc::clone(&open);
        let renewals = seen.borrow().iter().filter(|refused| **refused).count();
        Box::pin(async move {
            if is_refused {
                poll_fn(|_| {
                    if open.get() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            }
            Ok(vec![(
                "authorization".to_owned(),
                format!("token {renewals}"),
            )])
        })
    }));
    let mut page = Page::with(Settings {
        headers,
        ..settings()
    });
    page.add(300);
    page.add(400);
    let creates = page.world.network.requests("POST /uploads");
    assert_eq!(creates.len(), 2);
    for create in &creates {
        assert_eq!(create.header("authorization"), Some("token 0"));
        page.answer(create, 401, "");
    }
    assert_eq!(page.count("POST /uploads"), 2, "both wait for the renewal");
    gate.set(true);
    page.world.run();
    let renewals = asked.borrow().iter().filter(|refused| **refused).count();
    assert_eq!(renewals, 1);
    let again = page.world.network.requests("POST /uploads").split_off(2);
    assert_eq!(again.len(), 2);
    for (number, create) in again.iter().enumerate() {
        assert_eq!(create.header("authorization"), Some("token 1"));
        let url = format!(r#"{{"url":"{STORE}/b/{number}?X-Amz-Signature=5"}}"#);
        page.answer(create, 200, &url);
    }
    assert_eq!(page.count("PUT"), 2);
}

#[test]
fn a_backend_that_refuses_is_not_asked_again() {
    let mut page = Page::new();
    let file = page.add(300);
    let body = r#"{"error":{"code":"quota","message":"No space is left."}}"#;
    page.answer(&page.latest("POST /uploads"), 403, body);
    page.world.pass(60_000);
    assert_eq!(page.count("POST /uploads"), 1);
    let expected = UploadError::Backend(BackendRefusal {
        status: 403,
        code: Some("quota".to_owned()),
        message: Some("No space is left.".to_owned()),
        retry_after: None,
    });
    assert_eq!(page.error(file), expected);
}

#[test]
fn a_delay_that_the_backend_asks_for_is_kept() {
    let mut page = Page::new();
    page.add(300);
    page.answer_with(&page.latest("POST /uploads"), 503, &[("retry-after", "20")]);
    page.world.pass(19_999);
    assert_eq!(page.count("POST /uploads"), 1);
    page.world.pass(10_001);
    assert_eq!(page.count("POST /uploads"), 2);
}

#[test]
fn a_web_page_confirms_nothing() {
    let mut page = Page::new();
    let file = page.add(300);
    page.grant();
    page.answer(&page.latest("PUT"), 200, "");
    let complete = page.latest("POST /uploads/u1/complete");
    complete.answer_with(
        200,
        &[("content-type", "text/html")],
        "<html>Sign in</html>",
    );
    page.world.run();
    let page_instead = UploadError::WebPage {
        step: Step::Complete,
        status: 200,
    };
    assert_eq!(page.awaited_error(file), page_instead);
    page.world.pass(10_000);
    page.answer(
        &page.latest("POST /uploads/u1/complete"),
        200,
        r#"{"key":"k"}"#,
    );
    assert!(matches!(page.status(file), Status::Completed(_)));
}

#[test]
fn a_backend_that_cannot_confirm_leaves_the_last_word_to_the_store() {
    let mut page = Page::new();
    let file = page.add(300);
    page.grant();
    page.answer(&page.latest("PUT"), 200, "");
    page.answer(&page.latest("POST /uploads/u1/complete"), 404, "");
    let Status::Completed(stored) = page.status(file) else {
        panic!("{:?}", page.status(file));
    };
    assert_eq!(stored.key.as_deref(), Some("k"));
    assert_eq!(page.world.warnings.borrow().len(), 1);
}
