//! The engine's settings and their defaults.

use core::time::Duration;

use crate::concurrency::CONNECTIONS;
use crate::constraints::Constraints;
use s3_upload_types::limits::{MAX_SINGLE_SIZE, MIB};

/// The setting of the browser API that sends the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportChoice {
    /// `fetch`; `XMLHttpRequest` for requests that are expected to take longer than about a second, because `fetch`
    /// cannot report upload progress.
    #[default]
    Auto,
    /// Always `fetch`.
    Fetch,
    /// Always `XMLHttpRequest`.
    Xhr,
}

/// The longest time for which a request may make no progress, however often it was cancelled before.
pub const LONGEST_STALL_TIME: Duration = Duration::from_mins(10);

/// The settings of a [`Queue`](crate::Queue).
#[derive(Clone, Debug)]
pub struct Config {
    /// The constraints on the files that may be added.
    pub constraints: Constraints,
    /// Added files wait for [`Event::Start`](crate::Event::Start).
    pub manual: bool,
    /// The largest number of requests to the store in flight, over all files and parts, with which it also starts.
    /// `None` means what the browser can send at once, see [`Connection`](crate::concurrency::Connection).
    pub max_lanes: Option<u8>,
    /// The largest number of requests to the backend in flight: a browser's connections to a host. Completes and aborts
    /// are sent first.
    pub backend_lanes: u8,
    /// Lower the number of requests to the store on congestion, and raise it only while that increases the throughput.
    pub adaptive_lanes: bool,
    /// Files larger than this, in bytes, are first requested as multipart. Files larger than [`MAX_SINGLE_SIZE`]
    /// always are.
    pub multipart_threshold: u64,
    /// The part size to ask the backend for, in bytes; `None` lets the engine choose.
    pub part_size: Option<u64>,
    /// The browser API that sends the bytes.
    pub transport: TransportChoice,
    /// A request without progress for this long is cancelled and retried. Each cancellation doubles the time for the
    /// next try.
    pub stall_time: Duration,
    /// The time within which the store must answer once it has all bytes of a request. A proxy in between may still
    /// be forwarding them. Each cancellation doubles the time for the next try.
    pub answer_time: Duration,
    /// A complete without an answer for this long is cancelled and repeated. Each cancellation doubles the time, up
    /// to [`LONGEST_STALL_TIME`]. S3 may take minutes to assemble a multipart upload, and answers a repeated request
    /// like the first.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    pub complete_time: Duration,
    /// Uploads fail when the side for which they wait has been in an outage for this long. `None` means that they
    /// wait for as long as the page is open.
    pub outage_limit: Option<Duration>,
    /// The number of tries without progress after which an upload fails, the first try included.
    pub max_attempts: u32,
    /// The number of retries of one upload in total. Each confirmed part adds one.
    pub retry_budget: u32,
    /// The upper bound of the random wait before the first retry. Each further retry doubles the bound.
    pub backoff_base: Duration,
    /// The longest backoff, unless the other side asks for a longer one by `Retry-After`.
    pub backoff_cap: Duration,
    /// The seed of the jitter of the backoff.
    pub seed: u64,
}

impl Config {
    /// Returns true if a file of `size` bytes is first requested as multipart.
    pub(crate) fn wants_parts(&self, size: u64) -> bool {
        size > self.multipart_threshold.min(MAX_SINGLE_SIZE)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            constraints: Constraints::default(),
            manual: false,
            max_lanes: None,
            backend_lanes: CONNECTIONS,
            adaptive_lanes: true,
            multipart_threshold: 64 * MIB,
            part_size: None,
            transport: TransportChoice::Auto,
            stall_time: Duration::from_secs(30),
            answer_time: Duration::from_mins(2),
            complete_time: Duration::from_mins(1),
            outage_limit: None,
            max_attempts: 6,
            retry_budget: 30,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(30),
            seed: 0,
        }
    }
}
