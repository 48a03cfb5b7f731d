//! Forms with a file.

use web_sys::{Blob, FormData};

/// A form of these fields, with the file as the last one. S3 ignores the fields after `file`, and replaces
/// `${filename}` by the file's name. <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
pub fn with_file(fields: &[(String, String)], bytes: &Blob, name: &str) -> Option<FormData> {
    let form = FormData::new().ok()?;
    for (name, value) in fields {
        form.append_with_str(name, value).ok()?;
    }
    form.append_with_blob_and_filename("file", bytes, name)
        .ok()?;
    Some(form)
}
