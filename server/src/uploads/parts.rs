//! `/uploads/{id}/parts`: presigned URLs for parts, and the list of stored parts.

use std::time::SystemTime;

use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{ListPartsResponse, PartUrl, SignPartsRequest, SignPartsResponse};

use super::verified_upload::VerifiedUpload;
use crate::{
    api::{ApiError, Json, json},
    app::App,
};

/// The most parts that are signed at once: signing ahead makes URLs that expire unused.
const MAX_AT_ONCE: usize = 100;

pub(super) async fn sign(
    State(app): State<App>,
    upload: VerifiedUpload,
    Json(request): Json<SignPartsRequest>,
) -> Result<Response, ApiError> {
    let (token, upload_id) = upload.multipart()?;
    if request.parts.is_empty() || request.parts.len() > MAX_AT_ONCE {
        return Err(ApiError::invalid(format!(
            "`parts` should name 1 to {MAX_AT_ONCE} parts."
        )));
    }
    let plan = token.plan().ok_or_else(ApiError::not_multipart)?;
    let now = SystemTime::now();
    let mut parts = Vec::with_capacity(request.parts.len());
    for part in request.parts {
        let Some(size) = plan.size_of(part.number) else {
            return Err(ApiError::invalid(format!(
                "`number` {} is not a part; there are 1 to {}.",
                part.number,
                plan.count()
            )));
        };
        // A part of another size would leave a file that cannot be completed.
        if part.size != size {
            let number = part.number;
            return Err(ApiError::invalid(format!(
                "`size` of part {number} should be {size} bytes, not {}.",
                part.size
            )));
        }
        let signed = app
            .store
            .presign_part(&token.key, &upload_id, part.number, size, now)
            .await?;
        parts.push(PartUrl {
            number: part.number,
            url: signed.url,
            headers: signed.headers,
            expires_in: Some(app.store.expires().as_secs()),
        });
    }
    Ok(json(StatusCode::OK, &SignPartsResponse { parts }))
}

pub(super) async fn list(
    State(app): State<App>,
    upload: VerifiedUpload,
) -> Result<Response, ApiError> {
    let (token, upload_id) = upload.multipart()?;
    let parts = app.store.list_parts(&token.key, &upload_id).await?;
    Ok(json(StatusCode::OK, &ListPartsResponse { parts }))
}
