//! The lookup of the widget's texts: the host page's own texts if it gave some, and English otherwise. The keys are
//! stable, and [`catalogue`] lists them all. [`error_text`](super::error_text) chooses the text of an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::catalogue;

/// The texts of one widget.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    own: Arc<BTreeMap<String, String>>,
}

impl Messages {
    /// English texts, except for those in `own`. Placeholders such as `{name}` are filled in. `|` separates what
    /// happened from what to do about it.
    pub fn new(own: BTreeMap<String, String>) -> Self {
        Self { own: Arc::new(own) }
    }

    /// The text of a key, or the key itself if it is unknown.
    pub fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a key, if there is one.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.own
            .get(key)
            .map(String::as_str)
            .or_else(|| catalogue::english(key))
    }

    /// The text of a key with its placeholders filled in.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        fill(self.text(key), values)
    }

    /// The text for `count` things: `key.one` or `key.other`, with `{count}` filled in.
    pub fn count(&self, key: &str, count: u64) -> String {
        let form = if count == 1 { "one" } else { "other" };
        self.fill(&format!("{key}.{form}"), &[("count", &count.to_string())])
    }
}

/// The two parts of a text that `|` separates, with their placeholders filled in.
pub fn split_text(text: &str, values: &[(&str, &str)]) -> (String, String) {
    let (problem, advice) = text.split_once('|').unwrap_or((text, ""));
    (fill(problem, values), fill(advice, values))
}

/// Adds a full stop, unless the text ends in a punctuation mark.
pub fn with_full_stop(text: &str) -> String {
    let text = text.trim();
    let stop = if text.ends_with(['.', '!', '?', '…', '。']) {
        ""
    } else {
        "."
    };
    format!("{text}{stop}")
}

/// Replaces each `{name}` once and in one pass, so that braces in a value stay as they are.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            Some((values.iter().find(|(known, _)| *known == name)?.1, after))
        });
        if let Some((value, after)) = value {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once() {
        assert_eq!(
            fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]),
            "{b} and 2"
        );
        assert_eq!(fill("{unknown} {a", &[("a", "1")]), "{unknown} {a");
    }

    #[test]
    fn the_page_has_the_last_word() {
        let own = BTreeMap::from([("button.browse".to_owned(), "Dateien wählen".to_owned())]);
        let messages = Messages::new(own);
        assert_eq!(messages.text("button.browse"), "Dateien wählen");
        assert_eq!(messages.text("status.paused"), "Paused");
        assert_eq!(messages.text("no.such.key"), "no.such.key");
        assert_eq!(messages.count("live.added", 1), "1 file added.");
        assert_eq!(messages.count("live.added", 3), "3 files added.");
    }
}
