//! What every request to the API passes, in this order: the page's origin, who calls, how often.
//!
//! Owns the order. A page of another site is refused before anybody is asked who they are; a token is checked before it is
//! counted, so that no one uses up what is another's; and a request without a good token counts against its address, so
//! that tokens cannot be tried without end.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    App,
    auth::{Client, Denied},
    origin,
    quota::Holder,
    refusal::Refused,
};

/// Lets a request pass, or answers it.
pub async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    if let Err(refused) = origin::check(&app.origins, request.method(), request.headers()) {
        return refused.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let address = || Holder::at(app.proxies.of(&parts));
    let (client, holder) = match &app.auth {
        Some(hook) => match hook.authenticate(&parts).await {
            Ok(client) => (Some(client.clone()), Holder::Client(client)),
            Err(denied) => return denied_at(&app, &address(), denied).into_response(),
        },
        // A layer of the host's may have found out.
        None => match parts.extensions.get::<Client>() {
            Some(client) => (None, Holder::Client(client.clone())),
            None => (None, address()),
        },
    };
    if let Err(refused) = app.quota.request(&holder) {
        return refused.into_response();
    }
    parts.extensions.insert(holder);
    if let Some(client) = client {
        parts.extensions.insert(client);
    }
    next.run(Request::from_parts(parts, body)).await
}

fn denied_at(app: &App, address: &Holder, denied: Denied) -> Refused {
    if let Denied::Invalid(reason) = denied {
        tracing::info!(reason, "a token was refused");
    }
    match app.quota.request(address) {
        Ok(()) => denied.into(),
        Err(refused) => refused,
    }
}
