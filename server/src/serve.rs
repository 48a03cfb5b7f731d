//! Sockets: binding them, answering on them ([`connections`]), ending in order.
//!
//! Owns the way from a [`Config`] to a running server, and the sentences about what stops it from starting. The store is
//! bound first, since URLs are signed for its address.

pub mod connections;

use std::{fmt, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, http::HeaderValue};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    App,
    auth::{Bearer, Hook},
    config::{Bucket, Config, StoreCors},
    cors_rule::{self, CorsRule},
    embedded::{Data, Embedded},
    metrics::Metrics,
    quota::Quota,
    router,
    store::{Place, Store},
    ticket::Seal,
    webhook::Webhook,
};

/// For how long requests in flight may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// For how long the webhook is told of what waits, after the last request.
const WEBHOOK_GRACE: Duration = Duration::from_secs(10);

/// Why the server does not start, in a sentence.
#[derive(Debug)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// A server that is bound to its ports and does not answer yet.
pub struct Server {
    api: (TcpListener, Router),
    store: Option<(TcpListener, Router, Data)>,
    metrics: Option<(TcpListener, Router)>,
    webhook: Option<Webhook>,
    head_timeout: Duration,
    api_address: SocketAddr,
    store_address: Option<SocketAddr>,
}

impl Server {
    /// Binds the ports and opens the folder of the embedded store.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if let Some(site) = &config.site
            && !site.is_dir()
        {
            return Err(StartError(format!(
                "There is no folder {}; name the one with the site by --site.",
                site.display()
            )));
        }
        let (store, embedded) = match &config.bucket {
            Bucket::Remote {
                bucket,
                region,
                endpoint,
                public_endpoint,
                path_style,
            } => {
                let place = Place {
                    bucket: bucket.clone(),
                    region: region.clone(),
                    endpoint: endpoint.clone(),
                    public_endpoint: public_endpoint.clone(),
                    path_style: *path_style,
                };
                (Store::from_environment(place, config.expires).await, None)
            }
            Bucket::Embedded {
                port,
                data,
                cors,
                credentials,
                public_endpoint,
            } => {
                let data = Data::open(data.as_deref()).map_err(|error| {
                    let folder = data.as_ref().map_or("a temporary folder".to_owned(), |data| data.display().to_string());
                    StartError(format!("The store cannot write to {folder} ({error}); choose another folder by --data."))
                })?;
                let listener = bind(&config.host, *port, "--store-port").await?;
                let address = address(&listener)?;
                let embedded = Embedded::new(
                    &data,
                    url(address),
                    public_endpoint.clone(),
                    credentials.clone(),
                    rules(cors, &config)?,
                    config.expires,
                )
                .map_err(|error| {
                    StartError(format!("The embedded store cannot start: {error}."))
                })?;
                (embedded.store, Some((listener, embedded.router, data)))
            }
        };
        let seal = match &config.secret {
            Some(secret) => Seal::new(secret.expose().as_bytes(), config.upload_expires),
            None => Seal::random(config.upload_expires).map_err(|error| {
                StartError(format!(
                    "The system gives no random numbers ({error}); give a --secret."
                ))
            })?,
        };
        let auth = auth(&config)?;
        let counts = Metrics::default();
        let webhook = webhook(&config, &counts)?;
        let metrics = metrics(&config, &counts).await?;
        let app = App {
            limits: Arc::new(config.limits),
            keys: Arc::new(config.keys),
            disposition: config.disposition,
            forms: config.forms,
            presigned_delete: config.presigned_delete,
            doctor: config.doctor.then(Arc::default),
            origins: config.origins,
            request_timeout: config.request_timeout,
            site: config.site,
            auth,
            quota: Arc::new(Quota::new(config.access.quotas)),
            proxies: Arc::new(config.access.proxies),
            webhook: webhook.clone(),
            metrics: counts,
            ..App::new(store, seal)
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
            head_timeout: config.head_timeout,
            api_address,
            store_address,
        })
    }

    /// Where the API and the site answer.
    pub fn url(&self) -> String {
        url(self.api_address)
    }

    /// Where the embedded store answers, if there is one.
    pub fn store_url(&self) -> Option<String> {
        self.store_address.map(url)
    }

    /// Where Prometheus is answered, if it is.
    pub fn metrics_url(&self) -> Option<String> {
        let (listener, _) = self.metrics.as_ref()?;
        listener.local_addr().ok().map(url)
    }

    /// Answers until `end`, then lets requests in flight finish.
    pub async fn run(self, end: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let (ending, ended) = watch::channel(false);
        let answer = |(listener, app): (TcpListener, Router)| {
            let end = asked(ended.clone());
            tokio::spawn(connections::answer(listener, app, self.head_timeout, end))
        };
        let api = answer(self.api);
        let (store, data) = match self.store {
            Some((listener, app, data)) => (Some(answer((listener, app))), Some(data)),
            None => (None, None),
        };
        // Its task ends with the process: nobody waits for numbers.
        self.metrics.map(answer);
        end.await;
        tracing::info!("ending");
        // Nobody to tell means that both have ended already.
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
        // A temporary folder goes only after the last request that may write to it.
        drop(data);
        result
    }
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

/// Once the end was asked for.
async fn asked(mut ended: watch::Receiver<bool>) {
    let _ = ended.wait_for(|ended| *ended).await;
}

/// Who is asked for a token. A real bucket that everybody may fill is said aloud.
fn auth(config: &Config) -> Result<Hook, StartError> {
    if let Some(tokens) = &config.access.tokens {
        let bearer = Bearer::new(tokens).map_err(|error| StartError(error.0))?;
        return Ok(Some(Arc::new(bearer)));
    }
    if matches!(config.bucket, Bucket::Remote { .. }) {
        tracing::warn!(
            "ANYBODY WHO REACHES THIS SERVER MAY UPLOAD to the bucket: nobody is asked who they are. Give \
             --auth-secret, --jwt-secret, --jwt-key or --jwks, unless something in front of it asks"
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

async fn bind(host: &str, port: u16, flag: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        StartError(match error.kind() {
            io::ErrorKind::AddrInUse => {
                format!("Port {port} is in use already; choose another one by {flag}.")
            }
            io::ErrorKind::PermissionDenied => {
                format!("Port {port} is not for ordinary users; choose another one by {flag}.")
            }
            _ => format!("Cannot listen on {host}, port {port} ({error}); see --host and {flag}."),
        })
    })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| {
        StartError(format!(
            "The system does not say where the server listens: {error}."
        ))
    })
}

/// The address as a browser on this machine would open it.
fn url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    format!("http://{address}")
}
