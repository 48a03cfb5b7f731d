//! `POST /uploads/{id}/complete`: is all of the file in the store.
//!
//! May be asked again after a lost answer: an object that is there, whole, is a success. It may be another one by then: a
//! form can be sent again, and what was deleted can be put again, until their signatures expire. The answer and the
//! webhook say which one it is by its `ETag`.

use std::time::SystemTime;

use axum::{extract::State, http::StatusCode, response::Response};
use s3_upload_protocol::native::{CompleteAnswer, CompleteRequest, SentPart};

use super::{COMPLETE_BODY, Json, Upload, json};
use crate::{
    App,
    auth::Caller,
    download_name::content_disposition,
    refusal::Refused,
    store::{Fault, objects::Stored},
    ticket::Ticket,
    webhook::event::Completed,
};

pub(super) async fn complete(
    State(app): State<App>,
    caller: Caller,
    Upload(ticket): Upload,
    Json(request): Json<CompleteRequest, COMPLETE_BODY>,
) -> Result<Response, Refused> {
    if let Some(upload_id) = &ticket.upload_id {
        join(&app, &ticket, upload_id, request.parts).await?;
    }
    let stored = match app.store.head(&ticket.key).await {
        // The parts were gone and no object came of them: aborted or cleaned up.
        Err(Fault::NoSuchObject) if ticket.upload_id.is_some() => {
            return Err(Refused::no_such_upload());
        }
        stored => stored?,
    };
    check_size(&ticket, &stored)?;
    let disposition = content_disposition(&ticket.name);
    let download_url = app
        .store
        .presign_get(&ticket.key, &disposition, SystemTime::now())
        .await?;
    if let Some(webhook) = &app.webhook {
        webhook.completed(Completed {
            bucket: app.store.bucket().to_owned(),
            key: ticket.key.clone(),
            size: stored.size,
            media_type: stored.media_type.clone(),
            etag: stored.etag.clone(),
            version_id: stored.version_id,
            name: ticket.name.clone(),
            client: caller.client,
        });
    }
    let answer = CompleteAnswer {
        key: ticket.key,
        size: stored.size,
        media_type: stored.media_type,
        etag: stored.etag,
        location: None,
        download_url: Some(download_url),
    };
    Ok(json(StatusCode::OK, &answer))
}

/// An object of another size is not the file.
pub(super) fn check_size(ticket: &Ticket, stored: &Stored) -> Result<(), Refused> {
    if ticket.takes(stored.size) {
        Ok(())
    } else {
        Err(Refused::size_mismatch(ticket.size, stored.size))
    }
}

/// Makes the parts one object. An upload that is gone is left for the caller to judge: it may be complete already.
async fn join(
    app: &App,
    ticket: &Ticket,
    upload_id: &str,
    parts: Option<Vec<SentPart>>,
) -> Result<(), Refused> {
    let parts = match parts {
        Some(parts) => named(ticket, parts)?,
        None => match app.store.list_parts(&ticket.key, upload_id).await {
            Err(Fault::NoSuchUpload) => return Ok(()),
            listed => {
                let listed = listed?;
                let plan = ticket.plan();
                let whole = plan.is_whole(listed.iter().map(|part| part.number))
                    && listed
                        .iter()
                        .all(|part| plan.size_of(part.number) == Some(part.size));
                if !whole {
                    return Err(not_whole(listed.len(), plan.count()));
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
        .complete_multipart(&ticket.key, upload_id, parts)
        .await
    {
        Ok(()) | Err(Fault::NoSuchUpload) => Ok(()),
        Err(fault) => Err(fault.into()),
    }
}

/// The parts that the client names, ascending and all of them. Their sizes were bound when they were signed.
fn named(ticket: &Ticket, mut parts: Vec<SentPart>) -> Result<Vec<SentPart>, Refused> {
    parts.sort_by_key(|part| part.number);
    let plan = ticket.plan();
    if !plan.is_whole(parts.iter().map(|part| part.number)) {
        return Err(not_whole(parts.len(), plan.count()));
    }
    Ok(parts)
}

fn not_whole(found: usize, expected: u64) -> Refused {
    Refused::incomplete(format!(
        "The file is not whole: {found} parts of {expected}. Send what is missing, each part once."
    ))
}
