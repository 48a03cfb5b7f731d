//! A running server from a [`Config`].
//!
//! Binds the sockets, starts the tasks and ends them in order. Each error names the option that mends it. The store is
//! bound first, since URLs are signed for its address.

mod listen;

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::HeaderValue};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    access::{Authenticate, Bearer, Quota},
    app::App,
    config::{Bucket, Config, StoreCors},
    embedded::{DataDir, EmbeddedStore},
    events::Webhook,
    grants::TokenSigner,
    http::{
        ConnectionLimiter, ConnectionSettings, raise_open_file_limit, router, serve_connections,
    },
    primitives::Secret,
    store::{BucketLocation, CorsRule, Store, cors_rule},
    telemetry::Metrics,
};
use listen::{address, bind, url};

pub use listen::StartError;

/// The time for requests in flight after the end was requested.
const GRACE: Duration = Duration::from_secs(10);

/// The time for waiting events of the webhook after the last request.
const WEBHOOK_GRACE: Duration = Duration::from_secs(10);

/// A server that has bound its ports and does not answer yet.
pub struct Server {
    api: (TcpListener, Router),
    store: Option<(TcpListener, Router, DataDir)>,
    metrics: Option<(TcpListener, Router)>,
    webhook: Option<Webhook>,
    connection_settings: ConnectionSettings,
    api_address: SocketAddr,
    store_address: Option<SocketAddr>,
}

impl Server {
    /// Binds the ports and opens the folder of the embedded store.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        if let Some(site) = &config.site
            && !site.is_dir()
        {
            return Err(StartError(format!(
                "There is no folder {}; name the one with the site by --site.",
                site.display()
            )));
        }
        let (store, embedded) = store(&config).await?;
        let token_signer = token_signer(&config)?;
        let auth = auth(&config)?;
        let counts = Metrics::default();
        let webhook = webhook(&config, &counts)?;
        let metrics = metrics(&config, &counts).await?;
        let proxies = Arc::new(config.access.proxies);
        let connection_settings = ConnectionSettings {
            head: config.head_timeout,
            write: config.write_timeout,
            limiter: ConnectionLimiter::new(
                config.connections,
                raise_open_file_limit(),
                Arc::clone(&proxies),
            ),
        };
        let app = App {
            limits: Arc::new(config.limits),
            keys: Arc::new(config.keys),
            disposition: config.disposition,
            forms: config.forms,
            presigned_delete: config.presigned_delete,
            keep_stored: config.keep_stored,
            downloads: config.downloads,
            doctor: config.doctor.then(Arc::default),
            origins: config.origins,
            hosts: config.hosts,
            request_timeout: config.request_timeout,
            static_files: config.site,
            auth,
            quota: Arc::new(Quota::new(config.access.quotas)),
            proxies,
            webhook: webhook.clone(),
            metrics: counts,
            ..App::new(store, token_signer)
        };
        let listener = bind(&config.host, config.port, "--port").await?;
        let api_address = address(&listener)?;
        let store_address = embedded
            .as_ref()
            .map(|(listener, ..)| address(listener))
            .transpose()?;
        Ok(Self {
            api: (listener, router(app)),
            store: embedded,
            metrics,
            webhook,
            connection_settings,
            api_address,
            store_address,
        })
    }

    /// The URL of the API and the static files.
    pub fn url(&self) -> String {
        url(self.api_address)
    }

    /// The URL of the embedded store, if there is one.
    pub fn store_url(&self) -> Option<String> {
        self.store_address.map(url)
    }

    /// The URL of the metrics, if they are served.
    pub fn metrics_url(&self) -> Option<String> {
        let (listener, _) = self.metrics.as_ref()?;
        listener.local_addr().ok().map(url)
    }

    /// Answers until `end`, then lets requests in flight finish.
    pub async fn run(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let (ending, ended) = watch::channel(false);
        let answer = |(listener, app): (TcpListener, Router)| {
            let end = end_requested(ended.clone());
            tokio::spawn(serve_connections(
                listener,
                app,
                self.connection_settings.clone(),
                end,
            ))
        };
        let api = answer(self.api);
        let (store, data) = match self.store {
            Some((listener, app, data)) => (Some(answer((listener, app))), Some(data)),
            None => (None, None),
        };
        // Its task ends with the process.
        self.metrics.map(answer);
        end.await;
        tracing::info!("shutting down");
        // The send fails if both have ended already.
        let _ = ending.send(true);
        let all = async {
            let api = api.await;
            if let Some(store) = store {
                store.await?;
            }
            api
        };
        let result = tokio::time::timeout(GRACE, all)
            .await
            .unwrap_or(Ok(()))
            .map_err(io::Error::other);
        if let Some(webhook) = self.webhook {
            webhook.finish(WEBHOOK_GRACE).await;
        }
        // A temporary folder is removed after the last request that may write to it.
        drop(data);
        result
    }
}

