//! The program, started as a user starts it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{DEADLINE, Gateway};

/// A program that runs. Its settings directory is its own.
pub struct Program {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: BufReader<ChildStderr>,
    heard: String,
    _home: TempDir,
}

/// What it printed, and its exit code.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Program {
    /// Starts it against a gateway.
    pub fn start(gateway: &Gateway, arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[("AGENT_GATEWAY_URL", &gateway.url)])
    }

    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-run"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.env_clear().env("LOBEHUB_CLI_HOME", home.path()).env("HOME", home.path());
        command.envs(environment.iter().copied());
        let mut child = command.spawn().expect("the program starts");
        let stdout = tokio::spawn(read(child.stdout.take().expect("a pipe")));
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr, heard: String::new(), _home: home }
    }

    /// Runs it to its end.
    pub async fn run(gateway: &Gateway, arguments: &[&str]) -> Output {
        Self::start(gateway, arguments).end().await
    }

    /// Waits until a line on standard error holds a text.
    pub async fn says(&mut self, text: &str) {
        let waiting = async {
            loop {
                let mut line = String::new();
                let read = self.stderr.read_line(&mut line).await.expect("text");
                self.heard += &line;
                assert!(read > 0, "it never said \"{text}\" but: {}", self.heard);
                if line.contains(text) {
                    return;
                }
            }
        };
        timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("it did not say \"{text}\" in time"));
    }

    /// Sends a signal, as Ctrl-C does.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &id]).status().await.expect("kill starts");
        assert!(status.success());
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Output {
        let ending = async {
            self.stderr.read_to_string(&mut self.heard).await.expect("text");
            let status = self.child.wait().await.expect("it ends");
            let stdout = self.stdout.await.expect("the output was read");
            Output { stdout, stderr: self.heard, code: status.code() }
        };
        timeout(DEADLINE, ending).await.expect("the program ends in time")
    }
}

impl Output {
    /// The one JSON array on standard output.
    pub fn events(&self) -> Vec<Value> {
        let mut arrays = serde_json::Deserializer::from_str(&self.stdout).into_iter::<Vec<Value>>();
        let events = arrays.next().expect("an array").unwrap_or_else(|error| panic!("{error}: {}", self.stdout));
        assert!(arrays.next().is_none(), "more than one array: {}", self.stdout);
        events
    }

    /// What the agent itself said, by the events.
    pub fn text(&self, operation_id: &str) -> String {
        let events = self.events();
        let own = events.iter().filter(|event| event["operationId"] == operation_id);
        own.filter(|event| event["data"]["chunkType"] == "text")
            .filter_map(|event| event["data"]["content"].as_str())
            .collect()
    }
}

async fn read(mut pipe: ChildStdout) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).await.expect("text");
    text
}
