//! The checked options of authentication, limits and webhook.
//!
//! Files of keys are opened by the code that uses them.

use axum::http::Uri;

use super::{error::ConfigError, options::Options, secrets};
use crate::{
    access::{Proxies, QuotaLimits, TokenSettings},
    events::WebhookTarget,
};

/// The least length of a secret that signs tokens: as many bytes as the hash has (RFC 7518, section 3.2).
const TOKEN_SECRET: usize = 32;

/// The settings of authentication and limits.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AccessConfig {
    /// The tokens that are taken; `None` lets everybody call.
    pub tokens: Option<TokenSettings>,
    /// The limits of one client.
    pub quotas: QuotaLimits,
    /// The proxies that are trusted about a client's address.
    pub proxies: Proxies,
}

impl AccessConfig {
    pub(super) fn check(options: &Options) -> Result<Self, ConfigError> {
        Ok(Self {
            tokens: tokens(options)?,
            quotas: quotas(options)?,
            proxies: proxies(options)?,
        })
    }
}

fn proxies(options: &Options) -> Result<Proxies, ConfigError> {
    let written = options.trusted_proxy.as_deref().unwrap_or_default();
    let proxies = Proxies::new(written).map_err(|wrong| {
        ConfigError(format!(
            "--trusted-proxy should be an address or a network such as 10.0.0.0/8; it is \"{wrong}\"."
        ))
    })?;
    match proxies.too_wide() {
        Some(network) => Err(ConfigError(format!(
            "--trusted-proxy {network} lets half the world choose its address; name the proxy's own address or network, such as 10.0.0.0/8."
        ))),
        None => Ok(proxies),
    }
}

fn tokens(options: &Options) -> Result<Option<TokenSettings>, ConfigError> {
    let auth = secrets::read(
        "auth-secret",
        options.auth_secret.as_ref(),
        options.auth_secret_file.as_deref(),
        TOKEN_SECRET,
    )?;
    let jwt = secrets::read(
        "jwt-secret",
        options.jwt_secret.as_ref(),
        options.jwt_secret_file.as_deref(),
        TOKEN_SECRET,
    )?;
    let takes_jwt = jwt.current.is_some() || options.jwt_key.is_some() || options.jwks.is_some();
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
    if !takes_jwt && auth.current.is_none() {
        return Ok(None);
    }
    Ok(Some(TokenSettings {
        secret: auth.current,
        previous_secret: auth.previous,
        jwt_secret: jwt.current,
        previous_jwt_secret: jwt.previous,
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

fn quotas(options: &Options) -> Result<QuotaLimits, ConfigError> {
    let quotas = QuotaLimits {
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

pub(super) fn webhook(options: &Options) -> Result<Option<WebhookTarget>, ConfigError> {
    let wrong = |sentence: &str| Err(ConfigError(sentence.to_owned()));
    let pair = secrets::read(
        "webhook-secret",
        options.webhook_secret.as_ref(),
        options.webhook_secret_file.as_deref(),
        16,
    )?;
    if pair.previous.is_some() {
        return wrong(
            "--webhook-secret-file should have one line: the receiver is the one that accepts two secrets.",
        );
    }
    let Some(url) = &options.webhook else {
        return match pair.current {
            Some(_) => wrong("--webhook-secret needs --webhook: the URL to tell."),
            None => Ok(None),
        };
    };
    let Some(secret) = &pair.current else {
        return wrong(
            "--webhook needs --webhook-secret: it signs what is told, so that the receiver can believe it.",
        );
    };
    let read = url.parse::<Uri>().ok().filter(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            // A name and a password would not be sent.
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    });
    match read {
        Some(url) => Ok(Some(WebhookTarget {
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

    const LONG: &str = "a secret that only the tests know";

    fn checked(flags: &[&str]) -> Result<(AccessConfig, Option<WebhookTarget>), ConfigError> {
        let options = Options::try_parse_from([&["s3-upload-server"], flags].concat()).unwrap();
        Ok((AccessConfig::check(&options)?, webhook(&options)?))
    }

    #[test]
    fn nothing_is_asked_for_by_default() {
        let (access, webhook) = checked(&[]).unwrap();
        assert!(access.tokens.is_none() && webhook.is_none());
        assert_eq!(access.quotas, QuotaLimits::default());
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
            (&["--trusted-proxy", "0.0.0.0/0"], "0.0.0.0/0"),
            (&["--trusted-proxy", "::1,0.0.0.0/1"], "0.0.0.0/1"),
            (&["--trusted-proxy", "128.0.0.0/1"], "128.0.0.0/1"),
            (&["--trusted-proxy", "::/0"], "::/0"),
            (&["--trusted-proxy", "2000::/3"], "2000::/3"),
            (&["--trusted-proxy", "::ffff:0:0/96"], "::ffff:0.0.0.0/96"),
            (
                &["--auth-secret", "0123456789abcdef0123456789abcdef"],
                "--auth-secret is the sample",
            ),
            (
                &[
                    "--webhook",
                    "https://h",
                    "--webhook-secret",
                    "                ",
                ],
                "--webhook-secret is blank",
            ),
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
