//! The configuration: flags over environment over file over defaults, checked once at the start.
//!
//! Owns the checked [`Config`] and the sentences about what is wrong with it. Refuses to open files or sockets other
//! than the configuration file: whether a folder can be written is found out where it is used.

mod access;
mod options;
mod types;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use axum::http::{HeaderValue, Uri};

pub use access::{Access, Tokens};
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

/// Where the files go.
#[derive(Debug, Clone)]
pub enum Bucket {
    /// Any S3.
    Remote {
        /// The bucket's name.
        bucket: String,
        /// The region; `None` to take it from the AWS environment or profile.
        region: Option<String>,
        /// The S3 endpoint for the server's own calls; `None` for AWS.
        endpoint: Option<String>,
        /// The S3 endpoint as browsers reach it, if it is another one.
        public_endpoint: Option<String>,
        /// Whether the bucket's name stands in the path instead of the host.
        path_style: bool,
    },
    /// A store within this process, for development.
    Embedded {
        /// Its port; 0 for any free one.
        port: u16,
        /// The folder that keeps the files; `None` for a temporary one.
        data: Option<PathBuf>,
        /// The bucket's CORS rule.
        cors: StoreCors,
        /// The access key id and the secret access key that it knows; `None` for random ones.
        credentials: Option<(String, Secret)>,
        /// The store's address as browsers reach it, if it is not its own.
        public_endpoint: Option<String>,
    },
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
            bucket: bucket(&options, embedded)?,
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

fn bucket(options: &Options, embedded: bool) -> Result<Bucket, ConfigError> {
    let public_endpoint = options.public_endpoint.clone();
    match &options.bucket {
        Some(bucket) if !embedded => {
            let only_embedded = [
                ("store-port", options.store_port.is_some()),
                ("data", options.data.is_some()),
                ("store-cors", options.store_cors.is_some()),
                ("store-credentials", options.store_credentials.is_some()),
            ];
            if let Some((flag, _)) = only_embedded.into_iter().find(|(_, given)| *given) {
                return Err(ConfigError(format!(
                    "--{flag} belongs to the embedded store, but --bucket names another one."
                )));
            }
            Ok(Bucket::Remote {
                bucket: bucket.clone(),
                region: options.region.clone(),
                endpoint: options.endpoint.clone(),
                public_endpoint,
                path_style: options.path_style.unwrap_or_default(),
            })
        }
        Some(_) => Err(ConfigError(
            "--embedded and --bucket exclude each other; give one of them.".to_owned(),
        )),
        None if options.endpoint.is_some() => Err(ConfigError(
            "--endpoint needs --bucket: the bucket to sign for at that endpoint.".to_owned(),
        )),
        None => Ok(Bucket::Embedded {
            port: options.store_port.unwrap_or(9000),
            data: options.data.clone(),
            cors: options.store_cors.clone().unwrap_or_default(),
            credentials: options
                .store_credentials
                .as_ref()
                .map(credentials)
                .transpose()?,
            public_endpoint,
        }),
    }
}

/// The id and the secret of `ID:SECRET`.
fn credentials(given: &Secret) -> Result<(String, Secret), ConfigError> {
    match given.expose().split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
            Ok((id.to_owned(), Secret::from(secret)))
        }
        _ => Err(ConfigError(
            "--store-credentials should be an access key id, a colon and a secret access key."
                .to_owned(),
        )),
    }
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
mod tests {
    use clap::Parser as _;

    use super::*;

    fn options(flags: &[&str]) -> Options {
        Options::try_parse_from([&["s3-upload-server"], flags].concat()).unwrap()
    }

    fn error(flags: &[&str]) -> String {
        match Config::check(options(flags)) {
            Ok(_) => panic!("{flags:?} was taken"),
            Err(error) => error.0,
        }
    }

    #[test]
    fn without_options_the_store_is_embedded() {
        let config = Config::check(options(&[])).unwrap();
        assert!(matches!(
            config.bucket,
            Bucket::Embedded {
                port: 9000,
                data: None,
                cors: StoreCors::On,
                credentials: None,
                public_endpoint: None
            }
        ));
        assert_eq!((config.port, config.origins), (8080, None));
    }

    #[test]
    fn a_bucket_is_remote_and_names_its_origins() {
        let config = Config::check(options(&[
            "--bucket",
            "b",
            "--allow-origin",
            "https://a.example",
        ]))
        .unwrap();
        assert!(matches!(config.bucket, Bucket::Remote { .. }));
        assert_eq!(config.origins.unwrap(), ["https://a.example"]);
    }

