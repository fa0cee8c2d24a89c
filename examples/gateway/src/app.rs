//! The parts of a running gateway, its routes and its life.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tower_http::cors::{Any, CorsLayer};

use crate::auth::{Authenticator, SigningKey, keys_from_jwks};
use crate::config::{Config, Timers};
use crate::dev::{self, Dev, FaultSet, Faults};
use crate::frames::ToolResult;
use crate::gateway::Gateway;
use crate::http::not_found;
use crate::lobe::Lobe;
use crate::{connection, control, sse, v2, watchdog};

/// What is left open when the process ends is cut after this long.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(800);

/// Everything the handlers share.
pub(crate) struct App {
    pub(crate) gateway: Gateway,
    pub(crate) auth: Authenticator,
    pub(crate) lobe: Lobe,
    pub(crate) dev: Option<Dev>,
    pub(crate) address: SocketAddr,
    timers: Timers,
}

/// A gateway that listens; dropping it leaves it running.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    app: Arc<App>,
    serving: JoinHandle<io::Result<()>>,
    watching: JoinHandle<()>,
}

/// Why a gateway did not start.
#[derive(Debug)]
pub enum ServeError {
    /// The address could not be bound.
    Bind(SocketAddr, io::Error),
    /// The configured keys cannot be used.
    Keys(String),
}

impl fmt::Display for ServeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(address, error) if error.kind() == io::ErrorKind::AddrInUse => {
                let port = address.port();
                write!(formatter, "port {port} is taken; choose another with --port, or --port 0 for any free one")
            }
            Self::Bind(address, error) => write!(formatter, "cannot listen on {address}: {error}"),
            Self::Keys(reason) => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for ServeError {}

/// Binds the address and starts to serve.
///
/// # Errors
///
/// [`ServeError::Bind`] when the address is taken or not ours, [`ServeError::Keys`] when the JWKS cannot be used.
pub async fn start(config: Config) -> Result<Server, ServeError> {
    let mut keys =
        config.jwks.as_deref().map(keys_from_jwks).transpose().map_err(ServeError::Keys)?.unwrap_or_default();
    let dev = config.dev.then(Dev::new);
    keys.extend(dev.as_ref().map(Dev::signing_key));

    let wanted = SocketAddr::new(config.host, config.port);
    let listener = TcpListener::bind(wanted).await.map_err(|error| ServeError::Bind(wanted, error))?;
    let address = listener.local_addr().map_err(|error| ServeError::Bind(wanted, error))?;
    let app = Arc::new(App::new(&config, keys, dev, address));

    let (stop, mut stopping) = watch::channel(false);
    let router = router(app.clone(), config.v1_only);
    let serving = tokio::spawn(async move {
        let stopped = async move {
            // An error means the server was dropped, which is no reason to stop.
            if stopping.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        axum::serve(listener, router).with_graceful_shutdown(stopped).await
    });
    let watching = tokio::spawn(watchdog::watch(app.clone()));
    Ok(Server { address, stop, app, serving, watching })
}

impl Server {
    /// The address in use, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes every socket and stops listening, within a second.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.watching.abort();
        if let Some(dev) = &self.app.dev {
            dev.stop();
        }
        self.app.gateway.close_all();
        let abort = self.serving.abort_handle();
        let mut open = self.app.gateway.connections.open.subscribe();
        // The server does not count upgraded connections among its own.
        let ended = async { tokio::join!(self.serving, open.wait_for(|open| *open == 0)).0 };
        if timeout(SHUTDOWN_LIMIT, ended).await.is_err() {
            abort.abort();
        }
    }
}

impl App {
    fn new(config: &Config, keys: Vec<SigningKey>, dev: Option<Dev>, address: SocketAddr) -> Self {
        // Without a product server there is none to hold a client to, which only development may do.
        let any_server = config.dev && config.lobe_api_url.is_none();
        let lobe = Lobe::new(config.lobe_api_url.as_deref(), &config.service_token, any_server);
        Self {
            gateway: Gateway::new(config.timers, config.v2_queue_limit),
            auth: Authenticator::new(keys, config.service_token.clone(), lobe.clone()),
            lobe,
            dev,
            address,
            timers: config.timers,
        }
    }

    pub(crate) fn timers(&self) -> &Timers {
        &self.timers
    }

    /// The fault switches of an operation that is a scripted run.
    pub(crate) fn faults_of_run(&self, operation_id: &str) -> Option<Arc<Faults>> {
        self.dev.as_ref()?.faults(operation_id)
    }

    pub(crate) fn client_authenticated(&self, operation_id: &str) {
        if let Some(dev) = &self.dev {
            dev.client_authenticated(operation_id);
        }
    }

    pub(crate) fn client_resumed(&self, operation_id: &str) {
        if let Some(dev) = &self.dev {
            dev.client_resumed(operation_id);
        }
    }

    /// The switches of a user; without `--dev` they are all off.
    pub(crate) fn user_faults(&self, user_id: &str) -> Arc<Faults> {
        self.dev.as_ref().map(|dev| dev.user_faults(user_id)).unwrap_or_default()
    }

    /// The switches that decide whether a user gets a v2 socket: those of the user and of every run still going on.
    pub(crate) fn dial_faults(&self, user_id: &str) -> FaultSet {
        let faults = FaultSet::of(self.user_faults(user_id));
        for (operation_id, of_run) in self.dev.iter().flat_map(|dev| dev.faults_of_runs(user_id)) {
            faults.add(&operation_id, of_run);
        }
        faults
    }

    /// Hands the result of a tool to whoever waits for it; `complain` is called when that fails.
    pub(crate) fn tool_result(&self, operation_id: &str, result: ToolResult, complain: impl FnOnce() + Send + 'static) {
        if let Some(dev) = &self.dev {
            dev.tool_result(operation_id, &result);
        }
        let lobe = self.lobe.clone();
        tokio::spawn(async move {
            if !lobe.tool_result(&result).await {
                complain();
            }
        });
    }
}

fn router(app: Arc<App>, v1_only: bool) -> Router {
    let mut router = Router::new()
        .route("/health", get(async || "OK"))
        .route("/ws", get(connection::accept))
        .nest("/api/operations", control::router(app.clone()))
        .merge(sse::router().layer(stream_cors(app.dev.is_some())));
    if !v1_only {
        router = router.route("/v2/ws", get(v2::accept));
    }
    if app.dev.is_some() {
        router = router.nest("/dev", dev::router());
    }
    router.fallback(not_found).method_not_allowed_fallback(not_found).with_state(app)
}

fn stream_cors(open: bool) -> CorsLayer {
    if !open {
        return CorsLayer::new();
    }
    let headers = ["oidc-auth", "x-api-key", "last-event-id"].map(header::HeaderName::from_static);
    let headers = headers.into_iter().chain([header::CONTENT_TYPE, header::CACHE_CONTROL, header::AUTHORIZATION]);
    CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers(headers.collect::<Vec<_>>())
}
