//! Messages about the progress of the set-up.

/// Announces a step that takes a while.
pub fn say(what: &str) {
    eprintln!("set-up: {what}");
}
