//! The upload of a request's path, with a verified token.

use std::time::SystemTime;

use axum::extract::Path;

use crate::{access::Client, api::ApiError, app::App, grants::UploadToken};

/// The upload that the path names, its signature, expiry and owner checked.
pub(super) struct VerifiedUpload(pub(super) UploadToken);

impl axum::extract::FromRequestParts<App> for VerifiedUpload {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &App,
    ) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| ApiError::unknown_upload())?;
        let token = app.token_signer.verify(&id, SystemTime::now())?;
        let client = parts.extensions.get::<Client>();
        // The upload of another client gets the same answer as none.
        if app.token_signer.is_owned(&token, client) {
            Ok(Self(token))
        } else {
            Err(ApiError::unknown_upload())
        }
    }
}

impl VerifiedUpload {
    /// The token and S3's id of a multipart upload.
    pub(super) fn multipart(self) -> Result<(UploadToken, String), ApiError> {
        match self.0.upload_id.clone() {
            Some(upload_id) => Ok((self.0, upload_id)),
            None => Err(ApiError::not_multipart()),
        }
    }
}
