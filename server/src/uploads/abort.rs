//! `DELETE /uploads/{id}`: aborts an upload, and deletes its object.
//!
//! A completed upload is deleted too: the server has no state that would tell them apart, and a person who cancels
//! during the last answer wants the file removed. An object that the same URL stores later is a new one, and the
//! webhook reports it again. With `--keep-stored` a stored object stays: only an upload that is not stored yet can be
//! aborted.

use axum::{extract::State, http::StatusCode};

use super::{complete::uploaded_object, verified_upload::VerifiedUpload};
use crate::{access::Caller, api::ApiError, app::App, store::StoreError};

pub(super) async fn abort(
    State(app): State<App>,
    caller: Caller,
    VerifiedUpload(token): VerifiedUpload,
) -> Result<StatusCode, ApiError> {
    if app.keep_stored {
        match app.store.head(&token.key).await {
            Ok(_) => return Err(ApiError::kept()),
            Err(StoreError::NoSuchObject) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(upload_id) = &token.upload_id {
        app.store.abort_multipart(&token.key, upload_id).await?;
    }
    if app.keep_stored {
        // An object that arrived meanwhile stays.
        return Ok(StatusCode::NO_CONTENT);
    }
    // Read before it is deleted. Where the store returns no object, the webhook has reported none.
    let stored = match &app.webhook {
        Some(webhook) => {
            let stored = app.store.head(&token.key).await.ok();
            stored.map(|stored| (webhook, stored))
        }
        None => None,
    };
    // A multipart upload may have been completed before, so that its object goes as well.
    app.store.delete(&token.key).await?;
    if let Some((webhook, stored)) = stored {
        webhook.deleted(uploaded_object(&app, &token, &stored, caller.client));
    }
    Ok(StatusCode::NO_CONTENT)
}
