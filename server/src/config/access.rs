//! The options about who may call, how much, and who is told: checked.
//!
//! Owns the sentences about what is wrong with them. Refuses to open the files of keys: that is done where they are used.

use std::path::PathBuf;

use axum::http::Uri;

use super::{ConfigError, Options, Secret};
use crate::{address::Proxies, quota::Quotas, webhook};

/// The least length of a secret that signs tokens: as many bytes as the hash has (RFC 7518, section 3.2).
const TOKEN_SECRET: usize = 32;

/// Who may call the API, and how much.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The tokens that are taken; `None` lets everybody call.
    pub tokens: Option<Tokens>,
    /// What one client may ask for.
    pub quotas: Quotas,
    /// The proxies that are believed about a client's address.
    pub proxies: Proxies,
}

/// The tokens that are taken. At least one of the secrets and files is given.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// Signs the tokens of a site's backend.
    pub secret: Option<Secret>,
    /// Signs JSON web tokens by HS256.
    pub jwt_secret: Option<Secret>,
    /// A public key, PEM.
    pub jwt_key: Option<PathBuf>,
    /// Public keys, a JWKS.
    pub jwks: Option<PathBuf>,
    /// The audiences of which a JSON web token names one; empty if it names none.
    pub audiences: Vec<String>,
    /// The issuers of which one made a JSON web token; empty for any.
    pub issuers: Vec<String>,
    /// The claim that names the tenant.
    pub tenant_claim: String,
}

impl Access {
    pub(super) fn check(options: &Options) -> Result<Self, ConfigError> {
        Ok(Self {
            tokens: tokens(options)?,
            quotas: quotas(options)?,
            proxies: Proxies::new(options.trusted_proxy.as_deref().unwrap_or_default()).map_err(
                |wrong| {
                    ConfigError(format!(
                        "--trusted-proxy should be an address or a network such as 10.0.0.0/8; it is \"{wrong}\"."
                    ))
                },
            )?,
        })
    }
}

fn tokens(options: &Options) -> Result<Option<Tokens>, ConfigError> {
    for (flag, secret) in [
        ("auth-secret", &options.auth_secret),
        ("jwt-secret", &options.jwt_secret),
    ] {
        if secret
            .as_ref()
            .is_some_and(|secret| secret.expose().len() < TOKEN_SECRET)
        {
            return Err(ConfigError(format!(
                "--{flag} is too short; it should have at least {TOKEN_SECRET} characters."
            )));
        }
    }
    let takes_jwt =
        options.jwt_secret.is_some() || options.jwt_key.is_some() || options.jwks.is_some();
    let only_jwt = [
        ("jwt-audience", options.jwt_audience.is_some()),
        ("jwt-issuer", options.jwt_issuer.is_some()),
        ("jwt-tenant", options.jwt_tenant.is_some()),
    ];
    if let Some((flag, _)) = only_jwt.into_iter().find(|(_, given)| *given)
        && !takes_jwt
    {
        return Err(ConfigError(format!(
            "--{flag} needs a key of the tokens: --jwt-secret, --jwt-key or --jwks."
        )));
    }
    if !takes_jwt && options.auth_secret.is_none() {
        return Ok(None);
    }
    Ok(Some(Tokens {
        secret: options.auth_secret.clone(),
        jwt_secret: options.jwt_secret.clone(),
        jwt_key: options.jwt_key.clone(),
        jwks: options.jwks.clone(),
        audiences: options.jwt_audience.clone().unwrap_or_default(),
        issuers: options.jwt_issuer.clone().unwrap_or_default(),
        tenant_claim: options
            .jwt_tenant
            .clone()
            .unwrap_or_else(|| "tenant".to_owned()),
    }))
}

fn quotas(options: &Options) -> Result<Quotas, ConfigError> {
    let quotas = Quotas {
        requests_per_minute: options.rate_limit,
        bytes_per_hour: options.bytes_per_hour.map(|size| size.0),
        bytes_per_day: options.bytes_per_day.map(|size| size.0),
    };
    for (flag, limit) in [
        ("rate-limit", quotas.requests_per_minute),
        ("bytes-per-hour", quotas.bytes_per_hour),
        ("bytes-per-day", quotas.bytes_per_day),
    ] {
        if limit == Some(0) {
            return Err(ConfigError(format!(
                "--{flag} is 0, so that nobody could upload; leave it out for no limit."
            )));
        }
    }
    if let (Some(hour), Some(day)) = (quotas.bytes_per_hour, quotas.bytes_per_day)
        && hour > day
    {
        return Err(ConfigError(
            "--bytes-per-hour is greater than --bytes-per-day, so that it would limit nothing."
                .to_owned(),
        ));
    }
    Ok(quotas)
}

