//! Names in HTTP and DNS that both the widget and the server have to recognise.

/// The suffixes of host names that only an internal network resolves.
/// <https://www.rfc-editor.org/rfc/rfc6762#appendix-G> <https://www.rfc-editor.org/rfc/rfc8375>
pub const INTERNAL_HOST_SUFFIXES: &[&str] = &[
    ".internal",
    ".local",
    ".localdomain",
    ".lan",
    ".home.arpa",
    ".intranet",
    ".svc",
    ".docker",
];

/// Returns true if a text is a token of HTTP, as a header's name and both parts of a MIME type are.
/// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
pub fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::is_token;

    /// <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>
    #[test]
    fn tokens() {
        for token in ["content-type", "X_1", "image", "svg+xml", "!#$%&'*+-.^_`|~"] {
            assert!(is_token(token), "{token}");
        }
        for other in ["", "no name", "a:b", "a/b", "a\n", "é", "(a)"] {
            assert!(!is_token(other), "{other:?}");
        }
    }
}
