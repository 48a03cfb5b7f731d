//! A simulation of the engine with random faults. It has a virtual clock, a backend and a store that lose, delay,
//! repeat and refuse requests, a network that is interrupted, a browser whose network events are wrong at times, and
//! a person who requests operations. The rules are checked at every step. Every run must end. At its end
//! every file is completed, cancelled, or failed because it changed on disk.
//!
//! `SIM_SEED=123` replays one run and prints its trace. `SIM_RUNS=1000000` makes that number of runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod backend;
mod coverage;
mod dice;
mod person;
mod store;
mod trouble;
mod watch;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use coverage::Coverage;
use world::World;

/// The default number of runs.
const RUNS: u64 = 100_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_run_keeps_the_rules_and_ends() {
    if let Some(seed) = number("SIM_SEED") {
        let mut world = World::new(seed, true);
        world.run();
        return;
    }
    let runs = number("SIM_RUNS").unwrap_or(RUNS);
    let next = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let sums: [AtomicU64; 4] = Default::default();
    let reached = Mutex::new(Coverage::default());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut covered = Coverage::default();
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= runs {
                        break;
                    }
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        let mut world = World::new(seed, false);
                        world.run();
                        (world.counts(), world.coverage())
                    }));
                    if let Ok((counts, coverage)) = outcome {
                        covered.add(coverage);
                        for (sum, count) in sums.iter().zip(counts) {
                            sum.fetch_add(count, Ordering::Relaxed);
                        }
                    } else {
                        failed.store(true, Ordering::Relaxed);
                        eprintln!("failed with SIM_SEED={seed}");
                    }
                }
                reached.lock().unwrap().add(covered);
            });
        }
    });
    assert!(!failed.load(Ordering::Relaxed), "a run broke a rule");
    let [files, stored, requests, faults] = sums.map(AtomicU64::into_inner);
    println!(
        "{runs} runs: {files} files, {stored} stored, {requests} requests, {faults} of them met a fault"
    );
    let reached = reached.into_inner().unwrap();
    println!("{}", reached.report());
    // A smaller number of runs reaches fewer patterns.
    if runs >= RUNS {
        let missing = reached.missing();
        assert!(missing.is_empty(), "never reached: {missing:#?}");
    }
}

#[test]
fn the_same_seed_and_the_same_events_give_the_same_commands() {
    let log = |seed| {
        let mut world = World::new(seed, false);
        world.log = Some(String::new());
        world.run();
        world.log
    };
    for seed in 0..100 {
        assert_eq!(log(seed), log(seed), "seed {seed}");
    }
}
