//! `GET /uploads/{id}/url`: a new presigned URL to read the object or, if that is enabled, to delete it.

use std::time::SystemTime;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use s3_upload_protocol::native::UrlResponse;

use super::{stored_check, verified_upload::VerifiedUpload};
use crate::{
    api::{ApiError, json},
    app::App,
    grants::content_disposition,
    store::Confirmation,
};

pub(super) async fn url(
    State(app): State<App>,
    VerifiedUpload(token): VerifiedUpload,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let deletes = match query.as_deref() {
        None | Some("" | "method=GET") => false,
        Some("method=DELETE") => true,
        Some(_) => {
            return Err(ApiError::invalid(
                "The query should be `method=GET`, `method=DELETE` or nothing.",
            ));
        }
    };
    if deletes && !app.presigned_delete {
        return Err(ApiError::no_presigned_delete());
    }
    if !deletes && !app.downloads {
        return Err(ApiError::no_downloads());
    }
    let stored = app.store.head(&token.key).await?;
    stored_check::check(&token, &stored)?;
    let confirmation = app.confirmed.state_of(&token.key, &stored);
    if app.keep_stored && matches!(confirmation, Confirmation::Other { .. }) {
        return Err(ApiError::replaced());
    }
    let now = SystemTime::now();
    let url = if deletes {
        app.store.presign_delete(&token.key, now).await?
    } else {
        let disposition = content_disposition(&token.name);
        app.store
            .presign_get(&token.key, &disposition, &token.media_type, now)
            .await?
    };
    let answer = UrlResponse {
        url,
        expires_in: Some(app.store.expires().as_secs()),
    };
    Ok(json(StatusCode::OK, &answer))
}
