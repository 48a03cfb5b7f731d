//! `POST /uploads/doctor`: the cause why a page does not reach the store.
//!
//! Pages that may call the API may ask. The answer contains the bucket's CORS rules.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use s3_upload_protocol::native::{DoctorRequest, DoctorResponse};

use crate::{
    api::{ApiError, Json, json},
    app::App,
    doctor::DiagnosisRequest,
};

pub(super) async fn diagnose(
    State(app): State<App>,
    headers: HeaderMap,
    Json(request): Json<DoctorRequest>,
) -> Result<Response, ApiError> {
    let doctor = app.doctor.as_ref().ok_or_else(ApiError::not_found)?;
    let request = DiagnosisRequest::read(request)?;
    let is_allowed = match &app.origins {
        None => true,
        Some(origins) => origins.iter().any(|origin| origin == request.origin()),
    };
    // A page asks about its own origin. Without authentication it gets no answer about others.
    let asks_for_another = app.auth.is_none()
        && headers
            .get("origin")
            .is_some_and(|origin| origin != request.origin());
    if asks_for_another || (!is_allowed && !is_own(&headers, request.origin())) {
        return Err(ApiError::origin_not_allowed());
    }
    let findings = doctor.diagnose(&app.store, request).await?;
    Ok(json(StatusCode::OK, &DoctorResponse { findings }))
}

/// True if the page is of this server itself. Behind a proxy that changes the host, the browser's own header shows it.
fn is_own(headers: &HeaderMap, origin: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = origin.split("://").nth(1);
    header("origin") == Some(origin)
        && (header("sec-fetch-site") == Some("same-origin") || header("host") == host)
}
