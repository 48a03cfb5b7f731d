//! JSON by the browser's own parser: smaller than any we could bring along.

use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes JSON. `None` for what JSON cannot hold.
pub fn write(value: &impl Serialize) -> Option<String> {
    let value = value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .ok()?;
    JSON::stringify(&value).ok()?.as_string()
}

/// Reads JSON; the error says what is wrong, without repeating the text.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    let value = JSON::parse(text).map_err(|_| ReadError::NotJson)?;
    serde_wasm_bindgen::from_value(value).map_err(|error| {
        // The error repeats the value that it met, which may hold a presigned URL.
        let said = error.to_string();
        ReadError::Shape(match said.rsplit_once(", expected ") {
            Some((_, wanted)) => format!("something else than {wanted}"),
            None => said,
        })
    })
}

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is not JSON.
    NotJson,
    /// It is JSON, but not of the expected shape.
    Shape(String),
}
