//! The limits of open connections.
//!
//! Connections are counted for each address and in total. When a limit is reached, the connection without a request in
//! progress that has been idle for longest is closed. An address that opens many connections and sends nothing
//! therefore blocks no other client, and no answer is cut. A new connection is refused only if all others of its
//! address are busy.

use std::{
    collections::HashMap,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use tokio::sync::Notify;

use crate::access::{Proxies, QuotaKey};

/// The most connections of one address, unless the configuration sets another limit.
pub const DEFAULT_CONNECTIONS_PER_ADDRESS: usize = 500;
/// The most connections in all, if the system allows more.
const MAX_CONNECTIONS: usize = 50_000;

/// The connections that are open.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimiter(Arc<LimiterState>);

#[derive(Debug)]
struct LimiterState {
    per_address: usize,
    total: usize,
    proxies: Arc<Proxies>,
    table: Mutex<ConnectionTable>,
}

#[derive(Debug, Default)]
struct ConnectionTable {
    next: u64,
    open: HashMap<u64, Connection>,
}

#[derive(Debug)]
struct Connection {
    /// The key of its address; `None` for a trusted proxy, which may have any number of connections.
    key: Option<QuotaKey>,
    requests: usize,
    idle_since: Instant,
    close: Arc<Notify>,
}

/// The slot of one connection. Dropping it frees the slot.
#[derive(Debug)]
pub(super) struct ConnectionSlot {
    limiter: ConnectionLimiter,
    id: u64,
    close: Arc<Notify>,
    received_request: Arc<AtomicBool>,
}

/// The connection, for its requests.
#[derive(Debug, Clone)]
pub(super) struct ConnectionHandle {
    limiter: ConnectionLimiter,
    id: u64,
    received_request: Arc<AtomicBool>,
}

/// A request in progress, its answer's body included.
struct RequestGuard(ConnectionHandle);

impl ConnectionLimiter {
    /// A limiter with this number of connections for each address, and a total that fits the system's descriptors.
    pub(crate) fn new(
        per_address: usize,
        open_files: Option<usize>,
        proxies: Arc<Proxies>,
    ) -> Self {
        // The rest is for files, for the store and for the webhook.
        let total = open_files.map_or(MAX_CONNECTIONS, |open_files| {
            MAX_CONNECTIONS.min(open_files / 4 * 3)
        });
        Self(Arc::new(LimiterState {
            per_address: per_address.min(total / 4 * 3).max(1),
            total: total.max(1),
            proxies,
            table: Mutex::default(),
        }))
    }

    /// A slot for a new connection from this address; `None` if all others are busy.
    pub(super) fn try_acquire(&self, address: IpAddr) -> Option<ConnectionSlot> {
        let is_proxy = self.0.proxies.trusts(address.to_canonical());
        let key = (!is_proxy).then(|| QuotaKey::at(Some(address)));
        let mut table = self.lock();
        if key.is_some() {
            let own = |connection: &&Connection| connection.key == key;
            if table.open.values().filter(own).count() >= self.0.per_address {
                table.close_idle(own)?;
            }
        }
        if table.open.len() >= self.0.total {
            table.close_idle(|_| true)?;
        }
        let id = table.next;
        table.next += 1;
        let close = Arc::new(Notify::new());
        table.open.insert(
            id,
            Connection {
                key,
                requests: 0,
                idle_since: Instant::now(),
                close: Arc::clone(&close),
            },
        );
        drop(table);
        Some(ConnectionSlot {
            limiter: self.clone(),
            id,
            close,
            received_request: Arc::default(),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ConnectionTable> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionTable {
    /// Closes the connection that has been idle for longest, of those that match; `None` if none is idle.
    fn close_idle(&mut self, matches: impl Fn(&&Connection) -> bool) -> Option<()> {
        let idle = self
            .open
            .iter()
            .filter(|(_, connection)| connection.requests == 0 && matches(connection));
        let (&id, _) = idle.min_by_key(|(_, connection)| connection.idle_since)?;
        // Not counted any more, though its socket lives for a moment.
        self.open.remove(&id)?.close.notify_one();
        Some(())
    }
}

impl ConnectionSlot {
    /// The handle for its requests.
    pub(super) fn handle(&self) -> ConnectionHandle {
        ConnectionHandle {
            limiter: self.limiter.clone(),
            id: self.id,
            received_request: Arc::clone(&self.received_request),
        }
    }

    /// Completes once the connection should be closed.
    pub(super) async fn closed(&self) {
        self.close.notified().await;
    }

    /// True if a request has arrived on it.
    pub(super) fn has_received_request(&self) -> bool {
        self.received_request.load(Ordering::Relaxed)
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.limiter.lock().open.remove(&self.id);
    }
}

impl ConnectionHandle {
    fn busy(self) -> RequestGuard {
        self.received_request.store(true, Ordering::Relaxed);
        if let Some(connection) = self.limiter.lock().open.get_mut(&self.id) {
            connection.requests += 1;
        }
        RequestGuard(self)
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if let Some(connection) = self.0.limiter.lock().open.get_mut(&self.0.id) {
            connection.requests = connection.requests.saturating_sub(1);
            connection.idle_since = Instant::now();
        }
    }
}

/// Keeps a connection busy until the answer was sent.
pub(super) async fn track_request(mut request: Request, next: Next) -> Response {
    let Some(handle) = request.extensions_mut().remove::<ConnectionHandle>() else {
        return next.run(request).await;
    };
    let busy = handle.busy();
    let response = next.run(request).await;
    response.map(|body| Body::new(GuardedBody { body, _busy: busy }))
}

/// A body that keeps its connection busy until it is dropped.
struct GuardedBody {
    body: Body,
    _busy: RequestGuard,
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Raises the limit of open files to what the system allows, and gives it; `None` where it is not known.
#[cfg(unix)]
pub(crate) fn raise_open_file_limit() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// More than these are never needed here.
    const ENOUGH: u64 = 65_536;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(ENOUGH).min(ENOUGH);
    let mut current = limit.current.unwrap_or(u64::MAX);
    if current < wanted {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => current = wanted,
            Err(error) => {
                tracing::warn!(%error, current, "the limit of open files cannot be raised");
            }
        }
    }
    usize::try_from(current).ok()
}

/// Other systems have no such limit, or another one.
#[cfg(not(unix))]
pub(crate) fn raise_open_file_limit() -> Option<usize> {
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn limiter(per_address: usize, raise_open_file_limit: usize) -> ConnectionLimiter {
        let proxies = Proxies::new(&["10.0.0.0/8".to_owned()]).unwrap();
        ConnectionLimiter::new(per_address, Some(raise_open_file_limit), Arc::new(proxies))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is_closed(slot: &ConnectionSlot) -> bool {
        !slot.limiter.lock().open.contains_key(&slot.id)
    }

    #[test]
    fn the_longest_idle_connection_of_an_address_makes_room() {
        let limiter = limiter(2, 1000);
        let own = address("192.0.2.1");
        let other = limiter.try_acquire(address("192.0.2.2")).unwrap();
        let first = limiter.try_acquire(own).unwrap();
        let busy = first.handle().busy();
        let second = limiter.try_acquire(own).unwrap();
        let third = limiter.try_acquire(own).unwrap();
        assert!(is_closed(&second) && !is_closed(&first) && !is_closed(&other));
        let third_busy = third.handle().busy();
        assert!(limiter.try_acquire(own).is_none(), "both are busy");
        drop(busy);
        let _fourth = limiter.try_acquire(own).unwrap();
        assert!(is_closed(&first) && !is_closed(&third));
        drop(third_busy);
        assert!(first.has_received_request() && !second.has_received_request());
    }

    #[test]
    fn a_proxy_may_have_any_number_and_all_of_them_have_an_end() {
        let limiter = limiter(2, 16);
        let proxy: Vec<_> = (0..12)
            .map(|_| limiter.try_acquire(address("10.1.2.3")))
            .collect();
        assert!(proxy.iter().flatten().all(|slot| !is_closed(slot)));
        let _new = limiter.try_acquire(address("192.0.2.1")).unwrap();
        let closed = proxy.iter().flatten().filter(|slot| is_closed(slot));
        assert_eq!(closed.count(), 1);
        drop(proxy);
        assert_eq!(limiter.lock().open.len(), 1);
    }

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        let limiter = limiter(1, 1000);
        let one = limiter.try_acquire(address("2001:db8::1")).unwrap();
        let _two = limiter.try_acquire(address("2001:db8::2")).unwrap();
        assert!(is_closed(&one));
    }
}
