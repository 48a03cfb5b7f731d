//! The attributes of `<s3-upload>` and the values that each accepts. `attributes.json` is the table of all. An invalid
//! value changes nothing: the default stays, and one warning names the attribute, the value and the expected values.

use core::time::Duration;

use s3_upload_core::limits::{MAX_PART_SIZE, MIN_PART_SIZE};
use s3_upload_core::{Accept, Config, Constraints, TransportChoice};

use s3_upload_core::CollectVec;

use super::backend_attributes::BackendAttributes;
use super::size;
use crate::ui::DisplayOptions;
use crate::uploader::{Credentials, Settings};

/// The parsed attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub multiple: bool,
    speech: BackendAttributes,
    manual: bool,
    disabled: bool,
    constraints: Constraints,
    concurrency: Option<u8>,
    part_size: Option<u64>,
    multipart_threshold: Option<u64>,
    outage_limit: Option<Duration>,
    stall_time: Option<Duration>,
    answer_time: Option<Duration>,
    transport: TransportChoice,
    credentials: Credentials,
}

const SIZE: &str = "a size such as 5MB, 2 GiB or 1048576";
const SECONDS: &str = "a number of seconds of at least 1";
const COUNT: &str = "a whole number of at least 1";
const LOAD: [&str; 3] = ["visible", "eager", "interaction"];

impl Attributes {
    /// Sets an attribute to a new value, or removes it. Returns the text of a warning.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Option<String> {
        let expected = self.read(name, value);
        if name == "accept" {
            return self.accept_warning(value.unwrap_or_default());
        }
        let expected = expected?;
        Some(format!(
            "<s3-upload {name}=\"{}\">: expected {expected}. The default is used instead.",
            value.unwrap_or_default()
        ))
    }

    /// The warning about the invalid parts of `accept`, with the expected syntax.
    fn accept_warning(&self, text: &str) -> Option<String> {
        let accept = &self.constraints.accept;
        let odd: Vec<String> = accept
            .odd()
            .iter()
            .map(|odd| format!("\"{odd}\""))
            .collect_vec();
        if odd.is_empty() {
            return None;
        }
        let rest = match accept.as_str() {
            "" => "Every file is accepted.".to_owned(),
            rest => format!("The rest counts: \"{rest}\"."),
        };
        Some(format!(
            "<s3-upload accept=\"{text}\">: {} is not understood: expected extensions with a dot (.pdf) or MIME types \
             (image/png, image/*), with commas between them. {rest}",
            odd.join(", ")
        ))
    }

    /// Reads a value. Returns a description of the expected values if it is invalid.
    fn read(&mut self, name: &str, value: Option<&str>) -> Option<&'static str> {
        if let Some(read) = self.speech.set(name, value) {
            return read.err();
        }
        let present = value.is_some();
        let text = value.unwrap_or_default();
        match name {
            "accept" => self.constraints.accept = Accept::new(text),
            "multiple" => self.multiple = present,
            "manual" => self.manual = present,
            "disabled" => self.disabled = present,
            "max-size" => {
                return set_parsed(&mut self.constraints.max_size, value, size::parse, SIZE);
            }
            "min-size" => {
                return set_parsed(&mut self.constraints.min_size, value, size::parse, SIZE);
            }
            "max-total-size" => {
                return set_parsed(
                    &mut self.constraints.max_total_size,
                    value,
                    size::parse,
                    SIZE,
                );
            }
            "max-files" => {
                let read = |text: &str| text.trim().parse().ok().filter(|count| *count > 0);
                return set_parsed(&mut self.constraints.max_files, value, read, COUNT);
            }
            "concurrency" => {
                let read = |text: &str| {
                    text.trim()
                        .parse()
                        .ok()
                        .filter(|count| (1..=64).contains(count))
                };
                return set_parsed(
                    &mut self.concurrency,
                    value,
                    read,
                    "a whole number from 1 to 64",
                );
            }
            "part-size" => {
                let read = |text: &str| {
                    size::parse(text).filter(|size| (MIN_PART_SIZE..=MAX_PART_SIZE).contains(size))
                };
                return set_parsed(
                    &mut self.part_size,
                    value,
                    read,
                    "a size from 5 MiB to 5 GiB",
                );
            }
            "multipart-threshold" => {
                return set_parsed(&mut self.multipart_threshold, value, size::parse, SIZE);
            }
            "outage-limit" => return set_parsed(&mut self.outage_limit, value, seconds, SECONDS),
            "stall-time" => return set_parsed(&mut self.stall_time, value, seconds, SECONDS),
            "answer-time" => return set_parsed(&mut self.answer_time, value, seconds, SECONDS),
            "transport" => {
                let mut chosen = None;
                let wrong = set_parsed(&mut chosen, value, transport, "auto, fetch or xhr");
                self.transport = chosen.unwrap_or_default();
                return wrong;
            }
            "credentials" => {
                let mut chosen = None;
                let wrong = set_parsed(
                    &mut chosen,
                    value,
                    credentials,
                    "omit, same-origin or include",
                );
                self.credentials = chosen.unwrap_or_default();
                return wrong;
            }
            // The script has acted on it before this code was loaded.
            "load" => {
                let read = |text: &str| LOAD.contains(&text).then_some(());
                return set_parsed(&mut None, value, read, "visible, eager or interaction");
            }
            _ => {}
        }
        None
    }

    /// Writes the attributes into the uploader's settings.
    pub fn configure(&self, settings: &mut Settings) {
        let defaults = Config::default();
        self.speech.configure(settings);
        settings.credentials = self.credentials;
        let engine = &mut settings.engine;
        engine.constraints = self.constraints.clone();
        if !self.multiple {
            engine.constraints.max_files = Some(1);
        }
        engine.manual = self.manual;
        engine.max_lanes = self.concurrency;
        engine.part_size = self.part_size;
        engine.multipart_threshold = self
            .multipart_threshold
            .unwrap_or(defaults.multipart_threshold);
        engine.outage_limit = self.outage_limit;
        engine.stall_time = self.stall_time.unwrap_or(defaults.stall_time);
        engine.answer_time = self.answer_time.unwrap_or(defaults.answer_time);
        engine.transport = self.transport;
    }

    /// The options of the presentation.
    pub fn display_options(&self) -> DisplayOptions {
        DisplayOptions {
            constraints: self.constraints.clone(),
            multiple: self.multiple,
            disabled: self.disabled,
        }
    }
}