/// The store, with its listener and router if it is the embedded one.
async fn store(
    config: &Config,
) -> Result<(Store, Option<(TcpListener, Router, DataDir)>), StartError> {
    Ok(match &config.bucket {
        Bucket::Remote {
            bucket,
            region,
            endpoint,
            public_endpoint,
            path_style,
        } => {
            let location = BucketLocation {
                bucket: bucket.clone(),
                region: region.clone(),
                endpoint: endpoint.clone(),
                public_endpoint: public_endpoint.clone(),
                path_style: *path_style,
            };
            (
                Store::from_environment(location, config.expires).await,
                None,
            )
        }
        Bucket::Embedded {
            port,
            data,
            cors,
            credentials,
            public_endpoint,
        } => {
            let data = DataDir::open(data.as_deref()).map_err(|error| {
                let folder = data
                    .as_ref()
                    .map_or("a temporary folder".to_owned(), |data| {
                        data.display().to_string()
                    });
                StartError(format!(
                    "The store cannot write to {folder} ({error}); choose another folder by --data."
                ))
            })?;
            let listener = bind(&config.host, *port, "--store-port").await?;
            let address = address(&listener)?;
            let embedded = EmbeddedStore::new(
                &data,
                url(address),
                public_endpoint.clone(),
                credentials.clone(),
                rules(cors, config)?,
                config.expires,
            )
            .map_err(|error| StartError(format!("The embedded store cannot start: {error}.")))?;
            (embedded.store, Some((listener, embedded.router, data)))
        }
    })
}

/// The signer of upload ids, which also verifies those of the previous secret.
fn token_signer(config: &Config) -> Result<TokenSigner, StartError> {
    Ok(match &config.secret {
        Some(secret) => {
            let token_signer = |secret: &Secret| {
                TokenSigner::new(secret.expose().as_bytes(), config.upload_expires)
            };
            match &config.previous_secret {
                Some(previous) => token_signer(secret).with_previous(token_signer(previous)),
                None => token_signer(secret),
            }
        }
        None => TokenSigner::random(config.upload_expires).map_err(|error| {
            StartError(format!(
                "The system gives no random numbers ({error}); give a --secret."
            ))
        })?,
    })
}

/// The CORS rules of the embedded store's bucket.
fn rules(cors: &StoreCors, config: &Config) -> Result<Vec<CorsRule>, StartError> {
    let path = match cors {
        StoreCors::Off => return Ok(Vec::new()),
        StoreCors::On => {
            let any = || vec!["*".to_owned()];
            let named = |origins: &Vec<HeaderValue>| {
                let origins = origins.iter().filter_map(|origin| origin.to_str().ok());
                origins.map(str::to_owned).collect()
            };
            let mut rule = CorsRule::for_uploads(config.origins.as_ref().map_or_else(any, named));
            if config.presigned_delete {
                rule.allowed_methods.push("DELETE".to_owned());
            }
            return Ok(vec![rule]);
        }
        StoreCors::File(path) => path,
    };
    let wrong = |error: &dyn fmt::Display| {
        StartError(format!(
            "The store's CORS rules cannot be read from {} (--store-cors on, off or a JSON file): {error}.",
            path.display()
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    cors_rule::read(&text).map_err(|error| wrong(&error))
}

/// Completes once the end was requested.
async fn end_requested(mut ended: watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

/// The check of tokens, if one is configured. Warns of a real bucket that accepts files from everybody.
fn auth(config: &Config) -> Result<Option<Arc<dyn Authenticate>>, StartError> {
    if let Some(tokens) = &config.access.tokens {
        let bearer = Bearer::new(tokens).map_err(|error| StartError(error.0))?;
        return Ok(Some(Arc::new(bearer)));
    }
    if matches!(config.bucket, Bucket::Remote { .. }) {
        tracing::warn!(
            "ANYBODY WHO REACHES THIS SERVER MAY UPLOAD to the bucket, since no authentication is configured. Give \
             --auth-secret, --jwt-secret, --jwt-key or --jwks, unless a proxy in front of the server authenticates"
        );
    }
    Ok(None)
}

fn webhook(config: &Config, counts: &Metrics) -> Result<Option<Webhook>, StartError> {
    let target = config.webhook.clone();
    let webhook = target.map(|target| Webhook::new(target, counts.clone()));
    webhook.transpose().map_err(|error| {
        StartError(format!(
            "The webhook's certificate could not be checked ({error}); install the system's CA certificates."
        ))
    })
}

async fn metrics(
    config: &Config,
    counts: &Metrics,
) -> Result<Option<(TcpListener, Router)>, StartError> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    let listener = bind(&address.ip().to_string(), address.port(), "--metrics").await?;
    Ok(Some((listener, counts.router())))
}
