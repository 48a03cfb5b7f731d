//! The page's settings for its backend, as a dialect reads them.

/// A page's settings for its backend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackendConfig {
    /// The address of the backend, absolute or relative to the page.
    pub endpoint: String,
    /// The name of one of the backend's upload routes. Only some dialects have routes.
    pub route: Option<String>,
    /// The encoding of the first request. Only the dialect `auto` uses it.
    pub encoding: Encoding,
    /// The backend's names for the file's name, type and size, if they are not `name`, `type` and `size`.
    pub field_names: FieldNames,
    /// Additional fields of the first request, by name.
    pub extra_fields: Vec<(String, String)>,
}

/// The encoding of the first request of the default dialect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `POST` with JSON.
    #[default]
    Json,
    /// `POST` with a form's body.
    Form,
    /// `GET` with a query.
    Query,
}

/// The backend's own names for the members of the first request. An empty name leaves its value out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// The name for the file's name.
    pub name: Option<String>,
    /// The name for the file's MIME type.
    pub media_type: Option<String>,
    /// The name for the file's size in bytes.
    pub size: Option<String>,
}

/// The place of a page's token against cross-site request forgery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CsrfPlace {
    /// The name of a `<meta>` element.
    pub meta: Option<&'static str>,
    /// The name of a cookie.
    pub cookie: Option<&'static str>,
}

impl CsrfPlace {
    /// No place that all pages share.
    pub(super) const NONE: Self = Self {
        meta: None,
        cookie: None,
    };

    pub(super) const fn meta(name: &'static str) -> Self {
        Self {
            meta: Some(name),
            cookie: None,
        }
    }

    pub(super) const fn cookie(name: &'static str) -> Self {
        Self {
            meta: None,
            cookie: Some(name),
        }
    }
}
