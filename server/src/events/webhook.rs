//! The webhook: events of completed uploads, and of objects that their uploader deletes.
//!
//! The queue is bounded and in memory. Failed deliveries are repeated at increasing intervals. A completion never waits
//! for a delivery. Delivery is at least once, unless the process ends: a site that must see every object uses the
//! store's own notifications.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{
    event::{Event, UploadedObject},
    sender::WebhookSender,
    target::WebhookTarget,
};
use crate::{primitives::BoundedMap, telemetry::Metrics};

/// The most waiting events, about 1 KiB each. Further events are dropped.
const QUEUE: u32 = 10_000;
/// The most requests in flight.
const MAX_CONCURRENT: usize = 8;
/// The delays between deliveries: nine deliveries in four hours.
const DELAYS: [Duration; 8] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
];
/// The number of delivered events that are remembered, so that a repeated completion is not reported again, unless
/// the object is another by then.
const MAX_REMEMBERED: usize = 5_000;

/// Sends events to the target. Clones share one queue.
#[derive(Clone)]
pub struct Webhook(Arc<WebhookState>);

struct WebhookState {
    sender: WebhookSender,
    delays: Vec<Duration>,
    queue: Arc<Semaphore>,
    concurrency: Semaphore,
    /// The events that wait or have been delivered.
    remembered: Mutex<BoundedMap<String, ()>>,
    ending: watch::Sender<bool>,
    metrics: Metrics,
}

impl Webhook {
    /// A webhook with an empty queue. Fails where the system has no certificates to trust.
    pub fn new(target: WebhookTarget, metrics: Metrics) -> io::Result<Self> {
        Self::with_delays(target, metrics, DELAYS.to_vec())
    }

    /// A webhook with these delays between deliveries.
    pub fn with_delays(
        target: WebhookTarget,
        metrics: Metrics,
        delays: Vec<Duration>,
    ) -> io::Result<Self> {
        let shared = WebhookState {
            sender: WebhookSender::new(target)?,
            delays,
            queue: Arc::new(Semaphore::new(QUEUE as usize)),
            concurrency: Semaphore::new(MAX_CONCURRENT),
            remembered: Mutex::new(BoundedMap::new(MAX_REMEMBERED)),
            ending: watch::Sender::new(false),
            metrics,
        };
        Ok(Self(Arc::new(shared)))
    }

    /// Queues the event of a completed upload. Needs a running `tokio`.
    pub fn completed(&self, upload: UploadedObject) {
        self.event(Event::completed(upload));
    }

    /// Queues the event of an object that its uploader deleted. Needs a running `tokio`.
    pub fn deleted(&self, object: UploadedObject) {
        self.event(Event::deleted(object));
    }

    fn event(&self, event: Event) {
        let Ok(permit) = Arc::clone(&self.0.queue).try_acquire_owned() else {
            self.0.metrics.delivery("dropped");
            tracing::error!(
                event = event.id,
                "the webhook is not told: too many events wait already"
            );
            return;
        };
        let mut remembered = self.0.remembered();
        if remembered.get_mut(&event.id).is_some() {
            return;
        }
        remembered.entry(event.id.clone(), || ());
        drop(remembered);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.deliver(event, permit).await });
    }

    /// The number of events that are not delivered yet.
    pub fn waiting(&self) -> usize {
        QUEUE as usize - self.0.queue.available_permits()
    }

    /// Delivers every waiting event once more, within this limit, and drops the rest.
    pub async fn finish(&self, limit: Duration) {
        self.0.ending.send_replace(true);
        // Every event holds a permit of the queue until it is delivered.
        let all = self.0.queue.acquire_many(QUEUE);
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::error!(
                events = self.waiting(),
                "the webhook was not told of all uploads"
            );
        }
    }
}

impl WebhookState {
    async fn deliver(&self, event: Event, permit: OwnedSemaphorePermit) {
        self.metrics.waiting().inc();
        let outcome = self.deliver_with_retries(&event).await;
        if outcome.is_err() {
            // A repeated completion may be reported again.
            self.remembered().remove(&event.id);
        }
        self.metrics.waiting().dec();
        drop(permit);
    }

    async fn deliver_with_retries(&self, event: &Event) -> Result<(), ()> {
        let mut ending = self.ending.subscribe();
        let mut delays = self.delays.iter();
        loop {
            // The last delivery is one that begins after the end was requested.
            let last = *ending.borrow();
            match self.attempt(event).await {
                Ok(()) => {
                    self.metrics.delivery("delivered");
                    tracing::debug!(event = event.id, "the webhook was told");
                    return Ok(());
                }
                Err(why) if last => return self.give_up(event, &why),
                Err(why) => {
                    let Some(delay) = delays.next() else {
                        return self.give_up(event, &why);
                    };
                    self.metrics.delivery("retried");
                    tracing::warn!(event = event.id, why, "the webhook is called again later");
                    tokio::select! {
                        () = tokio::time::sleep(with_jitter(*delay)) => {}
                        _ = ending.wait_for(|ending| *ending) => {}
                    }
                }
            }
        }
    }

    async fn attempt(&self, event: &Event) -> Result<(), String> {
        let permit = self.concurrency.acquire().await;
        let status = self.sender.send(event).await?;
        drop(permit);
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => Err(format!(
                "it answers with the redirect {status}, which is not followed"
            )),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(format!(
                "it answers {status}: is the secret the same there?"
            )),
            status => Err(format!("it answers {status}")),
        }
    }

    fn give_up(&self, event: &Event, why: &str) -> Result<(), ()> {
        self.metrics.delivery("failed");
        tracing::error!(
            event = event.id,
            key = event.upload.key,
            why,
            "the webhook was not told"
        );
        Err(())
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, BoundedMap<String, ()>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The delay, shortened by up to a fifth, so that servers that failed together do not retry together.
fn with_jitter(delay: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0) % 200;
    delay * (1000 - random) / 1000
}
