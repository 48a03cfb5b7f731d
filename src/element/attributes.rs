//! The attributes of `<s3-upload>` and what each may say. A value that is not understood changes
//! nothing: the default stays, and one warning names the attribute, the value and what is expected.

use s3_upload_core::limits::{MAX_PART_SIZE, MIN_PART_SIZE};
use s3_upload_core::{Accept, Config, Constraints, TransportChoice};

use super::size;
use super::speech::Speech;
use crate::ui::Look;
use crate::uploader::{Credentials, Settings};

/// What the attributes say, read.
#[derive(Clone, Default)]
pub(super) struct Attributes {
    pub multiple: bool,
    speech: Speech,
    manual: bool,
    disabled: bool,
    constraints: Constraints,
    concurrency: Option<u8>,
    part_size: Option<u64>,
    multipart_threshold: Option<u64>,
    transport: TransportChoice,
    credentials: Credentials,
}

const SIZE: &str = "a size such as 5MB, 2 GiB or 1048576";
const COUNT: &str = "a whole number of at least 1";

impl Attributes {
    /// Takes an attribute's new value, or its removal. Returns what to warn of.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Option<String> {
        let expected = self.read(name, value)?;
        Some(format!(
            "<s3-upload {name}=\"{}\">: expected {expected}. The default is used instead.",
            value.unwrap_or_default()
        ))
    }

    /// Returns what was expected, when that is not what came.
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
            "max-size" => return take(&mut self.constraints.max_size, value, size::parse, SIZE),
            "min-size" => return take(&mut self.constraints.min_size, value, size::parse, SIZE),
            "max-total-size" => {
                return take(
                    &mut self.constraints.max_total_size,
                    value,
                    size::parse,
                    SIZE,
                );
            }
            "max-files" => {
                let read = |text: &str| text.trim().parse().ok().filter(|count| *count > 0);
                return take(&mut self.constraints.max_files, value, read, COUNT);
            }
            "concurrency" => {
                let read = |text: &str| {
                    text.trim()
                        .parse()
                        .ok()
                        .filter(|count| (1..=64).contains(count))
                };
                return take(
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
                return take(
                    &mut self.part_size,
                    value,
                    read,
                    "a size from 5 MiB to 5 GiB",
                );
            }
            "multipart-threshold" => {
                return take(&mut self.multipart_threshold, value, size::parse, SIZE);
            }
            "transport" => {
                let mut chosen = None;
                let wrong = take(&mut chosen, value, transport, "auto, fetch or xhr");
                self.transport = chosen.unwrap_or_default();
                return wrong;
            }
            "credentials" => {
                let mut chosen = None;
                let wrong = take(
                    &mut chosen,
                    value,
                    credentials,
                    "omit, same-origin or include",
                );
                self.credentials = chosen.unwrap_or_default();
                return wrong;
            }
            _ => {}
        }
        None
    }

    /// Writes what the attributes say into the uploader's settings.
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
        engine.max_lanes = self.concurrency.unwrap_or(defaults.max_lanes);
        engine.part_size = self.part_size;
        engine.multipart_threshold = self
            .multipart_threshold
            .unwrap_or(defaults.multipart_threshold);
        engine.transport = self.transport;
    }

    /// What of it is seen.
    pub fn look(&self) -> Look {
        Look {
            constraints: self.constraints.clone(),
            multiple: self.multiple,
            disabled: self.disabled,
        }
    }
}

/// Reads a value into `slot`; without one, or with a wrong one, the slot is empty.
fn take<T>(
    slot: &mut Option<T>,
    value: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
    expected: &'static str,
) -> Option<&'static str> {
    *slot = value.and_then(read);
    (value.is_some() && slot.is_none()).then_some(expected)
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
            ("transport", "xhr"),
            ("credentials", "include"),
        ] {
            assert_eq!(attributes.set(name, Some(value)), None, "{name}");
        }
        let mut settings = Settings::default();
        attributes.configure(&mut settings);
        assert_eq!(settings.site.endpoint, "/uploads/");
        assert_eq!(settings.engine.multipart_threshold, 10_000_000);
        assert_eq!(settings.credentials, Credentials::Include);
        assert_eq!(settings.engine.constraints.max_size, Some(2_000_000_000));
        assert_eq!(settings.engine.constraints.max_files, Some(3));
        assert_eq!(settings.engine.max_lanes, 2);
        assert_eq!(settings.engine.part_size, Some(8 << 20));
        assert_eq!(settings.engine.transport, TransportChoice::Xhr);

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
            ("transport", "ftp"),
            ("credentials", "yes"),
        ] {
            assert!(
                attributes
                    .set(name, Some(value))
                    .is_some_and(|said| said.contains(name) && said.contains(value))
            );
        }
        let mut settings = Settings::default();
        attributes.configure(&mut settings);
        assert_eq!(settings.engine.max_lanes, Config::default().max_lanes);
        assert_eq!(settings.engine.part_size, None);
    }
}
