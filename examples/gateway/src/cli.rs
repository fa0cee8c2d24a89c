//! The command line.

use std::net::IpAddr;
use std::time::Duration;

use agent_gateway::{Config, Timers};
use clap::builder::{RangedI64ValueParser, RangedU64ValueParser};
use clap::{Parser, ValueEnum};

/// Thirty days; a deadline further off is a slip of the keyboard.
const LONGEST_MS: u64 = 30 * 24 * 3_600_000;
const DEVELOPMENT_SERVICE_TOKEN: &str = "dev-service-token";

/// A development Agent Gateway: the protocols v1 and v2, a scripted agent and faults on demand.
#[derive(Parser)]
#[command(name = "agent-gateway", version)]
pub(crate) struct Cli {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on; 0 takes any free one, which the first line of output names
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Serve /dev (scripted agents, tokens, faults) to every origin; tokens are signed with a key made at start
    #[arg(long)]
    dev: bool,
    /// Token of the product server; with --dev it defaults to "dev-service-token"
    #[arg(long, env = "GATEWAY_SERVICE_TOKEN", hide_env_values = true)]
    service_token: Option<String>,
    /// JSON Web Key Set, as JSON text, with the RSA keys that sign client tokens
    #[arg(long, env = "JWKS_PUBLIC_KEY", hide_env_values = true)]
    jwks: Option<String>,
    /// Base URL of the product server that takes tool results and vouches for API keys
    #[arg(long)]
    lobe_api_url: Option<String>,
    /// Milliseconds from connect to a successful authentication
    #[arg(long, default_value_t = 10_000, value_parser = milliseconds())]
    auth_timeout_ms: u64,
    /// Milliseconds without a heartbeat until a v1 socket is closed
    #[arg(long, default_value_t = 90_000, value_parser = milliseconds())]
    heartbeat_timeout_ms: u64,
    /// The same for a v2 socket
    #[arg(long, default_value_t = 180_000, value_parser = milliseconds())]
    v2_heartbeat_timeout_ms: u64,
    /// Frames that may wait for a v2 socket until it is closed; what it missed is replayed to the next one
    #[arg(long, default_value_t = 1000, value_parser = frames())]
    v2_queue_limit: u32,
    /// Answer 404 at /v2/ws, as a gateway that knows v1 only
    #[arg(long)]
    v1_only: bool,
    /// Milliseconds an operation is kept after its end
    #[arg(long, default_value_t = 600_000, value_parser = milliseconds())]
    cleanup_after_ms: u64,
    /// Milliseconds of silence until an operation is presumed dead
    #[arg(long, default_value_t = 600_000, value_parser = milliseconds())]
    idle_watchdog_ms: u64,
    /// The same while a model or a tool is at work
    #[arg(long, default_value_t = 1_800_000, value_parser = milliseconds())]
    inflight_watchdog_ms: u64,
    /// How log lines look; they go to standard error, RUST_LOG filters them
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Cli {
    /// Checks what the options mean together.
    ///
    /// Errors with a sentence that names the option to set.
    pub(crate) fn config(&self) -> Result<Config, String> {
        let service_token = self.service_token.clone().filter(|token| !token.is_empty());
        let service_token = match service_token {
            Some(token) => token,
            None if self.dev => DEVELOPMENT_SERVICE_TOKEN.to_owned(),
            None => return Err("a service token is needed: set --service-token, or use --dev".to_owned()),
        };
        let jwks = self.jwks.clone().filter(|jwks| !jwks.is_empty());
        if jwks.is_none() && !self.dev {
            return Err("the keys of client tokens are needed: set --jwks, or use --dev".to_owned());
        }
        if let Some(url) = self.lobe_api_url.as_deref().filter(|url| !is_http_url(url)) {
            return Err(format!("--lobe-api-url must start with http:// or https://, not \"{url}\""));
        }
        let timers = Timers {
            auth_timeout: Duration::from_millis(self.auth_timeout_ms),
            heartbeat_timeout: Duration::from_millis(self.heartbeat_timeout_ms),
            v2_heartbeat_timeout: Duration::from_millis(self.v2_heartbeat_timeout_ms),
            cleanup_after: Duration::from_millis(self.cleanup_after_ms),
            idle_watchdog: Duration::from_millis(self.idle_watchdog_ms),
            inflight_watchdog: Duration::from_millis(self.inflight_watchdog_ms),
        };
        Ok(Config {
            host: self.host,
            port: self.port,
            dev: self.dev,
            service_token,
            jwks,
            lobe_api_url: self.lobe_api_url.clone(),
            timers,
            v1_only: self.v1_only,
            v2_queue_limit: usize::try_from(self.v2_queue_limit).unwrap_or(usize::MAX),
        })
    }
}

fn is_http_url(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn milliseconds() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=LONGEST_MS)
}

fn frames() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..)
}
