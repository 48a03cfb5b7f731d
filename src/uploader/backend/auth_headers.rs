//! The headers that authenticate the person to the backend, and the token against cross-site request forgery.
//!
//! They are added to requests to the backend only.

use crate::browser::http::Credentials;
use crate::uploader::platform::Platform;
use crate::uploader::settings::{Csrf, HeaderList, Headers, NoHeaders, Settings};

/// The headers for a request to `url`. `refused` is `Some` if the backend has just refused headers that were given
/// after this number of renewals.
pub async fn headers(
    platform: &impl Platform,
    settings: &Settings,
    url: &str,
    refused: Option<u64>,
) -> Result<HeaderList, NoHeaders> {
    let mut headers = match &settings.headers {
        Headers::None => Vec::new(),
        Headers::Fixed(headers) => headers.clone(),
        Headers::Refreshable(fresh) => match refused {
            None => fresh.get().await?,
            Some(seen) => fresh.refresh(seen).await?,
        },
    };
    if may_know_token(platform, settings.credentials, url)
        && let Some((name, token)) = csrf_token(platform, settings)
        && !headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(&name))
    {
        headers.push((name, token));
    }
    Ok(headers)
}

fn may_know_token(platform: &impl Platform, credentials: Credentials, url: &str) -> bool {
    credentials == Credentials::Include
        || platform
            .resolve(url)
            .is_some_and(|url| url.origin == platform.origin())
}

fn csrf_token(platform: &impl Platform, settings: &Settings) -> Option<(String, String)> {
    let Csrf {
        meta,
        cookie,
        header,
    } = &settings.csrf;
    let named = |usual: &str| header.clone().unwrap_or_else(|| usual.to_owned());
    let from_meta = meta
        .as_deref()
        .and_then(|name| platform.meta(name))
        .map(|token| (named("X-CSRF-Token"), token));
    from_meta.or_else(|| {
        let name = cookie.as_deref()?;
        // The usual names of the frameworks: that of Django, then that of Laravel, Angular and Axios.
        let usual = if name.eq_ignore_ascii_case("csrftoken") {
            "X-CSRFToken"
        } else {
            "X-XSRF-TOKEN"
        };
        Some((named(usual), platform.cookie(name)?))
    })
}
