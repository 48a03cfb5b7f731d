//! The uploader's requests, as the browser's own fetch and XHR get them. The backend's answers are scripted. All other
//! requests are really sent.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, clippy::expect_used, clippy::panic)]

#[path = "common.rs"]
mod common;

use common::{file, settle, until};
use s3_upload::core::{Status, Step, Target, TransportChoice, UploadError, WaitReason};
use s3_upload::uploader::{Credentials, DialectChoice, Settings, Uploader};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
export class Recording {
  #fetch = window.fetch;
  #send = XMLHttpRequest.prototype.send;
  #random = Crypto.prototype.getRandomValues;
  #fetched = [];
  #sent = [];
  #drawn = [];
  #waiting = [];

  /** `answers`: JSON by method and path. An answer `null` never comes. */
  constructor(answers) {
    const recording = this;
    const known = JSON.parse(answers);
    window.fetch = async (request) => {
      const { pathname, search } = new URL(request.url);
      recording.#fetched.push({ request: request.clone(), line: `${request.method} ${pathname}${search}` });
      const answer = known[`${request.method} ${pathname}`];
      if (answer === null) return new Promise(() => {});
      return answer === undefined ? recording.#fetch.call(window, request) : Response.json(answer);
    };
    XMLHttpRequest.prototype.send = function (body) {
      const sent = { xhr: this, body, events: [] };
      for (const name of ["abort", "error", "load", "loadend"]) {
        this.addEventListener(name, () => sent.events.push(name));
      }
      recording.#sent.push(sent);
      recording.#send.call(this, body);
      for (const resolve of recording.#waiting.splice(0)) resolve();
    };
    Crypto.prototype.getRandomValues = function (array) {
      const filled = recording.#random.call(this, array);
      recording.#drawn.push([...new Uint8Array(filled.buffer, filled.byteOffset, filled.byteLength)]);
      return filled;
    };
    // As on a page over plain http.
    Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  }

  stop() {
    window.fetch = this.#fetch;
    XMLHttpRequest.prototype.send = this.#send;
    Crypto.prototype.getRandomValues = this.#random;
    delete crypto.randomUUID;
  }

  /** Each fetch: method, path, credentials and mode. */
  fetched() {
    return this.#fetched.map(({ request, line }) => `${line} ${request.credentials} ${request.mode}`);
  }

  /** The number of XHRs that were sent. */
  sent() {
    return this.#sent.length;
  }

  /** Resolves when an XHR is sent. What waits goes on in a microtask, before any event of that request. */
  async nextSent() {
    await new Promise((resolve) => this.#waiting.push(resolve));
  }

  sendsCookies() {
    return this.#sent.at(-1).xhr.withCredentials;
  }

  events() {
    return this.#sent.at(-1).events;
  }

  /** The browser reports that this many bytes of the last XHR's body were sent. */
  progress(loaded) {
    this.#sent.at(-1).xhr.upload.dispatchEvent(new ProgressEvent("progress", { loaded }));
  }

  /** The form of the last XHR or fetch. */
  async form() {
    const form = this.#sent.at(-1)?.body ?? (await this.#fetched.at(-1).request.clone().formData());
    const text = (value) => (value instanceof File ? `${value.name}, ${value.size} bytes` : value);
    return JSON.stringify([...form.entries()].map(([name, value]) => `${name}: ${text(value)}`));
  }

  /** Random bytes that were drawn at once, in hexadecimal digits. */
  drawn() {
    return this.#drawn.map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  }
}

/** The value for which the browser would ask before it leaves the page. */
export function questionBeforeLeaving() {
  const event = document.createEvent("BeforeUnloadEvent");
  event.initEvent("beforeunload", false, true);
  window.dispatchEvent(event);
  return event.defaultPrevented ? event.returnValue : undefined;
}
export function port() {
  return location.port;
}
export function isIsolated() {
  return window.crossOriginIsolated;
}
"#)]
extern "C" {
    type Recording;
    #[wasm_bindgen(constructor)]
    fn new(answers: &str) -> Recording;
    #[wasm_bindgen(method)]
    fn stop(this: &Recording);
    #[wasm_bindgen(method)]
    fn fetched(this: &Recording) -> Vec<String>;
    #[wasm_bindgen(method)]
    fn sent(this: &Recording) -> u32;
    #[wasm_bindgen(method, js_name = nextSent)]
    async fn next_sent(this: &Recording);
    #[wasm_bindgen(method, js_name = sendsCookies)]
    fn sends_cookies(this: &Recording) -> bool;
    #[wasm_bindgen(method)]
    fn events(this: &Recording) -> Vec<String>;
    #[wasm_bindgen(method)]
    fn progress(this: &Recording, loaded: u32);
    #[wasm_bindgen(method)]
    async fn form(this: &Recording) -> JsValue;
    #[wasm_bindgen(method)]
    fn drawn(this: &Recording) -> Vec<String>;
    #[wasm_bindgen(js_name = questionBeforeLeaving)]
    fn question_before_leaving() -> Option<String>;
    fn port() -> String;
    #[wasm_bindgen(js_name = isIsolated)]
    fn is_isolated() -> bool;
}

/// An uploader on a page whose requests are recorded.
struct Page {
    uploader: Uploader,
    requests: Recording,
}

impl Page {
    fn new(answers: &str, transport: TransportChoice, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new("/uploads");
        settings.engine.transport = transport;
        change(&mut settings);
        Self {
            uploader: Uploader::new(settings),
            requests: Recording::new(answers),
        }
    }

    fn add(&self) {
        self.uploader.add(vec![file("a.txt", 5, "text/plain")]);
    }

    fn status(&self) -> Option<Status> {
        let first = self.uploader.snapshots().into_iter().next();
        first.map(|file| file.status)
    }

    /// The status in which the file failed, or waits after an error.
    async fn until_stopped(&self) -> Status {
        let stopped = || {
            self.status()
                .filter(|status| matches!(status, Status::Failed(_) | Status::Waiting { .. }))
        };
        until("the file failed or waits", || stopped().is_some()).await;
        stopped().expect("the status")
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.uploader.cancel(Target::All);
        self.requests.stop();
    }
}

/// A store on the page's own origin, which takes nothing.
const PUT: &str = r#"{"POST /uploads": {"url": "/store/k?X-Amz-Signature=5"}}"#;

/// <https://fetch.spec.whatwg.org/#concept-request-credentials-mode>
#[wasm_bindgen_test]
async fn cookies_go_to_the_backend_as_the_page_says_and_never_to_the_store() {
    for (credentials, word) in [
        (Credentials::Omit, "omit"),
        (Credentials::SameOrigin, "same-origin"),
        (Credentials::Include, "include"),
    ] {
        let by_fetch = Page::new(PUT, TransportChoice::Fetch, |settings| {
            settings.credentials = credentials;
        });
        by_fetch.add();
        until("both requests", || by_fetch.requests.fetched().len() >= 2).await;
        assert_eq!(
            by_fetch.requests.fetched().get(..2),
            Some(
                [
                    format!("POST /uploads {word} cors"),
                    "PUT /store/k?X-Amz-Signature=5 omit cors".to_owned()
                ]
                .as_slice()
            )
        );
        drop(by_fetch);

        let by_xhr = Page::new(PUT, TransportChoice::Xhr, |settings| {
            settings.credentials = credentials;
        });
        by_xhr.add();
        until("the PUT", || by_xhr.requests.sent() == 1).await;
        assert!(!by_xhr.requests.sends_cookies());
    }
}

/// <https://fetch.spec.whatwg.org/#fetch-method>
#[wasm_bindgen_test]
async fn a_response_with_any_status_is_one_and_a_request_without_a_response_is_tried_again() {
    let refused = Page::new("{}", TransportChoice::Auto, |_| {});
    refused.add();
    let stopped = refused.until_stopped().await;
    let Status::Failed(UploadError::Backend(refusal)) = &stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(refusal.status, 404);
    assert_eq!(refused.requests.fetched().len(), 1);
    drop(refused);

    // Fetch blocks this port, as if there was no network.
    let unanswered = Page::new("{}", TransportChoice::Auto, |settings| {
        "http://127.0.0.1:1/uploads".clone_into(&mut settings.backend.endpoint);
    });
    unanswered.add();
    let stopped = unanswered.until_stopped().await;
    let is_unanswered = |error: &UploadError| {
        let step = Step::Create;
        *error == UploadError::Network { step } || matches!(error, UploadError::Unreadable(_))
    };
    assert!(
        matches!(
            &stopped,
            Status::Waiting { reason: WaitReason::Backoff(error), .. } if is_unanswered(error)
        ),
        "{stopped:?}"
    );
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
#[wasm_bindgen_test]
async fn a_form_has_its_fields_in_their_order_and_the_file_last() {
    let answers = r#"{"POST /uploads": {
        "url": "/store", "method": "POST",
        "fields": {"key": "in/${filename}", "x-b": "2", "x-a": "1", "policy": "p"}
    }}"#;
    for transport in [TransportChoice::Xhr, TransportChoice::Fetch] {
        let page = Page::new(answers, transport, |_| {});
        page.add();
        until("the form", || {
            page.requests.sent() == 1 || page.requests.fetched().len() == 2
        })
        .await;
        assert_eq!(
            page.requests.form().await.as_string().as_deref(),
            Some(r#"["key: in/${filename}","x-b: 2","x-a: 1","policy: p","file: a.txt, 5 bytes"]"#)
        );
    }
}

/// <https://xhr.spec.whatwg.org/#the-upload-attribute>
#[wasm_bindgen_test]
async fn xhr_tells_how_many_bytes_were_sent() {
    let page = Page::new(PUT, TransportChoice::Xhr, |_| {});
    let sent = || page.uploader.snapshots().first().map(|file| file.sent);
    page.add();
    page.requests.next_sent().await;
    assert_eq!(sent(), Some(0));
    page.requests.progress(3);
    assert_eq!(sent(), Some(3));
}

/// <https://xhr.spec.whatwg.org/#the-abort()-method>
#[wasm_bindgen_test]
async fn a_cancel_aborts_a_request_in_flight_and_leaves_one_that_ended() {
    let ended = Page::new(PUT, TransportChoice::Xhr, |_| {});
    ended.add();
    let stopped = ended.until_stopped().await;
    let Status::Failed(UploadError::Store(refusal)) = &stopped else {
        panic!("{stopped:?}");
    };
    assert_eq!(refusal.status, 404, "the response was read");
    ended.uploader.remove(Target::All);
    settle().await;
    assert_eq!(ended.requests.events(), ["load", "loadend"]);
    drop(ended);

    let in_flight = Page::new(PUT, TransportChoice::Xhr, |_| {});
    in_flight.add();
    in_flight.requests.next_sent().await;
    in_flight.uploader.cancel(Target::All);
    settle().await;
    assert_eq!(in_flight.requests.events(), ["abort", "loadend"]);
    assert_eq!(in_flight.status(), Some(Status::Cancelled));
}

/// <https://w3c.github.io/webcrypto/#Crypto-method-getRandomValues>
#[wasm_bindgen_test]
async fn a_key_comes_from_random_numbers_that_nobody_can_guess() {
    let answers = r#"{"POST /object/upload/sign/b": null}"#;
    let page = Page::new(answers, TransportChoice::Auto, |settings| {
        "/object/upload/sign/b".clone_into(&mut settings.backend.endpoint);
        settings.dialect = DialectChoice::Named("supabase");
    });
    page.add();
    until("the request", || !page.requests.fetched().is_empty()).await;
    let line = page.requests.fetched().remove(0);
    let drawn = page.requests.drawn();
    let [random] = drawn.as_slice() else {
        panic!("{drawn:?}");
    };
    // All digits but those of the version and the variant are the random ones.
    let uuid = line
        .strip_prefix("POST /object/upload/sign/b/")
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_else(|| panic!("{line}"))
        .replace('-', "");
    assert_eq!((uuid.len(), random.len()), (32, 32), "{line}");
    for (at, (used, drawn)) in uuid.chars().zip(random.chars()).enumerate() {
        assert!(used == drawn || matches!(at, 12 | 16), "{uuid} {random}");
    }
}

/// <https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-beforeunloadevent-interface>
#[wasm_bindgen_test]
async fn the_browser_asks_before_it_leaves_a_page_with_an_upload() {
    let page = Page::new(r#"{"POST /uploads": null}"#, TransportChoice::Auto, |_| {});
    assert_eq!(question_before_leaving(), None);
    page.add();
    until("the question", || question_before_leaving().is_some()).await;
    // Older browsers ask only for a text.
    assert_eq!(question_before_leaving().as_deref(), Some("unsaved"));
    page.uploader.cancel(Target::All);
    until("no question", || question_before_leaving().is_none()).await;
}

/// The page is isolated, so that it gets no answer from a host without its consent. That nobody answered proves nothing
/// then, and the backend is asked.
///
/// <https://html.spec.whatwg.org/multipage/webappapis.html#dom-crossoriginisolated>
/// <https://fetch.spec.whatwg.org/#concept-request-mode>
#[wasm_bindgen_test]
async fn an_isolated_page_asks_its_backend_about_a_store_that_gives_no_answer() {
    assert!(is_isolated());
    let answers = format!(
        r#"{{
            "POST /uploads": {{"url": "http://localhost:{}/store/k?X-Amz-Signature=5"}},
            "POST /uploads/doctor": {{"findings": [{{"code": "cors_missing", "message": "No rule.", "fix": "Add one."}}]}}
        }}"#,
        port()
    );
    let page = Page::new(&answers, TransportChoice::Xhr, |_| {});
    page.add();
    let stopped = page.until_stopped().await;
    assert!(
        matches!(
            stopped,
            Status::Waiting {
                reason: WaitReason::Backoff(UploadError::Blocked(_)),
                ..
            }
        ),
        "{stopped:?}"
    );
    let fetched = page.requests.fetched();
    let lines: Vec<&str> = fetched.iter().map(String::as_str).collect();
    assert_eq!(
        lines,
        [
            "POST /uploads same-origin cors",
            "HEAD /store/k omit no-cors",
            "PUT /store/k?tagging omit cors",
            "POST /uploads/doctor same-origin cors",
        ],
        "the page itself is not fetched again"
    );
}
