//! `POST /uploads/{id}/complete`: confirms that the whole file is stored.
//!
//! A client may repeat the request after a lost answer: a stored, whole object is a success. It may be another object
//! by then: a form can be sent again, and a deleted object can be sent again, until their signatures expire. The `ETag`
//! in the answer and in the webhook identifies the object.

use std::time::SystemTime;

use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{CompleteRequest, CompleteResponse, SentPart};

use super::{stored_check, verified_upload::VerifiedUpload};
use crate::{
    access::{Caller, Client},
    api::{ApiError, Json, json},
    app::App,
    events::UploadedObject,
    grants::{UploadToken, content_disposition},
    store::{Confirmation, StoreError, StoredObject},
};

/// The most that is read of a completion, which may name 10,000 parts.
const COMPLETE_BODY: usize = 2 * 1024 * 1024;

pub(super) async fn complete(
    State(app): State<App>,
    caller: Caller,
    VerifiedUpload(token): VerifiedUpload,
    Json(request): Json<CompleteRequest, COMPLETE_BODY>,
) -> Result<Response, ApiError> {
    if let Some(upload_id) = &token.upload_id {
        complete_multipart(&app, &token, upload_id, request.parts).await?;
    }
    let stored = match app.store.head(&token.key).await {
        // The parts are gone, and there is no object: aborted or cleaned up.
        Err(StoreError::NoSuchObject) if token.upload_id.is_some() => {
            return Err(ApiError::no_such_upload());
        }
        stored => stored?,
    };
    stored_check::check(&token, &stored)?;
    match app.confirmed.state_of(&token.key, &stored) {
        Confirmation::Other { .. } if app.keep_stored => return Err(ApiError::replaced()),
        // The first version was counted when it was granted.
        Confirmation::Other { is_version: true } => {
            app.quota.reserve(&caller.quota_key, stored.size)?.commit();
        }
        Confirmation::New | Confirmation::Same | Confirmation::Other { is_version: false } => {}
    }
    app.confirmed.confirm(&token.key, &stored);
    let download_url = if app.downloads {
        let disposition = content_disposition(&token.name);
        let (key, media_type) = (&token.key, &token.media_type);
        let link = app
            .store
            .presign_get(key, &disposition, media_type, SystemTime::now());
        Some(link.await?)
    } else {
        None
    };
    if let Some(webhook) = &app.webhook {
        webhook.completed(uploaded_object(&app, &token, &stored, caller.client));
    }
    let answer = CompleteResponse {
        key: token.key.clone(),
        size: stored.size,
        media_type: stored.media_type().to_owned(),
        etag: stored.etag,
        location: None,
        download_url,
    };
    Ok(json(StatusCode::OK, &answer))
}

/// The object of an event.
pub(super) fn uploaded_object(
    app: &App,
    token: &UploadToken,
    stored: &StoredObject,
    client: Option<Client>,
) -> UploadedObject {
    UploadedObject {
        bucket: app.store.bucket().to_owned(),
        key: token.key.clone(),
        size: stored.size,
        media_type: stored.media_type().to_owned(),
        etag: stored.etag.clone(),
        version_id: stored.version_id.clone(),
        modified: stored.modified,
        headers: stored.headers.clone(),
        name: token.name.clone(),
        client,
    }
}

/// Completes a multipart upload. A missing upload is no error here: it may be complete already.
async fn complete_multipart(
    app: &App,
    token: &UploadToken,
    upload_id: &str,
    parts: Option<Vec<SentPart>>,
) -> Result<(), ApiError> {
    let parts = match parts {
        Some(parts) => named(token, parts)?,
        None => match app.store.list_parts(&token.key, upload_id).await {
            Err(StoreError::NoSuchUpload) => return Ok(()),
            listed => {
                let listed = listed?;
                let plan = token.plan().ok_or_else(ApiError::not_multipart)?;
                let whole = plan.is_whole(listed.iter().map(|part| part.number))
                    && listed
                        .iter()
                        .all(|part| plan.size_of(part.number) == Some(part.size));
                if !whole {
                    return Err(incomplete_parts(listed.len(), plan.count()));
                }
                listed
                    .into_iter()
                    .map(|part| SentPart {
                        number: part.number,
                        etag: part.etag,
                    })
                    .collect()
            }
        },
    };
    match app
        .store
        .complete_multipart(&token.key, upload_id, parts)
        .await
    {
        Ok(()) | Err(StoreError::NoSuchUpload) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The parts that the client names, ascending and all of them. Their sizes were bound when they were signed.
fn named(token: &UploadToken, mut parts: Vec<SentPart>) -> Result<Vec<SentPart>, ApiError> {
    parts.sort_by_key(|part| part.number);
    for part in &mut parts {
        part.etag = entity_tag(&part.etag).ok_or_else(|| {
            let number = part.number;
            ApiError::invalid(format!("`etag` of part {number} is no ETag."))
        })?;
    }
    let plan = token.plan().ok_or_else(ApiError::not_multipart)?;
    if !plan.is_whole(parts.iter().map(|part| part.number)) {
        return Err(incomplete_parts(parts.len(), plan.count()));
    }
    Ok(parts)
}

/// An `ETag` as S3 writes it. Proxies that compress make it a weak one, and some clients leave out the quotes.
fn entity_tag(text: &str) -> Option<String> {
    /// Far longer than any store's.
    const LONGEST: usize = 128;
    let text = text.trim();
    let text = text.strip_prefix("W/").unwrap_or(text);
    let tag = match text.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"')?,
        None => text,
    };
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"+/=_.:-".contains(&b);
    let is_tag = (1..=LONGEST).contains(&tag.len()) && tag.bytes().all(is_plain);
    is_tag.then(|| format!("\"{tag}\""))
}

fn incomplete_parts(found: usize, expected: u16) -> ApiError {
    ApiError::incomplete(format!(
        "The file is incomplete: {found} of {expected} parts are stored. Send the missing parts, each once."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_etag_is_read_as_proxies_and_clients_write_it() {
        for text in ["\"a-1\"", "a-1", "W/\"a-1\"", " \"a-1\" "] {
            assert_eq!(entity_tag(text).as_deref(), Some("\"a-1\""), "{text}");
        }
        let long = "x".repeat(129);
        for text in [
            "", "\"\"", "\"", "\"a", "a\"", "a b", "<a>", "a\0", "é", "W/", &long,
        ] {
            assert_eq!(entity_tag(text), None, "{text}");
        }
    }
}
