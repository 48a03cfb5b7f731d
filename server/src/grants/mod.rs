//! The grant of an upload: the checks of the file, the key, the file name, and the signed token that states them.

mod download_name;
mod file_types;
mod key_template;
mod limits;
mod type_rule;
mod upload_token;

pub use download_name::Disposition;
pub(crate) use download_name::content_disposition;
pub use key_template::{KeyTemplate, KeyValues};
pub use limits::{AcceptedFile, Limits};
pub use type_rule::{AllowRule, TypeRule};
pub use upload_token::{TokenSigner, UploadToken};
