//! `POST /uploads`: may this file be uploaded, and how.
//!
//! Refuses to store the request's `metadata`: what it means is known to the host alone, whose layer can read it.

use std::time::SystemTime;

use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{CreateAnswer, CreateRequest, Strategy};
use uuid::Uuid;

use super::{Json, json};
use crate::{
    App, Forms,
    auth::Caller,
    key_template::Parts,
    plan::{MAX_PUT, Plan},
    refusal::Refused,
    store::NewObject,
    ticket::Ticket,
};

pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateRequest>,
) -> Result<Response, Refused> {
    let taken = app
        .limits
        .check(&request.name, &request.media_type, request.size)?;
    let strategy = choose(&request.accepts, request.size, app.forms)?;
    // What a form may carry counts, not what was announced.
    let most = if strategy == Strategy::Post && app.forms == Forms::Limits {
        MAX_PUT.min(*taken.sizes.end())
    } else {
        request.size
    };
    let charge = app.quota.grant(&caller.holder, most)?;
    let now = SystemTime::now();
    let mut ticket = Ticket {
        key: app.keys.make(&Parts {
            now,
            uuid: Uuid::new_v4(),
            name: &request.name,
            tenant: caller
                .client
                .as_ref()
                .and_then(|client| client.tenant.as_deref()),
        })?,
        upload_id: None,
        name: request.name,
        size: request.size,
        media_type: taken.media_type,
        part_size: 0,
        sizes: None,
        expires: app.seal.expiry(now),
        owner: caller.client.map(|client| app.seal.owner(&client)),
    };
    let disposition = app.disposition.stored(&ticket.name, &ticket.media_type);
    let object = NewObject {
        key: &ticket.key,
        media_type: &ticket.media_type,
        disposition: disposition.as_deref(),
    };
    let answer = match strategy {
        Strategy::Multipart => {
            let plan = Plan::choose(ticket.size, request.part_size);
            ticket.upload_id = Some(app.store.create_multipart(&object).await?);
            ticket.part_size = plan.part_size();
            CreateAnswer {
                part_size: Some(plan.part_size()),
                ..CreateAnswer::default()
            }
        }
        Strategy::Post => {
            let sizes = match app.forms {
                Forms::Limits => *taken.sizes.start()..=MAX_PUT.min(*taken.sizes.end()),
                Forms::Exact | Forms::Off => ticket.size..=ticket.size,
            };
            let form = app.store.presign_post(&object, sizes.clone(), now).await?;
            ticket.sizes = (app.forms == Forms::Limits).then(|| sizes.into_inner());
            CreateAnswer {
                url: Some(form.url),
                method: Some("POST".to_owned()),
                fields: Some(form.fields),
                expires_in: Some(form.expires.as_secs()),
                ..CreateAnswer::default()
            }
        }
        Strategy::Put | Strategy::Unknown => {
            let signed = app.store.presign_put(&object, ticket.size, now).await?;
            CreateAnswer {
                url: Some(signed.url),
                method: Some("PUT".to_owned()),
                headers: signed.headers,
                expires_in: Some(app.store.expires().as_secs()),
                ..CreateAnswer::default()
            }
        }
    };
    let id = Some(app.seal.seal(&ticket));
    charge.keep();
    app.metrics.granted(strategy_name(strategy), ticket.size);
    Ok(json(
        StatusCode::OK,
        &CreateAnswer {
            id,
            key: Some(ticket.key),
            ..answer
        },
    ))
}

fn strategy_name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Put => "put",
        Strategy::Post => "post",
        Strategy::Multipart => "multipart",
        Strategy::Unknown => "unknown",
    }
}

/// The first strategy of the client's that can carry the file.
fn choose(accepts: &[Strategy], size: u64, forms: Forms) -> Result<Strategy, Refused> {
    let knows = |strategy: &Strategy| match strategy {
        Strategy::Put | Strategy::Multipart => true,
        Strategy::Post => forms != Forms::Off,
        Strategy::Unknown => false,
    };
    // Both kinds of single requests end at the same size.
    let can = |strategy: &Strategy| *strategy == Strategy::Multipart || size <= MAX_PUT;
    let mut usable = accepts.iter().copied().filter(knows).peekable();
    if usable.peek().is_none() {
        return Err(Refused::unsupported_strategy());
    }
    usable.find(can).ok_or_else(|| {
        Refused::too_large("This file is too large for one request: S3 takes at most 5 GiB, more only as multipart.")
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn the_first_possible_strategy_is_chosen() {
        use Strategy::{Multipart, Post, Put, Unknown};
        let chosen = |accepts: &[Strategy], size| choose(accepts, size, Forms::Exact).unwrap();
        assert_eq!(chosen(&[Post, Put, Multipart], 1), Post);
        assert_eq!(chosen(&[Put, Post, Multipart], 1), Put);
        assert_eq!(chosen(&[Multipart, Put], 1), Multipart);
        assert_eq!(chosen(&[Put, Multipart], MAX_PUT), Put);
        assert_eq!(chosen(&[Post, Put, Multipart], MAX_PUT + 1), Multipart);
        assert_eq!(chosen(&[Unknown, Put], 1), Put);
        let refused =
            |accepts: &[Strategy], size| choose(accepts, size, Forms::Off).unwrap_err().code;
        assert_eq!(choose(&[Post, Put], 1, Forms::Off).unwrap(), Put);
        assert_eq!(refused(&[Put], MAX_PUT + 1), "too_large");
        assert_eq!(refused(&[Post], 1), "unsupported_strategy");
        assert_eq!(refused(&[Unknown], 1), "unsupported_strategy");
        assert_eq!(refused(&[], 1), "unsupported_strategy");
    }
}
