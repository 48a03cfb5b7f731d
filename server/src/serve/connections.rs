//! Connections: accepted, answered, and ended in order.
//!
//! Owns what axum's own loop does not: a limit to how long a request's head may take, without which anybody could hold a
//! descriptor for each half of a head that they send. Refuses to limit bodies: those of the API are within the time of
//! their request, and an upload to the embedded store may take as long as it moves.

use std::{future::Future, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower_http::add_extension::AddExtension;

/// How long a request's head may take, from the connection's begin or the answer before. An idle connection is kept as
/// long: longer than the 60 seconds of nginx and of AWS's balancers, which would else send into one that is closing.
pub const HEAD: Duration = Duration::from_secs(75);

/// Answers until `end`, then lets requests in flight finish. A head that takes longer than `head` ends its connection.
pub(super) async fn answer(
    mut listener: TcpListener,
    app: Router,
    head: Duration,
    end: impl Future<Output = ()>,
) {
    let mut http = Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head);
    let connections = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let (stream, address): (_, SocketAddr) = tokio::select! {
            // The listener waits where there is no descriptor left.
            accepted = axum::serve::Listener::accept(&mut listener) => accepted,
            () = &mut end => break,
        };
        // Without it the small answers between large requests wait for the kernel.
        let _ = stream.set_nodelay(true);
        let service = AddExtension::new(app.clone(), ConnectInfo(address));
        let connection = http
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            // It ended too early, too late or in no HTTP: the client's affair.
            let _ = connection.await;
        });
    }
    // Nobody else connects.
    drop(listener);
    connections.shutdown().await;
}
