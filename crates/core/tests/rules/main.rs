//! Tests of the engine's rules, one by one, in virtual time. Each test sends an event, asserts the commands and gives
//! the answers. The simulation covers random faults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod desk;
mod failures;
mod lanes;
mod many;
mod multipart;
mod network;
mod outage;
mod progress;
mod single;
mod wishes;
