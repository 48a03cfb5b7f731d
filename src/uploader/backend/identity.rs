//! Who is asking: the headers by which a backend knows the person, and the token against forged requests.
//!
//! Refuses to give any of them to another host than the backend's.

use crate::browser::http::Credentials;
use crate::browser::page;
use crate::uploader::settings::{Csrf, HeaderList, Headers, Settings};

/// The headers for a request to `url`; `refused`: the backend has just refused those that were given after so many renewals.
/// The error is a sentence.
pub async fn headers(
    settings: &Settings,
    url: &str,
    refused: Option<u64>,
) -> Result<HeaderList, String> {
    let mut headers = match &settings.headers {
        Headers::None => Vec::new(),
        Headers::Fixed(headers) => headers.clone(),
        Headers::Fresh(fresh) => match refused {
            None => fresh.give().await?,
            Some(seen) => fresh.renew(seen).await?,
        },
    };
    if may_know_token(settings.credentials, url)
        && let Some((name, token)) = csrf_token(settings)
        && !headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(&name))
    {
        headers.push((name, token));
    }
    Ok(headers)
}

fn may_know_token(credentials: Credentials, url: &str) -> bool {
    credentials == Credentials::Include
        || page::resolve(url).is_some_and(|url| url.origin() == page::origin())
}

fn csrf_token(settings: &Settings) -> Option<(String, String)> {
    let Csrf {
        meta,
        cookie,
        header,
    } = &settings.csrf;
    let named = |usual: &str| header.clone().unwrap_or_else(|| usual.to_owned());
    let from_meta = meta
        .as_deref()
        .and_then(page::meta)
        .map(|token| (named("X-CSRF-Token"), token));
    from_meta.or_else(|| {
        let name = cookie.as_deref()?;
        // The frameworks' own words: Django's, then that of Laravel, Angular and Axios.
        let usual = if name.eq_ignore_ascii_case("csrftoken") {
            "X-CSRFToken"
        } else {
            "X-XSRF-TOKEN"
        };
        Some((named(usual), page::cookie(name)?))
    })
}
