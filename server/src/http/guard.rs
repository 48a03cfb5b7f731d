//! The checks of every request to the API, in this order: the page's origin, the token, the rate.
//!
//! A page of another site is refused before its token is checked. A token is checked before the request is counted, so
//! that no client uses up the limit of another. A request without a valid token counts for its address, so that tokens
//! cannot be guessed without limit.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::origin;
use crate::{
    access::{AuthError, Client, QuotaKey},
    api::ApiError,
    app::App,
};

/// Passes a request on, or answers it with an error.
pub async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let address = || QuotaKey::at(app.proxies.of(&parts));
    if let Err(refused) = origin::check(&app.origins, &parts.method, &parts.headers) {
        let refused = app.quota.count_request(&address()).err().unwrap_or(refused);
        return refused.into_response();
    }
    let (client, quota_key) = match &app.auth {
        Some(hook) => match hook.authenticate(&parts).await {
            Ok(client) => (Some(client.clone()), QuotaKey::Client(client)),
            Err(denied) => return auth_failure(&app, &address(), denied).into_response(),
        },
        // A layer of the host may have identified the client.
        None => match parts.extensions.get::<Client>() {
            Some(client) => (None, QuotaKey::Client(client.clone())),
            None => (None, address()),
        },
    };
    if let Err(refused) = app.quota.count_request(&quota_key) {
        return refused.into_response();
    }
    parts.extensions.insert(quota_key);
    if let Some(client) = client {
        parts.extensions.insert(client);
    }
    next.run(Request::from_parts(parts, body)).await
}

fn auth_failure(app: &App, address: &QuotaKey, denied: AuthError) -> ApiError {
    if let AuthError::Invalid(reason) = denied {
        tracing::info!(reason, "a token was refused");
    }
    match app.quota.count_request(address) {
        Ok(()) => denied.into(),
        Err(refused) => refused,
    }
}
