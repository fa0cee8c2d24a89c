//! Streams the run of an agent to a terminal.

mod application;
mod args;
mod config;
mod credential;
mod driver;
mod exit;
mod follow;
mod problem;
mod render;
mod run;
mod settings;
mod stops;
mod transport;
mod watch;
mod websocket;

use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use args::{Cli, Command};
use exit::Outcome;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let failed = error.use_stderr();
            // There is nowhere left to say that standard error is closed.
            let _ = error.print();
            return if failed { Outcome::Failed.code() } else { ExitCode::SUCCESS };
        }
    };
    if let Some(Command::Config { action }) = &cli.command {
        return match config::carry_out(action) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => refuse(&problem.to_string()),
        };
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&format!("Cannot start: {error}")),
    };
    let outcome = runtime.block_on(run::run(&cli.run));
    // A name that is still being looked up would hold the end back.
    runtime.shutdown_background();
    outcome.code()
}

fn refuse(why: &str) -> ExitCode {
    anstream::eprintln!("agent-run: {why}");
    Outcome::Failed.code()
}
