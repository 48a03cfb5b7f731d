//! The cells of docs/faults.md that need no browser: a status that the page can read, at each step, from three kinds of
//! backend. The rows that are marked with `*` are run here, and the end-to-end tests leave them out.

use crate::uploader::settings::DialectChoice;
use s3_upload_core::{Status, WaitReason};

use super::network::Exchange;
use super::{MIB, Page, STORE, settings};

const DOCUMENT: &str = include_str!("../../../docs/faults.md");
const KINDS: [(&str, Kind); 3] = [
    ("### The project's server", Kind::Native),
    ("### Companion", Kind::Companion),
    ("### Any JSON with an address", Kind::Auto),
];
/// The mark of a row that is run here.
const MARK: &str = " \\*";
const SMALL: u64 = 300;
const LARGE: u64 = 100 * MIB;
/// Of a large file.
const PARTS: u64 = 2;
const HTML: &str =
    "<!doctype html><html><head><title>Bad gateway</title></head><body></body></html>";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Native,
    Companion,
    Auto,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Create,
    Put,
    Form,
    Sign,
    Part,
    List,
    Complete,
    Abort,
}

impl Step {
    fn titled(title: &str) -> Self {
        match title {
            "create" => Self::Create,
            "PUT" => Self::Put,
            "POST form" => Self::Form,
            "sign" => Self::Sign,
            "part" => Self::Part,
            "list" => Self::List,
            "complete" => Self::Complete,
            "abort" => Self::Abort,
            other => panic!("no step {other}"),
        }
    }

    fn is_of_one_request(self) -> bool {
        matches!(self, Self::Create | Self::Put | Self::Form)
    }
}

