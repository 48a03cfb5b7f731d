//! A small deterministic generator (xorshift64*), and the properties of a run that follow from its seed.

use core::time::Duration;

use crate::backend::Looks;
use s3_upload_core::{Config, Constraints, TransportChoice, limits::MIB};

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Seeds that follow each other must not give similar runs.
        let mixed = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self((mixed ^ (mixed >> 29)) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// A random number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// Returns true with a probability of `chance` per thousand.
    pub fn permille(&mut self, chance: u64) -> bool {
        self.next() % 1_000 < chance
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.next()).unwrap() % of.len()]
    }
}

/// The properties of one run.
#[derive(Clone, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a trait of the world, independent of the others"
)]
pub struct Traits {
    /// The requests that have a fault, per thousand, before the faults stop.
    pub faults: u64,
    /// The time at which the faults stop, in milliseconds.
    pub calm: u64,
    /// The longest latency in one direction, in milliseconds.
    pub latency: u64,
    /// The speed of one request, in bytes per second.
    pub speed: u64,
    /// The number of interruptions of the network.
    pub cuts: u64,
    /// The probability that the browser reports a change of the network, per thousand.
    pub browser: u64,
    /// The number of operations that the person requests.
    pub wishes: u64,
    pub files: u64,
    /// True if the backend gives ids to single uploads, and confirms them.
    pub ids: bool,
    /// True if the backend answers a repeated complete like the first.
    pub idempotent: bool,
    /// True if the store refuses to overwrite an object.
    pub if_none_match: bool,
    /// True if CORS hides the entity tags.
    pub hide_tags: bool,
    /// True if the backend can list the parts, which it must if the entity tags are hidden.
    pub lists: bool,
    /// The number of outages of the backend or of the store.
    pub outages: u64,
    /// The lifetime of a URL, in seconds; zero when the backend does not say it and the URL does not expire.
    pub life: u64,
    /// True if the backend chooses part sizes of its own.
    pub odd_parts: bool,
    /// True if files may change on disk.
    pub changes: bool,
    /// The way in which the backend confirms single uploads.
    pub looks: Looks,
}

pub fn traits(dice: &mut Dice) -> Traits {
    let hide_tags = dice.permille(200);
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
        hide_tags,
        lists: hide_tags || dice.permille(800),
        outages: dice.pick(&[0, 0, 1, 3]),
        life: dice.pick(&[0, 5, 60, 300]),
        odd_parts: dice.permille(300),
        changes: dice.permille(100),
        looks: dice.pick(&[
            Looks::There,
            Looks::There,
            Looks::Stumbles,
            Looks::Nowhere,
            Looks::Never,
        ]),
    }
}

pub fn config(dice: &mut Dice) -> Config {
    let max_lanes = u8::try_from(dice.between(0, 6)).unwrap();
    Config {
        manual: dice.permille(100),
        max_lanes: (max_lanes > 0).then_some(max_lanes),
        backend_lanes: u8::try_from(dice.between(1, 6)).unwrap(),
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
        constraints: Constraints {
            max_size: dice.pick(&[None, None, None, Some(100 * MIB)]),
            ..Constraints::default()
        },
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
