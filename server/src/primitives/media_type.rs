//! MIME types that browsers run, and the type of unknown files.

/// The type of a file of unknown type.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A type without its parameters.
pub(crate) fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// True if a browser may run a file of this type: pages, anything of XML, scripts, containers of other files with types of
/// their own (`multipart/x-mixed-replace` is shown as the page that it holds), and the types for which it looks at the
/// bytes to find out. <https://mimesniff.spec.whatwg.org/#scriptable-mime-type>
pub fn is_active(media_type: &str) -> bool {
    let media_type = essence(media_type);
    let is_unknown = matches!(
        &*media_type,
        "unknown/unknown" | "application/unknown" | "*/*"
    );
    let is_page = matches!(&*media_type, "text/html" | "text/xsl");
    let is_xml = media_type.ends_with("/xml") || media_type.ends_with("+xml");
    let is_script = ["javascript", "ecmascript", "jscript", "livescript"]
        .iter()
        .any(|word| media_type.contains(word));
    let holds_others = media_type.starts_with("multipart/") || media_type.starts_with("message/");
    is_unknown || is_page || is_xml || is_script || holds_others
}

#[cfg(test)]
mod tests {
    use super::is_active;

    /// <https://mimesniff.spec.whatwg.org/#scriptable-mime-type>
    #[test]
    fn a_type_that_a_browser_may_run_is_active() {
        for media_type in [
            "text/html",
            " Text/HTML ; charset=utf-8",
            "text/xml",
            "application/xml",
            "application/xhtml+xml",
            "image/svg+xml",
            "application/rss+xml",
            "text/xsl",
            "text/javascript",
            "application/javascript",
            "application/x-ecmascript",
            "text/jscript",
            "text/livescript",
            "text/javascript1.5",
            "multipart/x-mixed-replace",
            "message/rfc822",
            "unknown/unknown",
            "application/unknown",
            "*/*",
        ] {
            assert!(is_active(media_type), "{media_type}");
        }
        for media_type in [
            "",
            "image/png",
            "image/svg",
            "application/json",
            "application/octet-stream",
            "application/pdf",
            "text/plain",
            "text/plain; a=text/html",
            "text/css",
            "video/mp4",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ] {
            assert!(!is_active(media_type), "{media_type}");
        }
    }
}
