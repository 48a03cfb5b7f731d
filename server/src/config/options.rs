//! The options as given: the flags, the environment variables and the file's keys, under one name each.
//!
//! Defines the names, the help text and the precedence of the sources. Values are checked elsewhere.

use std::{net::SocketAddr, path::PathBuf};

use clap::{
    CommandFactory as _, FromArgMatches as _, Parser,
    builder::{BoolishValueParser, Styles},
};
use serde::{Deserialize, Serialize};

use super::{error::ConfigError, store_cors::StoreCors};
use crate::{
    grants::{AllowRule, Disposition, KeyTemplate, TypeRule},
    primitives::{Secret, Size},
    store::Forms,
    telemetry::LogFormat,
};

const EXAMPLES: &str = "\
Examples:
  Try it, with a store of its own and a page to upload from:
      s3-upload-server --site dist

  Sign for a bucket of AWS, with the credentials of the environment, profile or role:
      s3-upload-server --bucket my-uploads --region eu-central-1 \\
          --allow-origin https://example.com --max-size 2GB --allow-type 'image/*,.pdf'

  Small images and large films, in a folder for each month, with the file's extension:
      s3-upload-server --bucket my-uploads --allow 'image/*=10MB,video/mp4=2GB' \\
          --key 'media/{year}-{month}/{uuid}.{ext}'

  Sign for another S3, which browsers reach at another address:
      s3-upload-server --bucket uploads --endpoint http://store:9000 \\
          --public-endpoint https://files.example.com --path-style

