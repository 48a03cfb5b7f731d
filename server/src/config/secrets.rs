//! Secrets, from an option or from a file, checked for strength.
//!
//! No error repeats a secret. A file may have a second line: the secret that is being replaced, which is accepted and
//! not used to sign.

use std::path::Path;

use super::error::ConfigError;
use crate::primitives::Secret;

/// The secrets that documentation shows, which every reader knows.
const SAMPLES: [&str; 2] = ["0123456789abcdef", "a shared secret!"];
/// Words of a placeholder.
const PLACEHOLDERS: [&str; 4] = ["changeme", "change-me", "change_me", "your-secret"];
/// The least number of different characters: fewer are a repeated key.
const DIFFERENT: usize = 6;

/// A secret, and the secret that it replaces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretPair {
    /// Signs.
    pub current: Option<Secret>,
    /// Is accepted too.
    pub previous: Option<Secret>,
}

/// The secret of an option `--flag`, or of the file that `--flag-file` names, of at least so many characters.
pub(super) fn read(
    flag: &str,
    given: Option<&Secret>,
    file: Option<&Path>,
    least: usize,
) -> Result<SecretPair, ConfigError> {
    let Some(path) = file else {
        if let Some(secret) = given {
            check(flag, secret.expose(), least)?;
        }
        return Ok(SecretPair {
            current: given.cloned(),
            previous: None,
        });
    };
    let flag_file = format!("{flag}-file");
    if given.is_some() {
        return Err(ConfigError(format!(
            "--{flag} and --{flag_file} exclude each other; give one of them."
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "The file {} (--{flag_file}) cannot be read: {error}.",
            path.display()
        ))
    })?;
    // One line end at the end of each line is the file's, and not the secret's.
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() || lines.len() > 2 {
        return Err(ConfigError(format!(
            "The file {} (--{flag_file}) should have one line, the secret, or two, with the secret before it.",
            path.display()
        )));
    }
    let mut secrets = Vec::new();
    for line in lines {
        check(&flag_file, line, least)?;
        secrets.push(Secret::from(line));
    }
    let mut secrets = secrets.into_iter();
    Ok(SecretPair {
        current: secrets.next(),
        previous: secrets.next(),
    })
}

/// Refuses weak secrets.
fn check(flag: &str, secret: &str, least: usize) -> Result<(), ConfigError> {
    let advice = "make one with: openssl rand -hex 32";
    let wrong = |what: &str| Err(ConfigError(format!("--{flag} {what}; {advice}.")));
    if secret.trim().is_empty() {
        return wrong("is blank");
    }
    if secret.trim() != secret || secret.contains(char::is_control) {
        return wrong("begins or ends with a space, or holds a line end");
    }
    if secret.len() < least {
        return wrong(&format!(
            "is too short; it should have at least {least} characters"
        ));
    }
    if SAMPLES
        .iter()
        .any(|sample| secret.replace(sample, "").is_empty())
    {
        return wrong("is the sample of the documentation, which everybody knows");
    }
    let small = secret.to_ascii_lowercase();
    if PLACEHOLDERS.iter().any(|word| small.contains(word)) {
        return wrong("is a placeholder that everybody knows");
    }
    let mut different: Vec<char> = secret.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT {
        return wrong("repeats few characters, so that it can be guessed");
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_secret_is_refused_without_repeating_it() {
        for (secret, word) in [
            ("", "blank"),
            ("                ", "blank"),
            ("\u{2003}\u{2003}\u{2003}\u{2003}\u{2003}\u{2003}", "blank"),
            (" a secret of the owner's", "space"),
            ("a secret of the owner's\n", "space"),
            ("brief", "too short"),
            ("0123456789abcdef", "sample"),
            ("0123456789abcdef0123456789abcdef", "sample"),
            ("CHANGEME-please-change", "placeholder"),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "few"),
            ("abababababababababababababab", "few"),
        ] {
            let ConfigError(sentence) = check("secret", secret, 16).unwrap_err();
            assert!(
                sentence.contains(word) && sentence.starts_with("--secret "),
                "{sentence}"
            );
            assert!(secret.trim().is_empty() || !sentence.contains(secret));
        }
        for secret in ["a webhook's secret", "9f3c1d5e7a2b4c6d8e0f1a3b5c7d9e0f"] {
            assert!(check("secret", secret, 16).is_ok(), "{secret}");
        }
    }

    #[test]
    fn a_file_has_one_secret_or_two() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let with = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read("secret", None, Some(&path), 16)
        };
        let (new, old) = ("the new secret of all", "the old secret of all");
        let pair = with(&format!("{new}\n")).unwrap();
        assert_eq!((pair.current, pair.previous), (Some(new.into()), None));
        let pair = with(&format!("{new}\r\n{old}\r\n")).unwrap();
        assert_eq!(pair.current, Some(new.into()));
        assert_eq!(pair.previous, Some(old.into()));
        for wrong in ["", "\n", "short", "one secret of all\n\nthree\n"] {
            let ConfigError(sentence) = with(wrong).unwrap_err();
            assert!(sentence.contains("--secret-file"), "{sentence}");
        }
        let given = Secret::from(new);
        assert!(read("secret", Some(&given), Some(&path), 16).is_err());
        let missing = folder.path().join("nothing");
        assert!(read("secret", None, Some(&missing), 16).is_err());
    }
}
