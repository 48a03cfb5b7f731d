//! Finds the reason why a request got no response, since a browser reports only that it failed.
//!
//! A rule or a policy is named only on proof. Without proof the error states the observation: no host answers, the page
//! may not read the response, or the connection broke while it works for other requests.

pub mod backend;
pub mod completion;
pub mod page;
pub mod store;
