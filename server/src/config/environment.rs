//! The check of the environment for variables that are misspelt options.
//!
//! A misspelt flag or key stops the start. A misspelt variable does so too, since without it the server could run
//! without tokens or with the embedded store. Values are not checked here, except for blank ones.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::{error::ConfigError, options::Options};

/// The prefix of each variable.
const PREFIX: &str = "S3_UPLOAD_";

/// Variables of this project's own tools and tests, which start servers. They are no options, and none is near one.
const TOOLS: [&str; 10] = [
    "S3_UPLOAD_ARTIFACTS",
    "S3_UPLOAD_BENCH",
    "S3_UPLOAD_DIST",
    "S3_UPLOAD_GO",
    "S3_UPLOAD_GO_MISSING",
    "S3_UPLOAD_PYTHON",
    "S3_UPLOAD_PYTHON_MISSING",
    "S3_UPLOAD_RUBY",
    "S3_UPLOAD_RUBY_MISSING",
    "S3_UPLOAD_SERVER",
];

/// Refuses variables that look like options and are none, and options that are blank.
pub fn check(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), ConfigError> {
    let command = Options::command();
    let known: Vec<&str> = command
        .get_arguments()
        .filter_map(|arg| arg.get_env()?.to_str())
        .collect();
    let mut variables: Vec<(String, String)> = variables
        .map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            (name, value.to_string_lossy().into_owned())
        })
        .collect();
    // The first one in order is named, whatever order the system gives.
    variables.sort_unstable();
    for (name, value) in &variables {
        if known.contains(&name.as_str()) {
            if value.trim().is_empty() {
                return Err(ConfigError(format!(
                    "{name} is set and blank; give it a value, or unset it."
                )));
            }
            if name == "S3_UPLOAD_PORT" && is_link(value) {
                return Err(ConfigError(
                    "S3_UPLOAD_PORT is an address that Kubernetes sets for a service of the name s3-upload; name the \
                     service otherwise, or set enableServiceLinks: false."
                        .to_owned(),
                ));
            }
        } else if is_meant(name, &known) && !is_service(name, value) {
            let nearest = nearest(name, &known);
            let hint = nearest.map_or_else(
                || "unset it; --help lists the options".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            let end = if hint.ends_with('?') { "" } else { "." };
            return Err(ConfigError(format!(
                "{name} is no option of this server; {hint}{end}"
            )));
        }
    }
    Ok(())
}

/// Letters and digits alone, in upper case.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

/// True if a variable is meant for this server: by its prefix, or by an option's name in another spelling.
fn is_meant(name: &str, known: &[&str]) -> bool {
    if TOOLS.contains(&name) {
        return false;
    }
    let begins = name
        .get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    begins || {
        let name = plain(name);
        known.iter().any(|known| plain(known) == name)
    }
}

/// True if it is the value of a variable that Kubernetes or Docker sets for each service.
fn is_link(value: &str) -> bool {
    ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme))
}

/// True if it is a variable that Kubernetes or Docker sets for a service whose name begins with `s3-upload`.
fn is_service(name: &str, value: &str) -> bool {
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_protocol = |text: &str| {
        let (protocol, rest) = text.split_once('_').unwrap_or((text, ""));
        matches!(protocol, "TCP" | "UDP" | "SCTP") && matches!(rest, "" | "ADDR" | "PORT" | "PROTO")
    };
    // …_PORT_8080_TCP_ADDR
    let is_detail = name.match_indices("_PORT_").any(|(at, found)| {
        let rest = name.get(at + found.len()..).unwrap_or_default();
        rest.split_once('_')
            .is_some_and(|(port, rest)| is_port(port) && is_protocol(rest))
    });
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || is_detail
        || (name.ends_with("_PORT") && is_link(value))
}

/// The option with the most similar name, if one is similar enough.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = plain(name);
    let distances = known
        .iter()
        .map(|known| (distance(&name, &plain(known)), *known));
    let (distance, known) = distances.min()?;
    (distance <= 4).then_some(known)
}

/// The edit distance of two texts.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, against) in row.iter_mut().skip(1).zip(other.bytes()) {
            let above = *cell;
            let changed = diagonal + usize::from(letter != against);
            left = changed.min(above + 1).min(left + 1);
            *cell = left;
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), String> {
        check([(name.into(), value.into())].into_iter()).map_err(|error| error.0)
    }

    #[test]
    fn a_misspelt_variable_is_named_with_the_nearest_option() {
        for (name, near) in [
            ("S3_UPLOAD_AUTHSECRET", "S3_UPLOAD_AUTH_SECRET"),
            ("S3_UPLOAD_MAX_SIZ", "S3_UPLOAD_MAX_SIZE"),
            ("S3_UPLOAD_BUKCET", "S3_UPLOAD_BUCKET"),
            ("s3_upload_secret", "S3_UPLOAD_SECRET"),
            ("S3UPLOAD_BUCKET", "S3_UPLOAD_BUCKET"),
            ("S3_UPLOAD_JWT_AUDIENCES", "S3_UPLOAD_JWT_AUDIENCE"),
        ] {
            let wrong = checked(name, "x").err().unwrap_or_default();
            assert_eq!(
                wrong,
                format!("{name} is no option of this server; did you mean {near}?")
            );
        }
        let wrong = checked("S3_UPLOAD_SOMETHING_ELSE_ENTIRELY", "x");
        assert!(wrong.is_err_and(|wrong| wrong.ends_with("--help lists the options.")));
    }

    #[test]
    fn what_is_not_meant_for_this_server_is_left_alone() {
        for (name, value) in [
            ("S3_UPLOAD_BUCKET", "b"),
            ("S3_UPLOADS_BUCKET", "another program's"),
            ("S3_BUCKET", "b"),
            ("AWS_REGION", ""),
            ("S3_UPLOAD_SERVICE_HOST", "10.0.0.1"),
            ("S3_UPLOAD_SERVICE_PORT_HTTP", "8080"),
            ("S3_UPLOAD_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
            ("S3_UPLOAD_SERVER_PORT", "tcp://10.0.0.1:8080"),
            ("S3_UPLOAD_SERVER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ] {
            assert_eq!(checked(name, value), Ok(()), "{name}");
        }
    }

    #[test]
    fn a_blank_option_is_refused() {
        for value in ["", "  ", "\n"] {
            let wrong = checked("S3_UPLOAD_BUCKET", value);
            assert!(wrong.is_err_and(|wrong| wrong.contains("S3_UPLOAD_BUCKET is set and blank")));
        }
        let wrong = checked("S3_UPLOAD_PORT", "tcp://10.0.0.1:8080");
        assert!(wrong.is_err_and(|wrong| wrong.contains("enableServiceLinks")));
    }
}