/// A response that replaces the real one: status, headers and body.
type Fault = (u16, Vec<(&'static str, &'static str)>, &'static str);

fn fault_titled(title: &str) -> Fault {
    let (status, is_page) = match title.strip_suffix(", an HTML page") {
        Some(status) => (status, true),
        None => (title, false),
    };
    let (status, is_patient) = match status.strip_suffix(" with `Retry-After: 1`") {
        Some(status) => (status, true),
        None => (status, false),
    };
    let status = status
        .parse()
        .unwrap_or_else(|_| panic!("no fault {title}"));
    let mut headers = vec![(
        "content-type",
        if is_page { "text/html" } else { "text/plain" },
    )];
    if is_patient {
        headers.push(("retry-after", "1"));
    }
    (
        status,
        headers,
        if is_page { HTML } else { "We are sorry." },
    )
}

/// A backend of one kind, and its store.
struct Service {
    kind: Kind,
    step: Step,
    fault: Fault,
    /// The number of requests that meet the fault.
    times: usize,
    met: usize,
    /// The ranges of the parts that are stored, and whether the upload in parts is open.
    parts: Vec<(u64, String)>,
    is_open: bool,
    /// The parts of the stored object, in the order of its bytes.
    objects: Vec<Vec<String>>,
    completes: usize,
    asks_for_parts: bool,
}

impl Service {
    fn new(kind: Kind, step: Step, fault: Fault) -> Self {
        Self {
            kind,
            step,
            fault,
            // Two parts are sent at a time.
            times: if step == Step::Part { 4 } else { 2 },
            met: 0,
            parts: Vec::new(),
            is_open: false,
            objects: Vec::new(),
            completes: 0,
            asks_for_parts: false,
        }
    }

    fn step_of(exchange: &Exchange) -> Step {
        let (method, url) = exchange.line.split_once(' ').unwrap();
        let path = url.split('?').next().unwrap();
        let is_store = url.starts_with(STORE);
        match (method, is_store) {
            ("PUT", true) if url.contains("partNumber=") => Step::Part,
            ("PUT", true) => Step::Put,
            ("POST", true) => Step::Form,
            ("DELETE", false) => Step::Abort,
            (_, false) if path.ends_with("/complete") => Step::Complete,
            ("POST", false) if path.ends_with("/parts") => Step::Sign,
            ("GET", false) if path.ends_with("/batch") => Step::Sign,
            ("GET", false) if path.ends_with("/parts") || path.ends_with("/multipart/u1") => {
                Step::List
            }
            ("POST", false) => Step::Create,
            ("GET", false) if path.ends_with("/params") => Step::Create,
            _ => panic!("an unknown request: {}", exchange.line),
        }
    }

    /// Answers a request, or leaves it open.
    fn handle(&mut self, exchange: &Exchange) {
        let step = Self::step_of(exchange);
        if step == self.step && self.met < self.times {
            self.met += 1;
            let (status, headers, body) = &self.fault;
            exchange.answer_with(*status, headers, body);
            return;
        }
        match step {
            Step::Create => exchange.answer(200, &self.create(exchange)),
            Step::Put | Step::Form => {
                let range = exchange.body.rsplit(' ').next().unwrap();
                self.objects.push(vec![range.to_owned()]);
                exchange.answer(if step == Step::Put { 200 } else { 201 }, "");
            }
            Step::Sign => exchange.answer(200, &self.sign(exchange)),
            // The cancel comes while the parts are on their way.
            Step::Part if self.step == Step::Abort => {}
            Step::Part => {
                let number = number_after(&exchange.line, "partNumber=");
                self.parts.retain(|(other, _)| *other != number);
                self.parts.push((number, exchange.body.clone()));
                let etag = format!("\"{number}\"");
                // The page cannot read an ETag, so that the parts have to be listed.
                let headers = [("etag", etag.as_str())];
                let shown = if self.step == Step::List {
                    &[][..]
                } else {
                    &headers[..]
                };
                exchange.answer_with(200, shown, "");
            }
            Step::List => exchange.answer(200, &self.list()),
            Step::Complete => self.complete(exchange),
            Step::Abort => {
                self.is_open = false;
                self.parts.clear();
                let is_native = self.kind == Kind::Native;
                exchange.answer(
                    if is_native { 204 } else { 200 },
                    if is_native { "" } else { "{}" },
                );
            }
        }
    }

    fn create(&mut self, exchange: &Exchange) -> String {
        let id = if self.kind == Kind::Native {
            r#""id":"u1","#
        } else {
            ""
        };
        if !self.step.is_of_one_request() {
            self.is_open = true;
            self.asks_for_parts = true;
            return match self.kind {
                Kind::Companion => r#"{"key":"k","uploadId":"u1"}"#.to_owned(),
                _ => format!(r#"{{{id}"key":"k","partSize":{}}}"#, LARGE / PARTS),
            };
        }
        assert!(!exchange.line.contains("/multipart"), "{}", exchange.line);
        if self.step == Step::Form {
            return format!(
                r#"{{{id}"method":"POST","url":"{STORE}/b","fields":{{"key":"k","policy":"p"}}}}"#
            );
        }
        format!(r#"{{{id}"method":"PUT","url":"{STORE}/b/k?X-Amz-Signature=5","key":"k"}}"#)
    }

    fn sign(&self, exchange: &Exchange) -> String {
        let url = |number| format!("{STORE}/b/k?partNumber={number}&X-Amz-Signature=5");
        if self.kind == Kind::Companion {
            let numbers = text_after(&exchange.line, "partNumbers=").replace("%2C", ",");
            let urls: Vec<String> = numbers
                .split(',')
                .map(|number| format!(r#""{number}":"{}""#, url(number)))
                .collect();
            return format!(r#"{{"presignedUrls":{{{}}}}}"#, urls.join(","));
        }
        let asked = exchange.body.split("\"number\":").skip(1);
        let parts: Vec<String> = asked
            .map(|rest| rest.split([',', '}']).next().unwrap())
            .map(|number| format!(r#"{{"number":{number},"url":"{}"}}"#, url(number)))
            .collect();
        format!(r#"{{"parts":[{}]}}"#, parts.join(","))
    }

    fn list(&self) -> String {
        let [number, size, etag] = match self.kind {
            Kind::Companion => ["PartNumber", "Size", "ETag"],
            _ => ["number", "size", "etag"],
        };
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|(part, range)| {
                let (start, end) = range.split_once("..").unwrap();
                let bytes = end.parse::<u64>().unwrap() - start.parse::<u64>().unwrap();
                format!(r#"{{"{number}":{part},"{size}":{bytes},"{etag}":"\"{part}\""}}"#)
            })
            .collect();
        if self.kind == Kind::Companion {
            format!("[{}]", parts.join(","))
        } else {
            format!(r#"{{"parts":[{}]}}"#, parts.join(","))
        }
    }

    fn complete(&mut self, exchange: &Exchange) {
        if self.asks_for_parts {
            if !self.is_open {
                exchange.answer(404, r#"{"error":{"code":"unknown_upload"}}"#);
                return;
            }
            self.parts.sort();
            let ranges = self.parts.drain(..).map(|(_, range)| range);
            self.objects.push(ranges.collect());
            self.is_open = false;
        }
        self.completes += 1;
        exchange.answer(200, r#"{"key":"k","location":"https://store.test/b/k"}"#);
    }

    /// True if the store has the one object that is equal to a file of this size, and nothing else.
    fn has_exactly(&self, size: u64) -> bool {
        let [object] = &self.objects[..] else {
            return false;
        };
        let mut end = "0".to_owned();
        for range in object {
            let (from, to) = range.split_once("..").unwrap();
            if from != end {
                return false;
            }
            to.clone_into(&mut end);
        }
        end == size.to_string() && !self.is_open && self.parts.is_empty()
    }
}

fn text_after<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(name).unwrap();
    rest.split('&').next().unwrap()
}

fn number_after(line: &str, name: &str) -> u64 {
    text_after(line, name).parse().unwrap()
}

/// Runs a cell and returns its outcome in the words of the table.
fn outcome(kind: Kind, step: Step, fault: Fault) -> String {
    let mut settings = settings();
    if kind == Kind::Companion {
        settings.dialect = DialectChoice::Named("companion");
    }
    let mut page = Page::with(settings);
    let mut service = Service::new(kind, step, fault);
    let size = if step.is_of_one_request() {
        SMALL
    } else {
        LARGE
    };
    let file = page.add(size);
    let (mut answered, mut has_waited, mut is_cancelled) = (0, false, false);
    // Five minutes.
    for _ in 0..1200 {
        let requests = page.world.network.requests("");
        for exchange in requests.get(answered..).unwrap_or_default() {
            service.handle(exchange);
        }
        answered = requests.len();
        page.world.pass(250);
        if step == Step::Abort && !is_cancelled && page.count("PUT") > 0 {
            page.cancel(file);
            is_cancelled = true;
        }
        has_waited |= matches!(
            page.status(file),
            Status::Waiting {
                reason: WaitReason::Outage(_),
                ..
            }
        );
    }
    assert_eq!(service.met, service.times, "the fault was not met");
    let events = page.events.borrow();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    match page.status(file) {
        Status::Cancelled if service.is_open || !service.objects.is_empty() => {
            "cancelled, parts left".to_owned()
        }
        Status::Cancelled => "cancelled, nothing left".to_owned(),
        Status::Completed(_) => {
            let is_confirmed = kind == Kind::Native || !step.is_of_one_request();
            assert!(service.has_exactly(size), "{:?}", service.objects);
            assert_eq!(service.completes, usize::from(is_confirmed));
            assert_eq!((count("success"), count("error")), (1, 0));
            let outcome = if has_waited {
                "waits, then uploaded"
            } else {
                "uploaded"
            };
            outcome.to_owned()
        }
        other => panic!("{other:?}, after {:?}", page.world.network.lines()),
    }
}

/// The cells of a row: the words between its bars.
fn cells(row: &str) -> impl Iterator<Item = &str> {
    row.trim_matches('|').split('|').map(str::trim)
}

#[test]
fn the_marked_rows_come_out_as_the_document_says() {
    let (document, _) = DOCUMENT.split_once("## A fault that stays").unwrap();
    for (heading, kind) in KINDS {
        let (_, section) = document.split_once(heading).unwrap();
        let section = section.split("\n### ").next().unwrap();
        let mut rows = section.lines().filter(|line| line.starts_with('|'));
        let steps: Vec<Step> = cells(rows.next().unwrap())
            .skip(1)
            .map(Step::titled)
            .collect();
        let mut run = 0;
        for row in rows {
            let mut cells = cells(row);
            let Some(title) = cells.next().unwrap().strip_suffix(MARK) else {
                continue;
            };
            for (step, expected) in steps.iter().zip(cells) {
                let came = outcome(kind, *step, fault_titled(title));
                let is_one_failure = expected == "uploaded" && came == "waits, then uploaded";
                assert!(
                    came == expected || is_one_failure,
                    "{title}, {step:?}, {kind:?}: expected {expected}, came {came}"
                );
                run += 1;
            }
        }
        assert!(run >= 6 * steps.len(), "{heading}: {run} cells");
    }
}

#[test]
fn a_service_tells_what_is_wrong_about_an_object() {
    let mut service = Service::new(Kind::Native, Step::Part, fault_titled("500"));
    assert!(!service.has_exactly(3), "nothing is stored");
    service
        .objects
        .push(vec!["0..1".to_owned(), "2..3".to_owned()]);
    assert!(!service.has_exactly(3), "a byte is missing");
    service.objects[0][1] = "1..3".to_owned();
    assert!(service.has_exactly(3));
    service.is_open = true;
    assert!(!service.has_exactly(3), "an upload is left");
}
