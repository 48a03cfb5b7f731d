//! `DELETE /uploads/{id}`: the upload is given up; nothing of it stays.

use axum::{extract::State, http::StatusCode};

use super::Upload;
use crate::{App, refusal::Refused};

pub(super) async fn abort(
    State(app): State<App>,
    Upload(ticket): Upload,
) -> Result<StatusCode, Refused> {
    if let Some(upload_id) = &ticket.upload_id {
        app.store.abort_multipart(&ticket.key, upload_id).await?;
    }
    // A multipart upload may have been completed before, so that its object goes as well.
    app.store.delete(&ticket.key).await?;
    Ok(StatusCode::NO_CONTENT)
}
