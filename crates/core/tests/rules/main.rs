//! The engine's rules, one by one, in virtual time: an event goes in, commands are asserted, an
//! answer goes in, and so on. Random faults are the simulation's business, not these tests'.

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
mod progress;
mod single;
mod wishes;
