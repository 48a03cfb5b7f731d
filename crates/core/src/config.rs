//! The engine's settings. The defaults need no thought.

use core::time::Duration;

use crate::constraints::Constraints;
use crate::limits::{MAX_SINGLE_SIZE, MIB};

/// Which browser API carries the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportChoice {
    /// fetch, unless the request is expected to take longer than about a second: then XHR,
    /// because fetch cannot report upload progress.
    #[default]
    Auto,
    /// Always fetch.
    Fetch,
    /// Always `XMLHttpRequest`.
    Xhr,
}

/// The settings of a [`Queue`](crate::Queue).
#[derive(Clone, Debug)]
pub struct Config {
    /// What may be added.
    pub constraints: Constraints,
    /// Added files wait for [`Event::Start`](crate::Event::Start).
    pub manual: bool,
    /// The most requests in flight to the store, over all files and parts. A browser has six
    /// HTTP/1.1 connections to a host, preflights included; the default leaves one free.
    pub max_lanes: u8,
    /// The most requests in flight to the backend. Completes and aborts go first.
    pub backend_lanes: u8,
    /// Start with few lanes, and use more only while that makes it faster.
    pub adaptive_lanes: bool,
    /// Files larger than this, in bytes, are asked for as multipart first; those larger than
    /// [`MAX_SINGLE_SIZE`](crate::limits::MAX_SINGLE_SIZE) always are.
    pub multipart_threshold: u64,
    /// The part size to ask the backend for, in bytes; `None` lets the engine choose.
    pub part_size: Option<u64>,
    /// Which browser API carries the bytes.
    pub transport: TransportChoice,
    /// A request without progress for this long is cut and tried again.
    pub stall_time: Duration,
    /// How long the store may take to answer once it has all bytes of a request. A proxy between
    /// may still be passing them on.
    pub answer_time: Duration,
    /// How long the store may take to put a multipart upload together. S3 keeps the connection
    /// open for minutes then.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    pub complete_time: Duration,
    /// Tries without any headway before an upload fails, the first one included.
    pub max_attempts: u32,
    /// Retries of one upload in all. Every confirmed part adds one.
    pub retry_budget: u32,
    /// The first retry waits for a random time up to this; each further one up to twice as long.
    pub backoff_base: Duration,
    /// No backoff is longer, unless the other side asks for it by `Retry-After`.
    pub backoff_cap: Duration,
    /// Seeds the jitter of the backoff.
    pub seed: u64,
}

impl Config {
    /// Whether a file of this size, in bytes, is asked for as multipart first.
    pub(crate) fn wants_parts(&self, size: u64) -> bool {
        size > self.multipart_threshold.min(MAX_SINGLE_SIZE)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            constraints: Constraints::default(),
            manual: false,
            max_lanes: 5,
            backend_lanes: 4,
            adaptive_lanes: true,
            multipart_threshold: 64 * MIB,
            part_size: None,
            transport: TransportChoice::Auto,
            stall_time: Duration::from_secs(30),
            answer_time: Duration::from_mins(2),
            complete_time: Duration::from_mins(5),
            max_attempts: 6,
            retry_budget: 30,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            seed: 0,
        }
    }
}
