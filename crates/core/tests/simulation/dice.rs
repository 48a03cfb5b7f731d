//! Small deterministic randomness (xorshift64*), and what a run's seed decides.

use core::time::Duration;

use crate::backend::Looks;
use s3_upload_core::{Config, TransportChoice, limits::MIB};

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not give neighbouring runs.
        let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self((mixed ^ (mixed >> 29)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True so many times out of a thousand.
    pub fn permille(&mut self, chance: u64) -> bool {
        self.next() % 1_000 < chance
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next()).unwrap() % of.len()]
    }
}

/// What one run is like.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a trait of the world, independent of the others"
)]
pub struct Traits {
    /// Requests that meet a fault, per thousand, while there are faults.
    pub faults: u64,
    /// When faults stop, in milliseconds.
    pub calm: u64,
    /// Milliseconds one way, at most.
    pub latency: u64,
    /// Bytes per second of one request.
    pub speed: u64,
    /// Times that the network goes away.
    pub cuts: u64,
    /// The browser tells of the network rightly, this often per thousand.
    pub browser: u64,
    /// Times that the person wants something.
    pub wishes: u64,
    pub files: u64,
    /// The backend names single uploads, and confirms them.
    pub ids: bool,
    /// The backend answers a repeated complete as it did the first.
    pub idempotent: bool,
    /// The store refuses to overwrite.
    pub if_none_match: bool,
    /// CORS hides the tags.
    pub hide_tags: bool,
    /// Seconds that a URL lives; zero when the backend does not say and it lives for ever.
    pub life: u64,
    /// The backend has its own mind about part sizes.
    pub odd_parts: bool,
    /// Files may change on disk.
    pub changes: bool,
    /// How the backend confirms single uploads.
    pub looks: Looks,
}

pub fn traits(dice: &mut Dice) -> Traits {
    Traits {
        faults: dice.pick(&[0, 20, 100, 300, 600]),
        calm: dice.pick(&[0, 60_000, 300_000, 900_000]),
        latency: dice.pick(&[0, 5, 50, 400]),
        speed: dice.pick(&[256 << 10, MIB, 20 * MIB, 200 * MIB]),
        cuts: dice.pick(&[0, 0, 1, 3]),
        browser: dice.pick(&[0, 500, 1_000]),
        wishes: dice.pick(&[0, 2, 10, 30]),
        files: dice.pick(&[1, 1, 2, 6, 20]),
        ids: dice.permille(500),
        idempotent: dice.permille(700),
        if_none_match: dice.permille(700),
        hide_tags: dice.permille(200),
        life: dice.pick(&[0, 5, 60, 300]),
        odd_parts: dice.permille(300),
        changes: dice.permille(100),
        looks: dice.pick(&[Looks::There, Looks::There, Looks::Nowhere, Looks::Never]),
    }
}

pub fn config(dice: &mut Dice) -> Config {
    Config {
        manual: dice.permille(100),
        max_lanes: u8::try_from(dice.between(1, 6)).unwrap(),
        backend_lanes: u8::try_from(dice.between(1, 4)).unwrap(),
        adaptive_lanes: dice.permille(500),
        multipart_threshold: dice.pick(&[6 * MIB, 16 * MIB, 64 * MIB]),
        part_size: dice.pick(&[None, Some(5 * MIB)]),
        transport: dice.pick(&[
            TransportChoice::Auto,
            TransportChoice::Fetch,
            TransportChoice::Xhr,
        ]),
        complete_time: Duration::from_secs(dice.pick(&[60, 300])),
        max_attempts: u32::try_from(dice.pick(&[1, 3, 6])).unwrap(),
        retry_budget: u32::try_from(dice.pick(&[2, 30])).unwrap(),
        seed: dice.between(0, 1_000_000),
        ..Config::default()
    }
}

pub fn size(dice: &mut Dice) -> u64 {
    match dice.between(0, 9) {
        0 => 0,
        1 => 1,
        2..=5 => dice.between(1, 100_000),
        6 | 7 => dice.between(MIB, 20 * MIB),
        8 => dice.between(1, 12) * 5 * MIB,
        _ => dice.between(20 * MIB, 150 * MIB),
    }
}
