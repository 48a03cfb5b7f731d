//! The checked configuration.
//!
//! Only the configuration file and files with secrets are opened here. A folder is opened by the code that uses it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::{HeaderValue, Uri};

use s3_upload_types::limits::MAX_OBJECT_SIZE;

use super::{
    access::{self, AccessConfig},
    bucket::Bucket,
    error::ConfigError,
    options::Options,
    secrets, warnings,
};
use crate::{
    app::{AllowedHosts, REQUEST_TIMEOUT},
    embedded::MAX_KEY,
    events::WebhookTarget,
    grants::{AllowRule, Disposition, KeyTemplate, Limits},
    http::{DEFAULT_CONNECTIONS_PER_ADDRESS, HEAD_TIMEOUT, WRITE_TIMEOUT},
    primitives::{Secret, Size, is_endpoint, is_loopback},
    store::Forms,
    telemetry::LogFormat,
};

/// The checked configuration of a server.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own that a person turns"
)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on.
    pub host: String,
    /// The API's port; 0 for any free one.
    pub port: u16,
    /// The folder of static files.
    pub site: Option<PathBuf>,
    /// The origins whose pages may call the API and, with the embedded store, the bucket; `None` for any.
    pub origins: Option<Vec<HeaderValue>>,
    /// The hosts that a server for development answers to; `None` for any.
    pub hosts: AllowedHosts,
    /// The limits of an upload.
    pub limits: Limits,
    /// The template of object keys.
    pub keys: KeyTemplate,
    /// The `Content-Disposition` that is stored with a file.
    pub disposition: Disposition,
    /// The sizes that a POST form accepts.
    pub forms: Forms,
    /// True if clients get a presigned `DELETE`.
    pub presigned_delete: bool,
    /// True if stored objects stay.
    pub keep_stored: bool,
    /// True if clients get links to read their uploads.
    pub downloads: bool,
    /// True if pages may ask for a diagnosis of an unreachable store.
    pub doctor: bool,
    /// The lifetime of a presigned URL.
    pub expires: Duration,
    /// The lifetime of an upload's id.
    pub upload_expires: Duration,
    /// Signs upload ids; `None` for a random one.
    pub secret: Option<Secret>,
    /// The secret that it replaces, whose ids are still known.
    pub previous_secret: Option<Secret>,
    /// Warnings for the log, which do not prevent the start.
    pub warnings: Vec<String>,
    /// The time limit of a request.
    pub request_timeout: Duration,
    /// The time limit of a request's head. Not an option: only tests need another one.
    pub head_timeout: Duration,
    /// The time limit of a blocked write. Not an option either.
    pub write_timeout: Duration,
    /// The most connections of one address.
    pub connections: usize,
    /// The store and its bucket.
    pub bucket: Bucket,
    /// The filter of the log.
    pub log: String,
    /// The format of a log line.
    pub log_format: LogFormat,
    /// The address of the metrics, if they are served.
    pub metrics: Option<SocketAddr>,
    /// The settings of authentication and limits.
    pub access: AccessConfig,
    /// The receiver of the webhook, if there is one.
    pub webhook: Option<WebhookTarget>,
}

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
        let warning = warnings::readable_by_all(&path, &file);
        let mut config = Self::check(flags.over(file)?)?;
        config.warnings.extend(warning);
        Ok(config)
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
        let secret = secrets::read(
            "secret",
            options.secret.as_ref(),
            options.secret_file.as_deref(),
            16,
        )?;
        not_blank(&options)?;
        let host = options
            .host
            .clone()
            .unwrap_or_else(|| "127.0.0.1".to_owned());
        consistent(&options, &host)?;
        let embedded = options.embedded.unwrap_or(options.bucket.is_none());
        let keys = options.key.clone().unwrap_or_default();
        let origins = origins(options.allow_origin.as_deref(), embedded)?;
        let is_any = options.allow_origin.is_some() && origins.is_none();
        let is_local = embedded && is_loopback(&host) && !is_any;
        let named = |origin: &HeaderValue| {
            let origin = origin.to_str().ok()?.parse::<Uri>().ok()?;
            origin.host().map(str::to_owned)
        };
        let hosts = is_local.then(|| origins.iter().flatten().filter_map(named).collect());
        let webhook = access::webhook(&options)?;
        Ok(Self {
            access: AccessConfig::check(&options)?,
            warnings: webhook
                .as_ref()
                .and_then(warnings::plain_http)
                .into_iter()
                .collect(),
            webhook,
            metrics: options.metrics,
            log_format: options.log_format.unwrap_or_default(),
            bucket: Bucket::check(&options, embedded)?,
            host,
            port: options.port.unwrap_or(8080),
            site: options.site,
            origins,
            hosts,
            limits,
            keys: if embedded {
                keys.at_most(MAX_KEY)
            } else {
                keys
            },
            disposition: options.disposition.unwrap_or_default(),
            forms: options.forms.unwrap_or_default(),
            presigned_delete: options.allow_presigned_delete.unwrap_or_default(),
            keep_stored: options.keep_stored.unwrap_or_default(),
            downloads: options.downloads.unwrap_or(true),
            doctor: options.doctor.unwrap_or(true),
            expires: Duration::from_secs(expires),
            upload_expires: Duration::from_secs(options.upload_expires.unwrap_or(86_400).max(1)),
            secret: secret.current,
            previous_secret: secret.previous,
            request_timeout: options.request_timeout.map_or(REQUEST_TIMEOUT, |seconds| {
                Duration::from_secs(seconds.max(1))
            }),
            head_timeout: HEAD_TIMEOUT,
            write_timeout: WRITE_TIMEOUT,
            connections: options
                .connections
                .unwrap_or(DEFAULT_CONNECTIONS_PER_ADDRESS),
            log: options.log.unwrap_or_else(|| "info".to_owned()),
        })
    }
}

