//! The configuration: flags over environment over file over defaults, checked once at the start.
//!
//! Owns the checked [`Config`] and the sentences about what is wrong with it. Refuses to open files or sockets other
//! than the configuration file: whether a folder can be written is found out where it is used.

mod access;
mod bucket;
mod options;
mod types;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::{HeaderValue, Uri};

pub use access::{Access, Tokens};
pub use bucket::Bucket;
pub use options::Options;
pub use types::{Allow, TypeRule, is_active};
pub use values::{Forms, LogFormat, Secret, Size, StoreCors};

use crate::{
    download_name::Disposition, embedded::MAX_KEY, key_template::KeyTemplate, limits::Limits,
    plan::MAX_OBJECT, serve::connections::HEAD, webhook,
};

/// What the server is to do.
pub struct Config {
    /// The address to listen on.
    pub host: String,
    /// The API's port; 0 for any free one.
    pub port: u16,
    /// The folder of static files.
    pub site: Option<PathBuf>,
    /// The origins whose pages may call the API and, with the embedded store, the bucket; `None` for any.
    pub origins: Option<Vec<HeaderValue>>,
    /// What may be uploaded.
    pub limits: Limits,
    /// Where in the bucket files go.
    pub keys: KeyTemplate,
    /// What is stored of a file's name.
    pub disposition: Disposition,
    /// How files are taken by POST form.
    pub forms: Forms,
    /// Whether a client may have a presigned `DELETE`.
    pub presigned_delete: bool,
    /// Whether pages may ask why they do not reach the store.
    pub doctor: bool,
    /// For how long a presigned URL can be used.
    pub expires: Duration,
    /// For how long an upload's id can be used.
    pub upload_expires: Duration,
    /// Signs upload ids; `None` for a random one.
    pub secret: Option<Secret>,
    /// After how long a request is given up.
    pub request_timeout: Duration,
    /// After how long a request's head that is not whole is given up. Not an option: nobody needs another one but a test.
    pub head_timeout: Duration,
    /// Where the files go.
    pub bucket: Bucket,
    /// The filter of the log.
    pub log: String,
    /// How a log line is written.
    pub log_format: LogFormat,
    /// Where Prometheus is answered, if it is.
    pub metrics: Option<SocketAddr>,
    /// Who may call, and how much.
    pub access: Access,
    /// Who is told of completed uploads, if anybody.
    pub webhook: Option<webhook::Target>,
}

