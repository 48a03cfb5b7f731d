//! The server over real HTTP, with its embedded store. All in one program: each program contains the whole server and a
//! client, which takes a minute to build. `logs` is a program of its own, since a process has one subscriber to logs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a failure is a failed test"
)]

mod api;
mod botocore;
#[path = "command/main.rs"]
mod command;
mod common;
mod doctor;
mod faults;
mod multipart;
#[path = "operation/main.rs"]
mod operation;
mod placing;
mod post;
mod put;
#[path = "security/main.rs"]
mod security;
mod store_cors;
