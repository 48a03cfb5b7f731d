//! The webhook: a site's backend is told of each completed upload.
//!
//! Owns the queue, which is bounded and in memory, and the tries: a few, further and further apart. Whoever completes an
//! upload never waits for it. What is said is in [`event`]. Refuses to promise more than "at least once, unless this
//! process ends": a site that must know of every object asks its store, which is the one that knows.

pub mod event;
mod post;

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{StatusCode, Uri};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::{config::Secret, metrics::Metrics, recent::Recent};
use event::{Completed, Event};
use post::Post;

/// How many events may wait, about 1 KiB each. What comes when so many do is not told.
const QUEUE: u32 = 10_000;
/// How many requests are in flight at once.
const AT_ONCE: usize = 8;
/// The waits between the tries: nine of them in four hours.
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
/// How many events that were told are remembered, so that a completion that is asked for again is not told again, unless
/// the object is another by then.
const TOLD: usize = 5_000;

/// Who is told.
#[derive(Clone)]
pub struct Target {
    /// Where to send it. It may hold a secret of the receiver's, so that it is not logged.
    pub url: Uri,
    /// Signs what is sent.
    pub secret: Secret,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("host", &self.url.host())
            .finish_non_exhaustive()
    }
}

/// Tells the target. Clones share one queue.
#[derive(Clone)]
pub struct Webhook(Arc<Shared>);

struct Shared {
    post: Post,
    delays: Vec<Duration>,
    queue: Arc<Semaphore>,
    at_once: Semaphore,
    /// The events that wait or have been told.
    known: Mutex<Recent<String, ()>>,
    ending: watch::Sender<bool>,
    metrics: Metrics,
}

impl Webhook {
    /// A webhook with an empty queue. Fails where the system has no certificates to trust.
    pub fn new(target: Target, metrics: Metrics) -> io::Result<Self> {
        Self::with_delays(target, metrics, DELAYS.to_vec())
    }

    /// A webhook that waits so long between its tries.
    pub fn with_delays(
        target: Target,
        metrics: Metrics,
        delays: Vec<Duration>,
    ) -> io::Result<Self> {
        let shared = Shared {
            post: Post::new(target)?,
            delays,
            queue: Arc::new(Semaphore::new(QUEUE as usize)),
            at_once: Semaphore::new(AT_ONCE),
            known: Mutex::new(Recent::new(TOLD)),
            ending: watch::Sender::new(false),
            metrics,
        };
        Ok(Self(Arc::new(shared)))
    }

    /// Tells of a completed upload, later. Needs a running `tokio`.
    pub fn completed(&self, upload: Completed) {
        let event = Event::completed(upload);
        let Ok(place) = Arc::clone(&self.0.queue).try_acquire_owned() else {
            self.0.metrics.delivery("dropped");
            tracing::error!(
                event = event.id,
                "the webhook is not told: too many events wait already"
            );
            return;
        };
        let mut known = self.0.known();
        if known.get_mut(&event.id).is_some() {
            return;
        }
        known.entry(event.id.clone(), || ());
        drop(known);
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.tell(event, place).await });
    }

    /// How many events have not been told yet.
    pub fn waiting(&self) -> usize {
        QUEUE as usize - self.0.queue.available_permits()
    }

    /// Tries once more for everything that waits, for at most so long, and gives up the rest.
    pub async fn finish(&self, limit: Duration) {
        self.0.ending.send_replace(true);
        // Every event has a place in the queue until it was told.
        let all = self.0.queue.acquire_many(QUEUE);
        if tokio::time::timeout(limit, all).await.is_err() {
            tracing::error!(
                events = self.waiting(),
                "the webhook was not told of all uploads"
            );
        }
    }
}

impl Shared {
    async fn tell(&self, event: Event, place: OwnedSemaphorePermit) {
        self.metrics.waiting().inc();
        let outcome = self.try_all(&event).await;
        if outcome.is_err() {
            // A completion that is asked for again may be told again.
            self.known().remove(&event.id);
        }
        self.metrics.waiting().dec();
        drop(place);
    }

    async fn try_all(&self, event: &Event) -> Result<(), ()> {
        let mut ending = self.ending.subscribe();
        let mut delays = self.delays.iter();
        loop {
            // The last try is one that begins after the end was asked for.
            let last = *ending.borrow();
            match self.try_once(event).await {
                Ok(()) => {
                    self.metrics.delivery("delivered");
                    tracing::debug!(event = event.id, "the webhook was told");
                    return Ok(());
                }
                Err(why) if last => return self.given_up(event, &why),
                Err(why) => {
                    let Some(delay) = delays.next() else {
                        return self.given_up(event, &why);
                    };
                    self.metrics.delivery("retried");
                    tracing::warn!(event = event.id, why, "the webhook is told again later");
                    tokio::select! {
                        () = tokio::time::sleep(spread(*delay)) => {}
                        _ = ending.wait_for(|ending| *ending) => {}
                    }
                }
            }
        }
    }

    async fn try_once(&self, event: &Event) -> Result<(), String> {
        let turn = self.at_once.acquire().await;
        let status = self.post.send(event).await?;
        drop(turn);
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => {
                Err(format!("it answers {status}, which is not followed"))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(format!(
                "it answers {status}: is the secret the same there?"
            )),
            status => Err(format!("it answers {status}")),
        }
    }

    fn given_up(&self, event: &Event, why: &str) -> Result<(), ()> {
        self.metrics.delivery("failed");
        tracing::error!(
            event = event.id,
            key = event.upload.key,
            why,
            "the webhook was not told"
        );
        Err(())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Recent<String, ()>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait, shortened by up to a fifth, so that servers that failed together do not come back together.
fn spread(delay: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0) % 200;
    delay * (1000 - random) / 1000
}
