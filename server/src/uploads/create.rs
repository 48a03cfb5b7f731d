//! `POST /uploads`: may this file be uploaded, and how.
//!
//! Refuses to store the request's `metadata`: what it means is known to the host alone, whose layer can read it.

use std::time::SystemTime;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{CreateAnswer, CreateRequest, Strategy};
use uuid::Uuid;

use super::{Json, json};
use crate::{
    App,
    auth::Caller,
    plan::{MAX_PUT, Plan},
    refusal::Refused,
    ticket::Ticket,
};

pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateRequest>,
) -> Result<Response, Refused> {
    let media_type = app
        .limits
        .check(&request.name, &request.media_type, request.size)?;
    let strategy = choose(&request.accepts, request.size)?;
    let charge = app.quota.grant(&caller.holder, request.size)?;
    let now = SystemTime::now();
    let mut ticket = Ticket {
        key: new_key(now),
        upload_id: None,
        name: request.name,
        size: request.size,
        media_type,
        part_size: 0,
        expires: app.seal.expiry(now),
        owner: caller.client.map(|client| app.seal.owner(&client)),
    };
    let answer = if strategy == Strategy::Multipart {
        let plan = Plan::choose(ticket.size, request.part_size);
        ticket.part_size = plan.part_size();
        ticket.upload_id = Some(
            app.store
                .create_multipart(&ticket.key, &ticket.media_type)
                .await?,
        );
        CreateAnswer {
            part_size: Some(plan.part_size()),
            ..CreateAnswer::default()
        }
    } else {
        let signed = app
            .store
            .presign_put(&ticket.key, &ticket.media_type, ticket.size, now)
            .await?;
        CreateAnswer {
            url: Some(signed.url),
            method: Some("PUT".to_owned()),
            headers: signed.headers,
            expires_in: Some(app.store.expires().as_secs()),
            ..CreateAnswer::default()
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
fn choose(accepts: &[Strategy], size: u64) -> Result<Strategy, Refused> {
    let can = |strategy: &Strategy| match strategy {
        Strategy::Put => size <= MAX_PUT,
        Strategy::Multipart => true,
        Strategy::Post | Strategy::Unknown => false,
    };
    accepts.iter().copied().find(can).ok_or_else(|| {
        if accepts.contains(&Strategy::Put) {
            Refused::too_large("This file is too large for one request: S3 takes at most 5 GiB, more only as multipart.")
        } else {
            Refused::unsupported_strategy()
        }
    })
}

/// A key that nobody can guess, with nothing of the client's in it. Short, for stores that turn keys into file names.
fn new_key(now: SystemTime) -> String {
    let now = DateTime::from(now)
        .fmt(DateTimeFormat::DateTime)
        .unwrap_or_default();
    let day = now.get(..10).unwrap_or("undated");
    format!("uploads/{day}/{}", Uuid::new_v4())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn the_first_possible_strategy_is_chosen() {
        use Strategy::{Multipart, Post, Put, Unknown};
        assert_eq!(choose(&[Post, Put, Multipart], 1).unwrap(), Put);
        assert_eq!(choose(&[Multipart, Put], 1).unwrap(), Multipart);
        assert_eq!(choose(&[Put, Multipart], MAX_PUT).unwrap(), Put);
        assert_eq!(choose(&[Put, Multipart], MAX_PUT + 1).unwrap(), Multipart);
        assert_eq!(choose(&[Put], MAX_PUT + 1).unwrap_err().code, "too_large");
        assert_eq!(choose(&[Post], 1).unwrap_err().code, "unsupported_strategy");
        assert_eq!(choose(&[Unknown, Put], 1).unwrap(), Put);
        assert_eq!(choose(&[], 1).unwrap_err().code, "unsupported_strategy");
    }

    #[test]
    fn keys_are_short_dated_and_new() {
        let key = new_key(SystemTime::UNIX_EPOCH);
        assert!(
            key.starts_with("uploads/1970-01-01/") && key.len() == 55,
            "{key}"
        );
        assert_ne!(key, new_key(SystemTime::UNIX_EPOCH));
    }
}