Every option is also an environment variable, S3_UPLOAD_ and its name (--max-size:
S3_UPLOAD_MAX_SIZE) and, but for --config, a key of the TOML file (max-size = \"2 GB\"). Flags
take precedence over the environment, which takes precedence over the file: --path-style=off overrides
path-style = true of the file, and --embedded or --bucket discards the other store that the file names.
Credentials are those of the AWS tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or
the machine's role.

The bucket needs a CORS rule that lets the page's origin PUT and read the ETag header. When a page
cannot reach the bucket, POST /uploads/doctor says which rule is missing.";

/// Decides if a file may be uploaded, and signs the URL to which the browser sends it.
#[derive(Debug, Clone, Default, Parser, Serialize, Deserialize)]
#[command(name = "s3-upload-server", version, after_help = EXAMPLES, styles = Styles::plain(), max_term_width = 110)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Options {
    /// Read options from this TOML file
    #[arg(long, env = "S3_UPLOAD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, env = "S3_UPLOAD_HOST", help_heading = "Server")]
    pub host: Option<String>,
    /// The port of the API and the site; 0 for any free one [default: 8080]
    #[arg(long, env = "S3_UPLOAD_PORT", help_heading = "Server")]
    pub port: Option<u16>,
    /// Serve the files of this folder at / [default: none]
    #[arg(
        long,
        env = "S3_UPLOAD_SITE",
        value_name = "DIR",
        help_heading = "Server"
    )]
    pub site: Option<PathBuf>,
    /// Let pages of this origin call the API; repeat or separate by commas, * for any [default: any with the embedded
    /// store, otherwise only pages of this server itself]
    #[arg(
        long,
        env = "S3_UPLOAD_ALLOW_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ',',
        help_heading = "Server"
    )]
    pub allow_origin: Option<Vec<String>>,
    /// The secret that signs upload ids, 16 characters or more; give it if more than one server answers, or if uploads
    /// should survive a restart [default: random]
    #[arg(
        long,
        env = "S3_UPLOAD_SECRET",
        hide_env_values = true,
        help_heading = "Server"
    )]
    pub secret: Option<Secret>,
    /// Like --secret, from the first line of this file; a second line holds the previous secret, whose ids stay valid
    #[arg(
        long,
        env = "S3_UPLOAD_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Server"
    )]
    pub secret_file: Option<PathBuf>,
    /// Diagnose for pages why they cannot reach the store (POST /uploads/doctor); the answer shows the bucket's
    /// CORS rules [default: on]
    #[arg(
        long,
        env = "S3_UPLOAD_DOCTOR",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Server"
    )]
    pub doctor: Option<bool>,
    /// The time limit of a request in seconds [default: 330]
    #[arg(
        long,
        env = "S3_UPLOAD_REQUEST_TIMEOUT",
        value_name = "SECONDS",
        help_heading = "Server"
    )]
    pub request_timeout: Option<u64>,
    /// The log level: error, warn, info, debug or trace. The S3 libraries log warnings and errors only, since their other
    /// messages contain signatures [default: info]
    #[arg(
        long,
        env = "S3_UPLOAD_LOG",
        value_name = "LEVEL",
        help_heading = "Server"
    )]
    pub log: Option<String>,
    /// The format of log lines [default: text]
    #[arg(
        long,
        env = "S3_UPLOAD_LOG_FORMAT",
        hide_possible_values = true,
        value_name = "text|json",
        help_heading = "Server"
    )]
    pub log_format: Option<LogFormat>,
    /// Serve Prometheus metrics at /metrics of this address, such as 127.0.0.1:9464, which must not be public [default: off]
    #[arg(
        long,
        env = "S3_UPLOAD_METRICS",
        value_name = "ADDRESS:PORT",
        help_heading = "Server"
    )]
    pub metrics: Option<SocketAddr>,

    /// Require tokens that your backend signs with this secret, 32 characters or more (see docs/server.md). With one of
    /// --auth-secret, --jwt-secret, --jwt-key and --jwks, each request needs a token [default: none]
    #[arg(
        long,
        env = "S3_UPLOAD_AUTH_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Authentication"
    )]
    pub auth_secret: Option<Secret>,
    /// Like --auth-secret, from the first line of this file; a second line has the secret that it replaces, which is accepted too
    #[arg(
        long,
        env = "S3_UPLOAD_AUTH_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Authentication"
    )]
    pub auth_secret_file: Option<PathBuf>,
    /// Accept JSON web tokens that are signed by HS256 with this secret, 32 characters or more
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Authentication"
    )]
    pub jwt_secret: Option<Secret>,
    /// Like --jwt-secret, from the first line of this file; a second line has the secret that it replaces, which is accepted too
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Authentication"
    )]
    pub jwt_secret_file: Option<PathBuf>,
    /// Accept JSON web tokens that are signed by RS256, ES256 or `EdDSA` for this public key, a PEM file
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_KEY",
        value_name = "FILE",
        help_heading = "Authentication"
    )]
    pub jwt_key: Option<PathBuf>,
    /// Accept JSON web tokens that are signed by one of the keys of this JWKS file, which is read again when it changes
    #[arg(
        long,
        env = "S3_UPLOAD_JWKS",
        value_name = "FILE",
        help_heading = "Authentication"
    )]
    pub jwks: Option<PathBuf>,
    /// Accept only JSON web tokens for this audience; repeat or separate by commas [default: tokens that
    /// name no audience]
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_AUDIENCE",
        value_name = "AUDIENCE",
        value_delimiter = ',',
        help_heading = "Authentication"
    )]
    pub jwt_audience: Option<Vec<String>>,
    /// Accept only JSON web tokens of this issuer; repeat or separate by commas. The keys apply to all issuers [default: any issuer whose signature is valid]
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_ISSUER",
        value_name = "ISSUER",
        value_delimiter = ',',
        help_heading = "Authentication"
    )]
    pub jwt_issuer: Option<Vec<String>>,
    /// The claim of a JSON web token that names the tenant, if there is one [default: tenant]
    #[arg(
        long,
        env = "S3_UPLOAD_JWT_TENANT",
        value_name = "CLAIM",
        help_heading = "Authentication"
    )]
    pub jwt_tenant: Option<String>,

    /// The largest number of requests of one client in a minute. A client is identified by its token, or without one by
    /// its address [default: no limit]
    #[arg(
        long,
        env = "S3_UPLOAD_RATE_LIMIT",
        value_name = "REQUESTS",
        help_heading = "Limits for each client"
    )]
    pub rate_limit: Option<u64>,
    /// The largest number of bytes for which one client gets URLs in an hour, such as 20GB [default: no limit]
    #[arg(
        long,
        env = "S3_UPLOAD_BYTES_PER_HOUR",
        value_name = "SIZE",
        help_heading = "Limits for each client"
    )]
    pub bytes_per_hour: Option<Size>,
    /// The largest number of bytes for which one client gets URLs in a day [default: no limit]
    #[arg(
        long,
        env = "S3_UPLOAD_BYTES_PER_DAY",
        value_name = "SIZE",
        help_heading = "Limits for each client"
    )]
    pub bytes_per_day: Option<Size>,
    /// The largest number of connections of one address at a time, except of a --trusted-proxy. Beyond it, the connection
    /// that has been idle for longest is closed [default: 500, or less if the system allows few open files]
    #[arg(
        long,
        env = "S3_UPLOAD_CONNECTIONS",
        value_name = "NUMBER",
        help_heading = "Limits for each client"
    )]
    pub connections: Option<usize>,
    /// Trust this proxy's X-Forwarded-For for the client's address: an address or a network such as 10.0.0.0/8; repeat or
    /// separate by commas [default: none]
    #[arg(
        long,
        env = "S3_UPLOAD_TRUSTED_PROXY",
        value_name = "ADDRESS",
        value_delimiter = ',',
        help_heading = "Limits for each client"
    )]
    pub trusted_proxy: Option<Vec<String>>,

    /// Notify this URL of each completed upload by POST [default: none]
    #[arg(
        long,
        env = "S3_UPLOAD_WEBHOOK",
        value_name = "URL",
        help_heading = "Webhook"
    )]
    pub webhook: Option<String>,
    /// The secret that signs the webhook's requests, 16 characters or more
    #[arg(
        long,
        env = "S3_UPLOAD_WEBHOOK_SECRET",
        value_name = "SECRET",
        hide_env_values = true,
        help_heading = "Webhook"
    )]
    pub webhook_secret: Option<Secret>,
    /// The secret that signs the webhook's requests, from the first line of this file
    #[arg(
        long,
        env = "S3_UPLOAD_WEBHOOK_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Webhook"
    )]
    pub webhook_secret_file: Option<PathBuf>,

    /// The bucket that stores the files [default: the embedded store]
    #[arg(long, env = "S3_UPLOAD_BUCKET", help_heading = "Bucket")]
    pub bucket: Option<String>,
    /// Its region [default: that of the AWS environment, profile or instance, else us-east-1]
    #[arg(long, env = "S3_UPLOAD_REGION", help_heading = "Bucket")]
    pub region: Option<String>,
    /// The S3 endpoint that this server calls [default: AWS]
    #[arg(
        long,
        env = "S3_UPLOAD_ENDPOINT",
        value_name = "URL",
        help_heading = "Bucket"
    )]
    pub endpoint: Option<String>,
    /// The S3 endpoint that browsers reach; URLs are signed for it [default: the same]
    #[arg(
        long,
        env = "S3_UPLOAD_PUBLIC_ENDPOINT",
        value_name = "URL",
        help_heading = "Bucket"
    )]
    pub public_endpoint: Option<String>,
    /// Put the bucket's name into the path, not the host; most stores but AWS need it [default: off]
    #[arg(
        long,
        env = "S3_UPLOAD_PATH_STYLE",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Bucket"
    )]
    pub path_style: Option<bool>,

    /// The template of keys: letters, digits, - _ . / = and the placeholders {date} {year} {month} {day} (today in UTC),
    /// {uuid} (required), {ext} (of the file's name, if it is short and plain) and {tenant} (of the caller's token)
    /// [default: uploads/{date}/{uuid}]
    #[arg(
        long,
        env = "S3_UPLOAD_KEY",
        value_name = "TEMPLATE",
        help_heading = "Files"
    )]
    pub key: Option<KeyTemplate>,
    /// Store the file's name with it, as a Content-Disposition: attachment has browsers save the file, inline show it
    /// if it is a picture, sound, a film, plain text or a PDF. It is one more header in the bucket's CORS rule, and whoever
    /// may read the file can read its name. The download links of this server give the name in any case [default: none]
    #[arg(
        long,
        env = "S3_UPLOAD_DISPOSITION",
        hide_possible_values = true,
        value_name = "attachment|inline|none",
        help_heading = "Files"
    )]
    pub disposition: Option<Disposition>,
    /// POST forms, for clients that prefer them: exact grants the announced size, limits grants any size within the
    /// limits, off grants none, for stores without forms such as R2 and B2 [default: exact]
    #[arg(
        long,
        env = "S3_UPLOAD_FORMS",
        hide_possible_values = true,
        value_name = "exact|limits|off",
        help_heading = "Files"
    )]
    pub forms: Option<Forms>,
    /// Give clients a presigned DELETE for the objects that they uploaded [default: off]
    #[arg(
        long,
        env = "S3_UPLOAD_ALLOW_PRESIGNED_DELETE",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Files"
    )]
    pub allow_presigned_delete: Option<bool>,

    /// Protect stored objects: DELETE /uploads/{id} aborts only uploads whose object has not arrived, and no other object
    /// is confirmed in place of a confirmed one [default: off]
    #[arg(
        long,
        env = "S3_UPLOAD_KEEP_STORED",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Files"
    )]
    pub keep_stored: Option<bool>,
    /// Give the uploader links to read the file [default: on]
    #[arg(
        long,
        env = "S3_UPLOAD_DOWNLOADS",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Files"
    )]
    pub downloads: Option<bool>,

    /// The largest file, such as 500MB, 2GiB or bytes [default: the limit of S3]
    #[arg(
        long,
        env = "S3_UPLOAD_MAX_SIZE",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub max_size: Option<Size>,
    /// The smallest file [default: 0]
    #[arg(
        long,
        env = "S3_UPLOAD_MIN_SIZE",
        value_name = "SIZE",
        help_heading = "Limits"
    )]
    pub min_size: Option<Size>,
    /// Accept only this type, such as image/* or .pdf; repeat or separate by commas. Types that can contain scripts (HTML,
    /// SVG, XML, JavaScript, multipart and message types) then need a rule of their own, such as image/svg+xml or .svg [default: any]
    #[arg(
        long,
        env = "S3_UPLOAD_ALLOW_TYPE",
        value_name = "TYPE",
        value_delimiter = ',',
        help_heading = "Limits"
    )]
    pub allow_type: Option<Vec<TypeRule>>,
    /// Like --allow-type, with the largest size of a type: image/*=10MB,video/mp4=2GB,.pdf. The most specific rule that
    /// matches applies; --max-size limits all of them
    #[arg(
        long,
        env = "S3_UPLOAD_ALLOW",
        value_name = "TYPE[=SIZE]",
        value_delimiter = ',',
        help_heading = "Limits"
    )]
    pub allow: Option<Vec<AllowRule>>,
    /// The longest file name, in characters [default: 255]
    #[arg(
        long,
        env = "S3_UPLOAD_MAX_NAME",
        value_name = "CHARACTERS",
        help_heading = "Limits"
    )]
    pub max_name: Option<usize>,
    /// The lifetime of a presigned URL in seconds; a running transfer continues [default: 300]
    #[arg(
        long,
        env = "S3_UPLOAD_EXPIRES",
        value_name = "SECONDS",
        help_heading = "Limits"
    )]
    pub expires: Option<u64>,
    /// The time in seconds within which an upload can be continued and completed [default: 86400, a day]
    #[arg(
        long,
        env = "S3_UPLOAD_UPLOAD_EXPIRES",
        value_name = "SECONDS",
        help_heading = "Limits"
    )]
    pub upload_expires: Option<u64>,

    /// Start a store within this process; the default without --bucket on a loopback --host
    #[arg(
        long,
        env = "S3_UPLOAD_EMBEDDED",
        num_args = 0..=1,
        default_missing_value = "on",
        value_parser = BoolishValueParser::new(),
        hide_possible_values = true,
        value_name = "on|off",
        help_heading = "Embedded store, for development"
    )]
    pub embedded: Option<bool>,
    /// Its port; 0 for any free one [default: 9000]
    #[arg(
        long,
        env = "S3_UPLOAD_STORE_PORT",
        value_name = "PORT",
        help_heading = "Embedded store, for development"
    )]
    pub store_port: Option<u16>,
    /// Keep the files in this folder [default: a temporary one, removed at the end]
    #[arg(
        long,
        env = "S3_UPLOAD_DATA",
        value_name = "DIR",
        help_heading = "Embedded store, for development"
    )]
    pub data: Option<PathBuf>,
    /// The bucket's CORS rules: on is the rule that uploads need, off is none, and a JSON file has other rules, in the form
    /// of S3's console [default: on]
    #[arg(
        long,
        env = "S3_UPLOAD_STORE_CORS",
        value_name = "on|off|FILE",
        help_heading = "Embedded store, for development"
    )]
    pub store_cors: Option<StoreCors>,
    /// The access key id and the secret access key of the store, with a colon between them, for other programs that sign
    /// requests to it [default: random]
    #[arg(
        long,
        env = "S3_UPLOAD_STORE_CREDENTIALS",
        hide_env_values = true,
        value_name = "ID:SECRET",
        help_heading = "Embedded store, for development"
    )]
    pub store_credentials: Option<Secret>,
}