/// What is wrong with the configuration, in a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the configuration file that the flags name, if any, and checks everything together.
    pub fn load(flags: Options) -> Result<Self, ConfigError> {
        let Some(path) = flags.config.clone() else {
            return Self::check(flags);
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            ConfigError(format!(
                "The configuration file {} (--config) cannot be read: {error}.",
                path.display()
            ))
        })?;
        let file = Options::from_toml(&text).map_err(|error| {
            ConfigError(format!(
                "The configuration file {} is wrong: {error}",
                path.display()
            ))
        })?;
        Self::check(flags.over(file)?)
    }

    /// Checks the merged options.
    pub fn check(options: Options) -> Result<Self, ConfigError> {
        let wrong = |sentence: String| Err(ConfigError(sentence));
        for (flag, endpoint) in [
            ("endpoint", &options.endpoint),
            ("public-endpoint", &options.public_endpoint),
        ] {
            if let Some(endpoint) = endpoint
                && !is_endpoint(endpoint)
            {
                return wrong(format!(
                    "--{flag} should be scheme and host, such as https://s3.example.com; it is \"{endpoint}\"."
                ));
            }
        }
        let expires = options.expires.unwrap_or(300);
        if !(1..=604_800).contains(&expires) {
            return wrong(format!(
                "--expires should be 1 to 604800 seconds (7 days); it is {expires}."
            ));
        }
        let limits = limits(&options)?;
        if options
            .secret
            .as_ref()
            .is_some_and(|secret| secret.expose().len() < 16)
        {
            return wrong(
                "--secret is too short; it should have at least 16 characters.".to_owned(),
            );
        }
        if options.embedded == Some(false) && options.bucket.is_none() {
            return wrong(
                "--embedded is off, so --bucket is needed: the bucket to sign for.".to_owned(),
            );
        }
        let embedded = options.embedded.unwrap_or(options.bucket.is_none());
        let keys = options.key.clone().unwrap_or_default();
        let origins = origins(options.allow_origin.as_deref(), embedded)?;
        Ok(Self {
            access: Access::check(&options)?,
            webhook: access::webhook(&options)?,
            metrics: options.metrics,
            log_format: options.log_format.unwrap_or_default(),
            bucket: Bucket::check(&options, embedded)?,
            host: options.host.unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: options.port.unwrap_or(8080),
            site: options.site,
            origins,
            limits,
            keys: if embedded {
                keys.at_most(MAX_KEY)
            } else {
                keys
            },
            disposition: options.disposition.unwrap_or_default(),
            forms: options.forms.unwrap_or_default(),
            presigned_delete: options.allow_presigned_delete.unwrap_or_default(),
            doctor: options.doctor.unwrap_or(true),
            expires: Duration::from_secs(expires),
            upload_expires: Duration::from_secs(options.upload_expires.unwrap_or(86_400).max(1)),
            secret: options.secret,
            request_timeout: options
                .request_timeout
                .map_or(crate::REQUEST_TIMEOUT, |seconds| {
                    Duration::from_secs(seconds.max(1))
                }),
            head_timeout: HEAD,
            log: options.log.unwrap_or_else(|| "info".to_owned()),
        })
    }
}

fn limits(options: &Options) -> Result<Limits, ConfigError> {
    let types = options.allow_type.iter().flatten().cloned();
    let limits = Limits {
        min_size: options.min_size.map_or(0, |size| size.0),
        max_size: options.max_size.map_or(MAX_OBJECT, |size| size.0),
        types: types
            .map(Allow::from)
            .chain(options.allow.iter().flatten().cloned())
            .collect(),
        max_name: options.max_name.unwrap_or(255),
    };
    if limits.min_size > limits.max_size {
        return Err(ConfigError(
            "--min-size is greater than --max-size, so that no file could be uploaded.".to_owned(),
        ));
    }
    for allow in &limits.types {
        let Some(size) = allow.max_size else {
            continue;
        };
        let (flag, limit) = if size.0 < limits.min_size {
            ("min-size", limits.min_size)
        } else if size.0 > limits.max_size {
            ("max-size", limits.max_size)
        } else {
            continue;
        };
        return Err(ConfigError(format!(
            "--allow takes {allow}, but --{flag} is {}; make them agree.",
            Size(limit)
        )));
    }
    Ok(limits)
}

/// With the embedded store any origin may call; otherwise only those that are named.
fn origins(
    given: Option<&[String]>,
    embedded: bool,
) -> Result<Option<Vec<HeaderValue>>, ConfigError> {
    let given = match given {
        None if embedded => return Ok(None),
        None => return Ok(Some(Vec::new())),
        Some(given) if given.iter().any(|origin| origin == "*") => return Ok(None),
        Some(given) => given,
    };
    let read = |origin: &String| {
        let value = HeaderValue::from_str(origin)
            .ok()
            .filter(|_| is_endpoint(origin) && !origin.ends_with('/'));
        value.ok_or_else(|| {
            ConfigError(format!(
                "--allow-origin should be an origin as browsers send it, such as https://example.com; it is \"{origin}\"."
            ))
        })
    };
    given.iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// Whether it is a scheme and a host, as an endpoint and an origin are.
pub(crate) fn is_endpoint(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some()
            && uri.path() == "/"
            && uri.query().is_none()
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is a failed test"
)]
mod tests;
