//! The texts for people: [`catalogue`] contains them, [`error_text`], [`failure_text`] and [`constraint_text`] choose them, [`messages`]
//! fills them in, and [`format`](mod@format) formats numbers. None of these modules needs a browser.

pub mod catalogue;
pub mod constraint_text;
pub mod error_text;
pub mod failure_catalogue;
pub mod failure_text;
pub mod format;
pub mod messages;
