//! The loop that accepts connections.
//!
//! Adds what `axum::serve` lacks: limits to the time of a request's head, to the time that an answer is not read, and
//! to the number of connections. Without them a client could use up the file descriptors. Bodies have no limit here:
//! those of the API are within the time of their request, and an upload to the embedded store may take as long as bytes
//! arrive.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo, middleware};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, time::sleep};
use tower_http::add_extension::AddExtension;

use super::{
    connection_limit::{self, ConnectionLimiter},
    write_timeout::WriteTimeoutStream,
};

/// The time limit of a request's head, from the previous answer. An idle connection is kept as long: longer than the 60
/// seconds of nginx and of AWS's balancers, which would otherwise send into a closing connection.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// The time limit of the first request's head, from the start of the connection.
const FIRST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The limits of connections.
#[derive(Clone)]
pub(crate) struct ConnectionSettings {
    /// The time limit of a request's head.
    pub head: Duration,
    /// The time limit of a blocked write.
    pub write: Duration,
    /// The limit of their number.
    pub limiter: ConnectionLimiter,
}

/// Answers until `end`, then lets requests in flight finish.
pub(crate) async fn serve_connections(
    mut listener: TcpListener,
    app: Router,
    settings: ConnectionSettings,
    end: impl Future<Output = ()>,
) {
    let app = app.layer(middleware::from_fn(connection_limit::track_request));
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.head);
    let first_head = settings.head.min(FIRST_HEAD_TIMEOUT);
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let (stream, address): (_, SocketAddr) = tokio::select! {
            // The listener waits where there is no descriptor left.
            accepted = axum::serve::Listener::accept(&mut listener) => accepted,
            () = &mut end => break,
        };
        let Some(slot) = settings.limiter.try_acquire(address.ip()) else {
            tracing::warn!("a connection was closed: all others of its address are busy");
            continue;
        };
        // Without it the small answers between large requests wait for the kernel.
        let _ = stream.set_nodelay(true);
        let service = AddExtension::new(app.clone(), ConnectInfo(address));
        let service = AddExtension::new(service, slot.handle());
        let stream = TokioIo::new(WriteTimeoutStream::new(stream, settings.write));
        let connection = http
            .serve_connection(stream, TowerToHyperService::new(service))
            .into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // Errors of a connection are the client's: an early end, a timeout, or bytes that are no HTTP.
            tokio::select! {
                _ = &mut connection => return,
                () = slot.closed() => return,
                () = sleep(first_head) => {}
            }
            if slot.has_received_request() {
                tokio::select! {
                    _ = connection => {}
                    () = slot.closed() => {}
                }
            }
        });
    }
    // No further connection is accepted.
    drop(listener);
    connections.shutdown().await;
}
