//! The caller of a request, and the limits that count for it.
//!
//! Built in are JSON web tokens and tokens that a site's own backend signs. There are no sessions, accounts or
//! passwords: a host that has them implements [`Authenticate`], or wraps the router in a `tower` layer that adds a
//! [`Client`] to the extensions of a request.

mod auth_token;
mod bearer;
mod caller;
mod client;
mod jwt;
mod proxies;
mod quota;
mod token_settings;

pub use auth_token::{AuthTokens, Claims};
pub use bearer::Bearer;
pub(crate) use caller::Caller;
pub use client::{AuthError, Authenticate, Client};
pub use proxies::Proxies;
pub use quota::{Quota, QuotaKey, QuotaLimits};
pub use token_settings::{KeyError, TokenSettings};
