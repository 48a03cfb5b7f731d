//! A fuzz test of everything that reads answers: each operation of each dialect, refusals, S3's errors, and JSON. It
//! asserts that nothing panics, that nothing signed is shown, and that no file or part is sent to a wrong address.
//!
//! The answers are those in `corpus/`, changed as trees and as bytes, and some random ones. Each is determined by the
//! seed and its number, so that a failure can be reproduced. A short run is a normal test. This is a long run:
//!
//! ```sh
//! FUZZ_SEED=7 FUZZ_INPUTS=10000000 cargo test --release -p s3-upload-protocol --test fuzz -- --nocapture
//! ```
//!
//! A failure prints its seed and its number. `FUZZ_SEED=7 FUZZ_AT=123` runs that answer alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod check;
mod corpus;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use check::Case;
use corpus::{BARE, Corpus, SIGNATURE};
use fastrand::Rng;
use s3_upload_protocol::{DialectResponse, ResponseBody};

/// The seed and the number of inputs of a short run.
const SEED: u64 = 1;
const INPUTS: u64 = 50_000;

#[test]
fn the_corpus_is_read_and_no_secret_shown() {
    let corpus = Corpus::new();
    assert!(corpus.answers.len() > 150, "{}", corpus.answers.len());
    for (at, body) in corpus.answers.iter().enumerate() {
        let mut case = Case {
            response: &response(body.clone(), at),
            secrets: &[SIGNATURE, BARE],
            corpus: &corpus,
            rng: Rng::with_seed(at as u64),
            has_secret: true,
        };
        case.check();
    }
}

#[test]
fn any_answer_is_read_or_refused() {
    let corpus = Corpus::new();
    let seed = setting("FUZZ_SEED").unwrap_or(SEED);
    let inputs = match setting("FUZZ_AT") {
        Some(at) => at..at + 1,
        None => 0..setting("FUZZ_INPUTS").unwrap_or(INPUTS),
    };
    let (start, count) = (Instant::now(), inputs.end - inputs.start);
    for at in inputs {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at));
        let input = mutate::input(&corpus, &mut rng);
        let secrets: &[&str] = if input.is_whole { &[SIGNATURE] } else { &[] };
        let response = response(input.body, rng.usize(..));
        let mut case = Case {
            response: &response,
            secrets,
            corpus: &corpus,
            rng,
            has_secret: true,
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case.check())) {
            eprintln!("FUZZ_SEED={seed} FUZZ_AT={at}\n{}", shown(&response.body));
            resume_unwind(panic);
        }
    }
    println!("{count} inputs of seed {seed} in {:?}", start.elapsed());
}

fn response(body: ResponseBody, at: usize) -> DialectResponse {
    let status = [200, 201, 204][at % 3];
    DialectResponse { status, body }
}

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number")),
    )
}

/// Returns the whole answer. Its secrets are invented.
fn shown(body: &ResponseBody) -> String {
    match body {
        ResponseBody::Json(value) => serde_json::to_string(value).unwrap(),
        ResponseBody::Text(text, kind) => format!("{kind}: {text:?}"),
    }
}
