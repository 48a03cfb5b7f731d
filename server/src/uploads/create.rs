//! `POST /uploads`: checks a file, and signs the requests that upload it.
//!
//! The request's `metadata` is not stored: its meaning is known to the host alone, whose layer can read it.

use std::time::SystemTime;

use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{CreateRequest, CreateResponse, Strategy};
use s3_upload_types::{PartPlan, limits::MAX_SINGLE_SIZE};
use uuid::Uuid;

use crate::{
    access::Caller,
    api::{ApiError, Json, json},
    app::App,
    grants::{KeyValues, UploadToken},
    store::{Forms, NewObject},
};

pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateRequest>,
) -> Result<Response, ApiError> {
    let accepted = app
        .limits
        .check(&request.name, &request.media_type, request.size)?;
    let strategy = choose(&request.accepts, request.size, app.forms)?;
    // A form may carry more than the announced size, so that its limit is reserved.
    let most = if strategy == Strategy::Post && app.forms == Forms::Limits {
        MAX_SINGLE_SIZE.min(*accepted.sizes.end())
    } else {
        request.size
    };
    let reservation = app.quota.reserve(&caller.quota_key, most)?;
    let now = SystemTime::now();
    let mut token = UploadToken {
        key: app.keys.make(&KeyValues {
            now,
            uuid: Uuid::new_v4(),
            name: &request.name,
            media_type: &accepted.media_type,
            tenant: caller
                .client
                .as_ref()
                .and_then(|client| client.tenant.as_deref()),
        })?,
        upload_id: None,
        name: request.name,
        size: request.size,
        media_type: accepted.media_type,
        part_size: 0,
        sizes: None,
        disposition: app.disposition,
        expires: app.token_signer.expiry(now),
        owner: caller.client.map(|client| app.token_signer.owner(&client)),
    };
    let disposition = app.disposition.stored(&token.name, &token.media_type);
    let object = NewObject {
        key: &token.key,
        media_type: &token.media_type,
        disposition: disposition.as_deref(),
    };
    let answer = match strategy {
        Strategy::Multipart => {
            let plan = PartPlan::choose(token.size, request.part_size).ok_or_else(|| {
                ApiError::too_large("This file is larger than the largest object of S3, 50 TB.")
            })?;
            token.upload_id = Some(app.store.create_multipart(&object).await?);
            token.part_size = plan.part_size();
            CreateResponse {
                part_size: Some(plan.part_size()),
                ..CreateResponse::default()
            }
        }
        Strategy::Post => {
            let sizes = match app.forms {
                Forms::Limits => {
                    *accepted.sizes.start()..=MAX_SINGLE_SIZE.min(*accepted.sizes.end())
                }
                Forms::Exact | Forms::Off => token.size..=token.size,
            };
            let form = app.store.presign_post(&object, sizes.clone(), now).await?;
            token.sizes = (app.forms == Forms::Limits).then(|| sizes.into_inner());
            CreateResponse {
                url: Some(form.url),
                method: Some("POST".to_owned()),
                fields: Some(form.fields),
                expires_in: Some(form.expires.as_secs()),
                ..CreateResponse::default()
            }
        }
        Strategy::Put | Strategy::Unknown => {
            let signed = app.store.presign_put(&object, token.size, now).await?;
            CreateResponse {
                url: Some(signed.url),
                method: Some("PUT".to_owned()),
                headers: signed.headers,
                expires_in: Some(app.store.expires().as_secs()),
                ..CreateResponse::default()
            }
        }
    };
    let id = Some(app.token_signer.sign(&token));
    reservation.commit();
    app.metrics.granted(strategy_name(strategy), token.size);
    Ok(json(
        StatusCode::OK,
        &CreateResponse {
            id,
            key: Some(token.key),
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
fn choose(accepts: &[Strategy], size: u64, forms: Forms) -> Result<Strategy, ApiError> {
    let knows = |strategy: &Strategy| match strategy {
        Strategy::Put | Strategy::Multipart => true,
        Strategy::Post => forms != Forms::Off,
        Strategy::Unknown => false,
    };
    // Both kinds of single requests end at the same size.
    let can = |strategy: &Strategy| *strategy == Strategy::Multipart || size <= MAX_SINGLE_SIZE;
    let mut usable = accepts.iter().copied().filter(knows).peekable();
    if usable.peek().is_none() {
        return Err(ApiError::unsupported_strategy());
    }
    usable.find(can).ok_or_else(|| {
        ApiError::too_large("This file is too large for one request: S3 takes at most 5 GiB, more only as multipart.")
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
        assert_eq!(chosen(&[Put, Multipart], MAX_SINGLE_SIZE), Put);
        assert_eq!(
            chosen(&[Post, Put, Multipart], MAX_SINGLE_SIZE + 1),
            Multipart
        );
        assert_eq!(chosen(&[Unknown, Put], 1), Put);
        let refused =
            |accepts: &[Strategy], size| choose(accepts, size, Forms::Off).unwrap_err().code;
        assert_eq!(choose(&[Post, Put], 1, Forms::Off).unwrap(), Put);
        assert_eq!(refused(&[Put], MAX_SINGLE_SIZE + 1), "too_large");
        assert_eq!(refused(&[Post], 1), "unsupported_strategy");
        assert_eq!(refused(&[Unknown], 1), "unsupported_strategy");
        assert_eq!(refused(&[], 1), "unsupported_strategy");
    }
}
