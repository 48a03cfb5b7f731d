//! The engine against a world that goes wrong at random: a virtual clock, a backend and a store
//! that lose, delay, repeat and refuse, a network that comes and goes, a browser that lies about
//! it, and a person who changes their mind. Every step is watched; every run must end, and end
//! well once the faults stop.
//!
//! `SIM_SEED=123` replays one run and prints its trace; `SIM_RUNS=1000000` makes as many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod backend;
mod dice;
mod person;
mod store;
mod trouble;
mod watch;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use world::World;

/// Runs when nothing else is asked for.
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
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= runs {
                        break;
                    }
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        let mut world = World::new(seed, false);
                        world.run();
                        world.counts()
                    }));
                    if let Ok(counts) = outcome {
                        for (sum, count) in sums.iter().zip(counts) {
                            sum.fetch_add(count, Ordering::Relaxed);
                        }
                    } else {
                        failed.store(true, Ordering::Relaxed);
                        eprintln!("failed with SIM_SEED={seed}");
                    }
                }
            });
        }
    });
    assert!(!failed.load(Ordering::Relaxed), "a run broke a rule");
    let [files, stored, requests, faults] = sums.map(AtomicU64::into_inner);
    println!(
        "{runs} runs: {files} files, {stored} stored, {requests} requests, {faults} of them met a fault"
    );
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
