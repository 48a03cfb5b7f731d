//! The text of the page's limits, which is shown before a file is chosen: "Images or PDF, up to 2 GB each". The
//! functions are pure.

use s3_upload_core::Constraints;

use super::format;
use super::messages::Messages;

/// The limits in one line. Empty if there are none to show.
pub fn constraints(messages: &Messages, limits: &Constraints, multiple: bool) -> String {
    let mut said = Vec::new();
    if !limits.accept.as_str().is_empty() {
        said.push(kinds(messages, limits.accept.as_str()));
    }
    let size = |key: &str, min: u64, max: u64| {
        let key = if multiple {
            key.to_owned()
        } else {
            format!("{key}.one")
        };
        messages.fill(
            &key,
            &[("min", &format::bytes(min)), ("limit", &format::bytes(max))],
        )
    };
    match (limits.min_size.filter(|min| *min > 0), limits.max_size) {
        (Some(min), Some(max)) => said.push(size("hint.size-range", min, max)),
        (Some(min), None) => said.push(size("hint.min-size", min, min)),
        (None, Some(max)) => said.push(size("hint.max-size", max, max)),
        (None, None) => {}
    }
    if let Some(max) = limits.max_files.filter(|max| multiple && *max > 1) {
        said.push(messages.fill("hint.max-files", &[("count", &max.to_string())]));
    }
    if let Some(max) = limits.max_total_size.filter(|_| multiple) {
        said.push(messages.fill("hint.max-total-size", &[("limit", &format::bytes(max))]));
    }
    capitalised(&said.join(", "))
}

/// The kinds of files that `accept` allows, in words: `image/*,.pdf` is "images or PDF".
pub fn kinds(messages: &Messages, accept: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    for rule in accept
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
    {
        let name = kind(messages, &rule.to_ascii_lowercase());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            messages.fill("kind.or", &[("list", &rest.join(", ")), ("last", last)])
        }
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

fn kind(messages: &Messages, rule: &str) -> String {
    if let Some(family) = rule.strip_suffix("/*") {
        let key = format!("kind.{family}");
        return messages.find(&key).unwrap_or(rule).to_owned();
    }
    let name = rule
        .strip_prefix('.')
        .or_else(|| rule.split_once('/').map(|(_, name)| name))
        .unwrap_or(rule);
    match name {
        "jpg" => "JPEG".to_owned(),
        "svg+xml" => "SVG".to_owned(),
        "plain" => messages.text("kind.text").to_owned(),
        // A vendor's media type, such as those of Office, has no readable name. It is shown as it is.
        _ if name.contains('.') => rule.to_owned(),
        _ => name.to_ascii_uppercase(),
    }
}

fn capitalised(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use s3_upload_core::Accept;

    use super::*;

    fn say(limits: &Constraints, multiple: bool) -> String {
        constraints(&Messages::default(), limits, multiple)
    }

    #[test]
    fn limits_are_said_in_one_line() {
        let limits = Constraints {
            accept: Accept::new("image/*,.pdf"),
            max_size: Some(2_000_000_000),
            ..Constraints::default()
        };
        assert_eq!(say(&limits, true), "Images or PDF, up to 2 GB each");
        assert_eq!(say(&limits, false), "Images or PDF, up to 2 GB");
        assert_eq!(say(&Constraints::default(), true), "");
        let limits = Constraints {
            min_size: Some(1_000),
            max_size: Some(5_000_000),
            max_files: Some(3),
            max_total_size: Some(10_000_000),
            ..Constraints::default()
        };
        assert_eq!(
            say(&limits, true),
            "1 KB to 5 MB each, 3 files at most, 10 MB in all"
        );
    }

    #[test]
    fn kinds_are_words() {
        let kinds = |accept| kinds(&Messages::default(), accept);
        assert_eq!(kinds("image/png, image/jpeg,.jpg"), "PNG or JPEG");
        assert_eq!(kinds("video/*"), "videos");
        assert_eq!(
            kinds(".csv,text/plain,application/zip"),
            "CSV, text files or ZIP"
        );
        assert_eq!(kinds("font/*"), "font/*");
    }
}