/// Refuses switches that contradict each other or are a mistake.
fn consistent(options: &Options, host: &str) -> Result<(), ConfigError> {
    let wrong = |sentence: String| Err(ConfigError(sentence));
    if options.keep_stored == Some(true) && options.allow_presigned_delete == Some(true) {
        return wrong(
            "--keep-stored and --allow-presigned-delete exclude each other; give one of them."
                .to_owned(),
        );
    }
    if options.bucket.is_none() && options.embedded.is_none() && !is_loopback(host) {
        return wrong(format!(
            "Without --bucket there is only the store for development, which other machines would reach at --host {host}: name the bucket by --bucket (S3_UPLOAD_BUCKET), or say --embedded (S3_UPLOAD_EMBEDDED=on) if that is meant."
        ));
    }
    if options.connections == Some(0) {
        return wrong("--connections is 0, so that nobody could connect; leave it out.".to_owned());
    }
    if options.embedded == Some(false) && options.bucket.is_none() {
        return wrong(
            "--embedded is off, so --bucket is needed: the bucket to sign for.".to_owned(),
        );
    }
    Ok(())
}

/// Refuses blank texts. A blank text is a mistake, such as a variable of a script that has no value.
fn not_blank(options: &Options) -> Result<(), ConfigError> {
    let texts = [
        ("bucket", &options.bucket),
        ("region", &options.region),
        ("host", &options.host),
        ("jwt-tenant", &options.jwt_tenant),
        ("webhook", &options.webhook),
    ];
    let texts = texts.map(|(flag, text)| (flag, text.as_slice()));
    let lists = [
        ("jwt-audience", &options.jwt_audience),
        ("jwt-issuer", &options.jwt_issuer),
        ("trusted-proxy", &options.trusted_proxy),
    ];
    let lists = lists.map(|(flag, list)| (flag, list.as_deref().unwrap_or_default()));
    let is_blank = |text: &String| text.trim().is_empty();
    match texts
        .into_iter()
        .chain(lists)
        .find(|(_, texts)| texts.iter().any(is_blank))
    {
        Some((flag, _)) => Err(ConfigError(format!(
            "--{flag} is blank; give it a value, or leave it out."
        ))),
        None => Ok(()),
    }
}

fn limits(options: &Options) -> Result<Limits, ConfigError> {
    let types = options.allow_type.iter().flatten().cloned();
    let limits = Limits {
        min_size: options.min_size.map_or(0, |size| size.0),
        max_size: options.max_size.map_or(MAX_OBJECT_SIZE, |size| size.0),
        types: types
            .map(AllowRule::from)
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

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is a failed test"
)]
mod tests;