/// The options of a remote bucket.
const REMOTE: [&str; 5] = [
    "bucket",
    "region",
    "endpoint",
    "public-endpoint",
    "path-style",
];

/// The options of the embedded store.
const EMBEDDED: [&str; 6] = [
    "embedded",
    "store-port",
    "data",
    "store-cors",
    "store-credentials",
    "public-endpoint",
];

impl Options {
    /// Reads the flags and the environment. Ends the process on `--help` and on a wrong flag.
    pub fn from_command_line() -> Self {
        // The help explains the names of the variables once.
        let command = Self::command().mut_args(|arg| arg.hide_env(true));
        Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
    }

    /// Parses the text of a file. The error names the line and the key.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text
                .bytes()
                .take(start)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1;
            format!("line {line}: {}.", error.message().trim_end_matches('.'))
        })
    }

    /// Merges the options; those of `below` apply where these are absent. If these name a store, the options of `below`
    /// about the other kind of store are left out.
    pub fn over(self, below: Self) -> Result<Self, ConfigError> {
        let unreadable = |error: &dyn std::fmt::Display| {
            ConfigError(format!("The options cannot be merged: {error}."))
        };
        let left_out: &[&str] = match (self.embedded, &self.bucket) {
            (Some(true), _) if below.bucket.is_some() => &REMOTE,
            (None | Some(false), Some(_)) if below.bucket.is_none() => &EMBEDDED,
            _ => &[],
        };
        let mut merged = toml::Table::try_from(below).map_err(|error| unreadable(&error))?;
        merged.retain(|key, _| !left_out.contains(&key));
        merged.extend(toml::Table::try_from(self).map_err(|error| unreadable(&error))?);
        merged
            .try_into()
            .map_err(|error: toml::de::Error| unreadable(&error))
    }
}
