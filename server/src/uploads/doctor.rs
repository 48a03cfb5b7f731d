//! `POST /uploads/doctor`: why a page does not reach the store.
//!
//! Owns who may ask: pages that may call the API. The answer tells them the bucket's CORS rules.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use s3_upload_protocol::native::{DoctorAnswer, DoctorRequest};

use super::{Json, json};
use crate::{App, doctor::Question, refusal::Refused};

pub(super) async fn ask(
    State(app): State<App>,
    headers: HeaderMap,
    Json(request): Json<DoctorRequest>,
) -> Result<Response, Refused> {
    let doctor = app.doctor.as_ref().ok_or_else(Refused::not_found)?;
    let question = Question::read(request)?;
    let is_allowed = match &app.origins {
        None => true,
        Some(origins) => origins.iter().any(|origin| origin == question.origin()),
    };
    if !is_allowed && !is_own(&headers, question.origin()) {
        return Err(Refused::origin_not_allowed());
    }
    let findings = doctor.ask(&app.store, question).await?;
    Ok(json(StatusCode::OK, &DoctorAnswer { findings }))
}

/// Whether the page is of this server itself. Behind a proxy that changes the host, the browser's own word says so.
fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = origin.split("://").nth(1);
    header("origin") == Some(origin)
        && (header("sec-fetch-site") == Some("same-origin") || header("host") == host)
}
