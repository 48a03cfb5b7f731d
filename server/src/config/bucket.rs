//! The choice of the store: any S3, or the embedded store.
//!
//! An option that belongs to the other store is an error.

use std::path::PathBuf;

use super::{error::ConfigError, options::Options, store_cors::StoreCors};
use crate::primitives::Secret;

/// The store and its bucket.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Bucket {
    /// Any S3.
    Remote {
        /// The bucket's name.
        bucket: String,
        /// The region; `None` to take it from the AWS environment, profile or instance.
        region: Option<String>,
        /// The S3 endpoint for the server's own calls; `None` for AWS.
        endpoint: Option<String>,
        /// The S3 endpoint as browsers reach it, if it is another one.
        public_endpoint: Option<String>,
        /// True if the bucket's name is in the path instead of the host.
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

impl Bucket {
    pub(super) fn check(options: &Options, embedded: bool) -> Result<Self, ConfigError> {
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
                Ok(Self::Remote {
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
            None => Ok(Self::Embedded {
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
