//! `DELETE /uploads/{id}`: the upload is given up; nothing of it stays.
//!
//! Completed or not: the server keeps no state that would tell, and a person who cancels while the last answer is on its
//! way means it. What is sent by the same URL afterwards is a new object, of which the webhook is told anew.

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