    #[test]
    fn each_mistake_is_one_sentence_that_names_its_flag() {
        for (flags, word) in [
            (&["--embedded", "--bucket", "b"][..], "--embedded"),
            (&["--bucket", "b", "--data", "d"], "--data"),
            (&["--embedded=off"], "--bucket"),
            (&["--endpoint", "http://h"], "--bucket"),
            (&["--bucket", "b", "--endpoint", "h:9000"], "--endpoint"),
            (&["--public-endpoint", "http://h/path"], "--public-endpoint"),
            (&["--expires", "0"], "--expires"),
            (&["--min-size", "2MB", "--max-size", "1MB"], "--min-size"),
            (&["--max-size", "1MB", "--allow", "image/*=2MB"], "--allow"),
            (&["--min-size", "1MB", "--allow", ".pdf=1kB"], "--min-size"),
            (&["--secret", "short"], "--secret"),
            (&["--store-credentials", "id"], "--store-credentials"),
            (&["--allow-origin", "example.com"], "--allow-origin"),
        ] {
            let sentence = error(flags);
            assert!(
                sentence.contains(word) && sentence.ends_with('.') && !sentence.contains('\n'),
                "{sentence}"
            );
        }
    }

    #[test]
    fn flags_stand_over_the_file() {
        let file = Options::from_toml(
            "port = 1\nhost = \"h\"\nmax-size = \"2 GiB\"\nmin-size = 7\npath-style = true",
        )
        .unwrap();
        let merged = options(&["--port", "2", "--allow-type", "image/*,.pdf"])
            .over(file)
            .unwrap();
        assert_eq!((merged.port, merged.host.as_deref()), (Some(2), Some("h")));
        assert_eq!(
            (merged.max_size, merged.min_size),
            (Some(Size(2 << 30)), Some(Size(7)))
        );
        assert_eq!((merged.path_style, merged.embedded), (Some(true), None));
        assert_eq!(merged.allow_type.unwrap().len(), 2);
    }

    #[test]
    fn a_switch_of_the_file_can_be_undone() {
        let merged = |flags: &[&str], file: &str| {
            let file = Options::from_toml(file).unwrap();
            options(flags).over(file).unwrap()
        };
        let file = "path-style = true";
        assert_eq!(merged(&["--path-style=off"], file).path_style, Some(false));
        assert_eq!(
            merged(&["--path-style", "no"], file).path_style,
            Some(false)
        );
        assert_eq!(merged(&["--path-style"], "").path_style, Some(true));
        let file = "embedded = true";
        assert_eq!(merged(&["--embedded=false"], file).embedded, Some(false));
        assert_eq!(merged(&["--embedded", "--port", "1"], "").port, Some(1));
    }

    #[test]
    fn which_store_is_one_choice() {
        let checked = |flags: &[&str], file: &str| {
            let file = Options::from_toml(file).unwrap();
            Config::check(options(flags).over(file).unwrap()).map(|config| config.bucket)
        };
        let remote = "bucket = \"b\"\nendpoint = \"http://h\"\npublic-endpoint = \"http://p\"";
        let embedded = "embedded = true\ndata = \"d\"\nstore-port = 1";
        assert!(matches!(
            checked(&["--embedded"], remote).unwrap(),
            Bucket::Embedded {
                public_endpoint: None,
                ..
            }
        ));
        assert!(matches!(
            checked(&["--bucket", "c"], embedded).unwrap(),
            Bucket::Remote { bucket, .. } if bucket == "c"
        ));
        assert!(matches!(
            checked(&["--bucket", "c"], remote).unwrap(),
            Bucket::Remote { bucket, endpoint: Some(_), .. } if bucket == "c"
        ));
        assert!(matches!(
            checked(&["--port", "1"], embedded).unwrap(),
            Bucket::Embedded {
                port: 1,
                data: Some(_),
                ..
            }
        ));
        let both = checked(&[], &format!("{remote}\n{embedded}")).unwrap_err();
        assert!(both.0.contains("exclude each other"), "{both}");
    }

    #[test]
    fn both_lists_of_types_are_one() {
        let file = Options::from_toml("allow = [\"video/mp4=2GB\", \".zip\"]").unwrap();
        let options = options(&["--allow-type", "image/*,.pdf"])
            .over(file)
            .unwrap();
        let limits = Config::check(options).unwrap().limits;
        let types: Vec<_> = limits.types.iter().map(ToString::to_string).collect();
        assert_eq!(types, ["image/*", ".pdf", "video/mp4 (up to 2 GB)", ".zip"]);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = Options::from_toml("buckt = \"b\"").unwrap_err();
        assert!(error.contains("buckt"), "{error}");
        assert!(
            Options::from_toml("max-size = \"huge\"")
                .unwrap_err()
                .contains("huge")
        );
    }
}
