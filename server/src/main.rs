//! The command.
//!
//! Owns the process: its output, its signals, its exit code (2 for a wrong configuration, 1 for a failed start).
//! Everything else is in the library.

use std::{
    io::{IsTerminal as _, Write as _, stderr, stdout},
    process::ExitCode,
};

use s3_upload_server::{
    config::{Bucket, Config, Options, environment},
    serve::{Server, StartError},
    telemetry,
};
use tracing::subscriber::set_global_default;

fn main() -> ExitCode {
    if let Err(error) = environment::check(std::env::vars_os()) {
        return ended(2, &error.to_string());
    }
    let config = match Config::load(Options::from_command_line()) {
        Ok(config) => config,
        Err(error) => return ended(2, &error.to_string()),
    };
    let subscriber = telemetry::subscriber(
        &config.log,
        config.log_format,
        stderr,
        stderr().is_terminal(),
    );
    match subscriber {
        Ok(subscriber) => {
            if let Err(error) = set_global_default(subscriber) {
                return ended(1, &error.to_string());
            }
        }
        Err(error) => return ended(2, &format!("--log is not a level or a filter: {error}.")),
    }
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => match runtime.block_on(run(config)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => ended(1, &error.to_string()),
        },
        Err(error) => ended(1, &format!("The threads cannot be started: {error}.")),
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    if config.secret.is_none() && matches!(config.bucket, Bucket::Remote { .. }) {
        tracing::warn!(
            "without --secret, uploads in progress end with this process, and no second server can continue them"
        );
    }
    let server = Server::start(config).await?;
    let end = end_signal().map_err(|error| {
        StartError(format!("The signal handlers cannot be installed: {error}."))
    })?;
    let store = server.store_url().map(|url| format!("Store: {url}/\n"));
    let metrics = server
        .metrics_url()
        .map(|url| format!("Metrics: {url}/metrics\n"));
    let lines = format!(
        "{}{}Ready: {}/\n",
        store.unwrap_or_default(),
        metrics.unwrap_or_default(),
        server.url()
    );
    // The ports are bound, so that a request from now on is answered. The reader of the output may be gone.
    let _ = stdout()
        .write_all(lines.as_bytes())
        .and_then(|()| stdout().flush());
    server.run(end).await?;
    Ok(())
}

/// Completes at SIGINT or SIGTERM.
#[cfg(unix)]
fn end_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes at Ctrl-C.
#[cfg(not(unix))]
fn end_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn ended(code: u8, sentence: &str) -> ExitCode {
    let _ = writeln!(stderr(), "s3-upload-server: {sentence}");
    ExitCode::from(code)
}