/// Reads a value into `slot`. Without a value, or with an invalid one, the slot becomes empty.
fn set_parsed<T>(
    slot: &mut Option<T>,
    value: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
    expected: &'static str,
) -> Option<&'static str> {
    *slot = value.and_then(read);
    (value.is_some() && slot.is_none()).then_some(expected)
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.trim().parse().ok().filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs)
}

fn transport(text: &str) -> Option<TransportChoice> {
    match text.trim() {
        "auto" => Some(TransportChoice::Auto),
        "fetch" => Some(TransportChoice::Fetch),
        "xhr" => Some(TransportChoice::Xhr),
        _ => None,
    }
}

fn credentials(text: &str) -> Option<Credentials> {
    match text.trim() {
        "omit" => Some(Credentials::Omit),
        "same-origin" => Some(Credentials::SameOrigin),
        "include" => Some(Credentials::Include),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_removed() {
        let mut attributes = Attributes::default();
        for (name, value) in [
            ("endpoint", "/uploads/"),
            ("multiple", ""),
            ("max-size", "2GB"),
            ("max-files", "3"),
            ("concurrency", "2"),
            ("part-size", "8 MiB"),
            ("multipart-threshold", "10MB"),
            ("outage-limit", "600"),
            ("stall-time", "5"),
            ("answer-time", "9"),
            ("transport", "xhr"),
            ("credentials", "include"),
        ] {
            assert_eq!(attributes.set(name, Some(value)), None, "{name}");
        }
        let mut settings = Settings::default();
        attributes.configure(&mut settings);
        assert_eq!(settings.backend.endpoint, "/uploads/");
        assert_eq!(settings.engine.multipart_threshold, 10_000_000);
        assert_eq!(settings.credentials, Credentials::Include);
        assert_eq!(settings.engine.constraints.max_size, Some(2_000_000_000));
        assert_eq!(settings.engine.constraints.max_files, Some(3));
        assert_eq!(settings.engine.max_lanes, Some(2));
        assert_eq!(settings.engine.part_size, Some(8 << 20));
        assert_eq!(settings.engine.transport, TransportChoice::Xhr);
        let seconds = |seconds| Duration::from_secs(seconds);
        assert_eq!(settings.engine.outage_limit, Some(seconds(600)));
        assert_eq!(settings.engine.stall_time, seconds(5));
        assert_eq!(settings.engine.answer_time, seconds(9));

        assert_eq!(attributes.set("multiple", None), None);
        assert_eq!(attributes.set("max-size", None), None);
        attributes.configure(&mut settings);
        assert_eq!(settings.engine.constraints.max_size, None);
        assert_eq!(settings.engine.constraints.max_files, Some(1));
    }

    #[test]
    fn a_wrong_value_is_named_and_changes_nothing() {
        let mut attributes = Attributes::default();
        assert_eq!(
            attributes.set("max-size", Some("five")).as_deref(),
            Some(
                "<s3-upload max-size=\"five\">: expected a size such as 5MB, 2 GiB or 1048576. The default is used instead."
            )
        );
        for (name, value) in [
            ("max-files", "0"),
            ("concurrency", "many"),
            ("part-size", "1MB"),
            ("outage-limit", "0"),
            ("stall-time", "soon"),
            ("transport", "ftp"),
            ("credentials", "yes"),
            ("load", "lazy"),
        ] {
            assert!(
                attributes
                    .set(name, Some(value))
                    .is_some_and(|said| said.contains(name) && said.contains(value))
            );
        }
        let said = attributes.set("accept", Some("documents, pdf"));
        assert_eq!(
            said.as_deref(),
            Some(
                "<s3-upload accept=\"documents, pdf\">: \"documents\" is not understood: expected extensions with a dot \
                 (.pdf) or MIME types (image/png, image/*), with commas between them. The rest counts: \".pdf\"."
            )
        );
        let said = attributes.set("accept", Some("documents"));
        assert!(said.is_some_and(|said| said.ends_with("Every file is accepted.")));
        assert_eq!(attributes.set("accept", Some("*.pdf")), None);
        assert_eq!(attributes.set("load", Some("interaction")), None);
        let mut settings = Settings::default();
        attributes.configure(&mut settings);
        assert_eq!(settings.engine.max_lanes, None);
        assert_eq!(settings.engine.part_size, None);
    }
}
