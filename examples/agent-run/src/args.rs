//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};

use crate::settings::Key;

const EXAMPLES: &str = "\
Examples:
  agent-run \"How does a message reach me?\"          start a run at the server and stream the answer
  agent-run --operation op_1                        follow a run that was started elsewhere
  agent-run --json \"How?\" > events.json             keep the events, as one JSON array
  agent-run --replay events.json                    show them again, without a network
  agent-run config set gateway https://g.example    remember a gateway

The answer goes to standard output, everything else to standard error. Ctrl-C stops the run, a second
one leaves at once.

Environment:
  AGENT_GATEWAY_URL      the gateway, where --gateway is not given
  LOBEHUB_SERVER         the server, where --server is not given
  LOBEHUB_JWT            a token for runs that were started elsewhere
  LOBEHUB_CLI_API_KEY    an API key, used where there is no token
  LOBEHUB_CLI_HOME       name of the settings directory in the home directory, \".lobehub\" by default
  NO_COLOR               no colours

Exit codes: 0 completed, 1 failed or interrupted, 2 waiting for a human, 3 unknown";

/// Streams the run of an agent to the terminal
#[derive(Parser)]
#[command(name = "agent-run", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Subcommand)]
pub enum Command {
    /// Shows or changes the settings file
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
}

#[derive(Subcommand)]
pub enum ConfigAction {
    /// Prints what is in effect, and where it comes from
    Show,
    /// Remembers a URL; everything else in the file stays as it is
    Set { key: Key, url: String },
    /// Forgets a URL
    Unset { key: Key },
}

#[derive(Args)]
pub struct RunArgs {
    /// What to tell the agent; starts a run
    pub prompt: Option<String>,
    /// Follow this run instead of starting one
    #[arg(long, value_name = "ID")]
    pub operation: Option<String>,
    /// The gateway's URL [default: the one the server names, or http://127.0.0.1:8787]
    #[arg(long, value_name = "URL")]
    pub gateway: Option<String>,
    /// The server that runs belong to [default: http://127.0.0.1:8787]
    #[arg(long, value_name = "URL", visible_alias = "dev-server")]
    pub server: Option<String>,
    /// The agent to start; a development gateway has markdown, long, tool, members, failing, input and approval
    #[arg(long, value_name = "NAME", default_value = "markdown")]
    pub agent: String,
    /// Follow over server-sent events instead of a WebSocket
    #[arg(long)]
    pub sse: bool,
    /// Print all events at the end, as one JSON array, instead of the answer
    #[arg(long)]
    pub json: bool,
    /// Show a recorded file, as --json prints it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prompt", "gateway", "server", "sse"])]
    pub replay: Option<PathBuf>,
    /// Seconds without an event until the server is asked whether the run is over
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = RangedU64ValueParser::<u64>::new().range(1..=86_400))]
    stall_after: u64,
}

impl RunArgs {
    /// Silence after which the server is asked.
    pub fn stall_after(&self) -> Duration {
        Duration::from_secs(self.stall_after)
    }
}