pub(super) fn webhook(options: &Options) -> Result<Option<webhook::Target>, ConfigError> {
    let wrong = |sentence: &str| Err(ConfigError(sentence.to_owned()));
    let Some(url) = &options.webhook else {
        return match options.webhook_secret {
            Some(_) => wrong("--webhook-secret needs --webhook: the URL to tell."),
            None => Ok(None),
        };
    };
    let Some(secret) = &options.webhook_secret else {
        return wrong(
            "--webhook needs --webhook-secret: it signs what is told, so that the receiver can believe it.",
        );
    };
    if secret.expose().len() < 16 {
        return wrong("--webhook-secret is too short; it should have at least 16 characters.");
    }
    let read = url.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            // A name and a password would not be sent.
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    });
    match read {
        Some(url) => Ok(Some(webhook::Target {
            url,
            secret: secret.clone(),
        })),
        // The URL itself may hold a token, so that it is not repeated.
        None => wrong(
            "--webhook should be a URL such as https://example.com/hooks/uploads, without a name and password.",
        ),
    }
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

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    fn checked(flags: &[&str]) -> Result<(Access, Option<webhook::Target>), ConfigError> {
        let options = Options::try_parse_from([&["s3-upload-server"], flags].concat()).unwrap();
        Ok((Access::check(&options)?, webhook(&options)?))
    }

    #[test]
    fn nothing_is_asked_for_by_default() {
        let (access, webhook) = checked(&[]).unwrap();
        assert!(access.tokens.is_none() && webhook.is_none());
        assert_eq!(access.quotas, Quotas::default());
    }

    #[test]
    fn all_of_it_is_read() {
        let (access, webhook) = checked(&[
            "--auth-secret",
            LONG,
            "--jwks",
            "keys.json",
            "--jwt-audience",
            "a,b",
            "--rate-limit",
            "60",
            "--bytes-per-hour",
            "2GB",
            "--trusted-proxy",
            "10.0.0.0/8,::1",
            "--webhook",
            "https://example.com/hook?k=1",
            "--webhook-secret",
            LONG,
        ])
        .unwrap();
        let tokens = access.tokens.unwrap();
        assert_eq!(tokens.audiences, ["a", "b"]);
        assert_eq!(tokens.tenant_claim, "tenant");
        assert_eq!(access.quotas.bytes_per_hour, Some(2_000_000_000));
        assert_eq!(webhook.unwrap().url.path(), "/hook");
    }

    #[test]
    fn each_mistake_is_one_sentence_that_names_its_flag() {
        for (flags, word) in [
            (&["--auth-secret", "short"][..], "--auth-secret"),
            (&["--jwt-secret", "short"], "--jwt-secret"),
            (&["--jwt-audience", "a"], "--jwt-audience"),
            (
                &["--auth-secret", LONG, "--jwt-issuer", "a"],
                "--jwt-issuer",
            ),
            (&["--rate-limit", "0"], "--rate-limit"),
            (
                &["--bytes-per-hour", "2GB", "--bytes-per-day", "1GB"],
                "--bytes-per-day",
            ),
            (&["--trusted-proxy", "10.0.0.0/33"], "10.0.0.0/33"),
            (&["--webhook-secret", LONG], "--webhook:"),
            (&["--webhook", "https://h"], "--webhook-secret"),
            (
                &["--webhook", "ftp://h", "--webhook-secret", LONG],
                "--webhook",
            ),
            (
                &["--webhook", "https://u:p@h", "--webhook-secret", LONG],
                "--webhook",
            ),
        ] {
            let Err(ConfigError(sentence)) = checked(flags) else {
                panic!("{flags:?} was taken")
            };
            assert!(
                sentence.contains(word) && sentence.ends_with('.') && !sentence.contains("u:p"),
                "{sentence}"
            );
        }
    }
}
