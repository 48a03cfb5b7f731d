//! `GET /uploads/{id}/url`: a fresh presigned URL of what was uploaded, to read it or, if that is switched on, to delete it.

use std::time::SystemTime;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use s3_upload_protocol::native::UrlAnswer;

use super::{Upload, complete::check_size, json};
use crate::{App, download_name::content_disposition, refusal::Refused};

pub(super) async fn url(
    State(app): State<App>,
    Upload(ticket): Upload,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let deletes = match query.as_deref() {
        None | Some("" | "method=GET") => false,
        Some("method=DELETE") => true,
        Some(_) => {
            return Err(Refused::invalid(
                "The query should be `method=GET`, `method=DELETE` or nothing.",
            ));
        }
    };
    if deletes && !app.presigned_delete {
        return Err(Refused::no_presigned_delete());
    }
    check_size(&ticket, &app.store.head(&ticket.key).await?)?;
    let now = SystemTime::now();
    let url = if deletes {
        app.store.presign_delete(&ticket.key, now).await?
    } else {
        let disposition = content_disposition(&ticket.name);
        app.store
            .presign_get(&ticket.key, &disposition, now)
            .await?
    };
    let answer = UrlAnswer {
        url,
        expires_in: Some(app.store.expires().as_secs()),
    };
    Ok(json(StatusCode::OK, &answer))
}
