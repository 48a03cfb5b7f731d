//! The HTTP API: `/uploads` and the routes below it.
//!
//! Each operation has a file. No state is kept between requests: see [`UploadToken`](crate::grants::UploadToken).

mod abort;
mod complete;
mod create;
mod doctor;
mod parts;
mod stored_check;
mod url;
mod verified_upload;

use axum::{
    Router,
    routing::{get, post},
};

use crate::app::App;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/uploads", post(create::create))
        .route("/uploads/doctor", post(doctor::diagnose))
        .route("/uploads/{id}", axum::routing::delete(abort::abort))
        .route("/uploads/{id}/parts", get(parts::list).post(parts::sign))
        .route("/uploads/{id}/complete", post(complete::complete))
        .route("/uploads/{id}/url", get(url::url))
}
