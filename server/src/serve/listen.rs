//! Sockets that listen, and the error of a failed start.

use std::{fmt, io, net::SocketAddr};

use tokio::net::TcpListener;

/// The reason why the server does not start, in a sentence.
#[derive(Debug)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

pub(super) async fn bind(host: &str, port: u16, flag: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        StartError(match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("Port {port} is in use already; choose another one by {flag}.")
            }
            io::ErrorKind::PermissionDenied => {
                format!("Port {port} needs more privileges; choose another one by {flag}.")
            }
            _ => format!("Cannot listen on {host}, port {port} ({error}); see --host and {flag}."),
        })
    })
}

pub(super) fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| {
        StartError(format!(
            "The system does not report the address on which the server listens: {error}."
        ))
    })
}

/// The address as a browser on this machine would open it.
pub(super) fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    format!("http://{address}")
}
