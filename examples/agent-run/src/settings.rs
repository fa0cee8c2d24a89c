//! The settings file, and which gateway and server are in effect.

use std::env;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use reqwest::Url;
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use crate::problem::Problem;

/// The development gateway, which is its own server. No product's server is ever called unasked.
const DEFAULT_URL: &str = "http://127.0.0.1:8787";
const DEFAULT_DIRECTORY: &str = ".lobehub";

/// A URL that can be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Key {
    /// Where events come from.
    Gateway,
    /// Where runs are started.
    Server,
}

/// A URL in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub url: String,
    pub source: Source,
}

/// Where a value comes from, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Option,
    Environment,
    File,
    /// The other one of the two: a development gateway is its own server.
    Other,
    Default,
}

/// The two URLs in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub gateway: Address,
    pub server: Address,
}

/// The settings file. Members that this program does not know are kept.
#[derive(Debug)]
pub struct Settings {
    path: PathBuf,
    stored: Map<String, Value>,
}

impl Key {
    fn member(self) -> &'static str {
        match self {
            Self::Gateway => "agentGatewayUrl",
            Self::Server => "serverUrl",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Gateway => "AGENT_GATEWAY_URL",
            Self::Server => "LOBEHUB_SERVER",
        }
    }

    fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Gateway => &["http", "https", "ws", "wss"],
            Self::Server => &["http", "https"],
        }
    }

    /// Checks a URL; without the slash at its end.
    fn check(self, url: &str, from: &str) -> Result<String, Problem> {
        let parsed = Url::parse(url).ok().filter(|parsed| self.schemes().contains(&parsed.scheme()));
        if parsed.is_none_or(|parsed| !parsed.has_host()) {
            let message = format!("{from} is not a URL of a {}: \"{url}\"", self.name());
            let next_step = format!("It must begin with {}://", self.schemes().join(":// or "));
            return Err(Problem::new("bad_url", message, next_step));
        }
        Ok(url.strip_suffix('/').unwrap_or(url).to_owned())
    }

    fn other(self) -> Self {
        match self {
            Self::Gateway => Self::Server,
            Self::Server => Self::Gateway,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Server => "server",
        }
    }
}

impl Source {
    /// How `config show` names it.
    pub fn describe(self, key: Key, settings: &Settings) -> String {
        match self {
            Self::Option => format!("--{}", key.name()),
            Self::Environment => key.variable().to_owned(),
            Self::File => settings.path.display().to_string(),
            Self::Other => format!("the same as the {}", key.other().name()),
            Self::Default => "default".to_owned(),
        }
    }
}

impl Settings {
    /// Reads the file; one that does not exist is empty.
    pub fn load() -> Result<Self, Problem> {
        let home = dirs::home_dir().ok_or_else(|| {
            Problem::new("no_home", "The home directory is not known", "Set HOME, or LOBEHUB_CLI_HOME to a full path")
        })?;
        let directory = variable("LOBEHUB_CLI_HOME").unwrap_or_else(|| DEFAULT_DIRECTORY.to_owned());
        Self::at(home.join(directory).join("settings.json"))
    }

    fn at(path: PathBuf) -> Result<Self, Problem> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self { path, stored: Map::new() }),
            Err(error) => return Err(unreadable(&path, &error.to_string())),
        };
        let stored = serde_json::from_str(&text).map_err(|error| unreadable(&path, &error.to_string()))?;
        Ok(Self { path, stored })
    }

    /// What is in effect: the option, else the environment, else the file, else the other of the two, else the default.
    pub fn endpoints(&self, gateway: Option<&str>, server: Option<&str>) -> Result<Endpoints, Problem> {
        let gateway = self.address(Key::Gateway, gateway)?;
        let server = self.address(Key::Server, server)?;
        let same = |other: &Address| Address { url: other.url.clone(), source: Source::Other };
        let default = || Address { url: DEFAULT_URL.to_owned(), source: Source::Default };
        Ok(match (gateway, server) {
            (Some(gateway), Some(server)) => Endpoints { gateway, server },
            (Some(gateway), None) => Endpoints { server: same(&over_http(&gateway)), gateway },
            (None, Some(server)) => Endpoints { gateway: same(&server), server },
            (None, None) => Endpoints { gateway: default(), server: default() },
        })
    }

    fn address(&self, key: Key, option: Option<&str>) -> Result<Option<Address>, Problem> {
        let stored = self.stored.get(key.member()).and_then(Value::as_str).map(str::to_owned);
        let (url, source, from) = if let Some(url) = option {
            (url.to_owned(), Source::Option, format!("--{}", key.name()))
        } else if let Some(url) = variable(key.variable()) {
            (url, Source::Environment, key.variable().to_owned())
        } else if let Some(url) = stored {
            (url, Source::File, format!("{} in {}", key.member(), self.path.display()))
        } else {
            return Ok(None);
        };
        Ok(Some(Address { url: key.check(&url, &from)?, source }))
    }

    /// Remembers a URL and writes the file.
    pub fn set(&mut self, key: Key, url: &str) -> Result<(), Problem> {
        let url = key.check(url, "The URL")?;
        self.stored.insert(key.member().to_owned(), Value::String(url));
        self.save()
    }

    /// Forgets a URL and writes the file; one in which nothing is left is deleted.
    pub fn unset(&mut self, key: Key) -> Result<(), Problem> {
        self.stored.remove(key.member());
        self.save()
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn save(&self) -> Result<(), Problem> {
        self.write().map_err(|error| {
            let message = format!("Cannot write {}: {error}", self.path.display());
            Problem::new(
                "settings_not_saved",
                message,
                "Make the directory writable, or set LOBEHUB_CLI_HOME to another",
            )
        })
    }

    /// The old file stays whole until the new one is.
    fn write(&self) -> std::io::Result<()> {
        if self.stored.is_empty() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let directory = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut file = NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, &self.stored)?;
        file.write_all(b"\n")?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// A variable of the environment; an empty one counts as absent.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A gateway's URL for requests that are no sockets.
fn over_http(gateway: &Address) -> Address {
    let url = gateway.url.strip_prefix("ws").map_or_else(|| gateway.url.clone(), |rest| format!("http{rest}"));
    Address { url, source: gateway.source }
}

fn unreadable(path: &Path, why: &str) -> Problem {
    let message = format!("Cannot read the settings in {}: {why}", path.display());
    Problem::new("settings_unreadable", message, "Correct the file or delete it; it holds one JSON object")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(directory: &tempfile::TempDir, text: &str) -> Settings {
        let path = directory.path().join("settings.json");
        fs::write(&path, text).unwrap();
        Settings::at(path).unwrap()
    }

    #[test]
    fn a_gateway_and_what_is_not_known_survive_the_setting_of_a_server() {
        let directory = tempfile::tempdir().unwrap();
        let text = r#"{"agentGatewayUrl":"https://g.example","gatewayUrl":"https://d.example","theme":"dark"}"#;
        let mut settings = settings(&directory, text);
        settings.set(Key::Server, "https://s.example/").unwrap();

        let stored: Value = serde_json::from_str(&fs::read_to_string(settings.path()).unwrap()).unwrap();
        assert_eq!(
            stored,
            serde_json::json!({
                "agentGatewayUrl": "https://g.example", "gatewayUrl": "https://d.example", "theme": "dark",
                "serverUrl": "https://s.example",
            })
        );
    }

    #[test]
    fn a_file_in_which_nothing_is_left_is_deleted() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(&directory, r#"{"agentGatewayUrl":"https://g.example"}"#);
        settings.unset(Key::Gateway).unwrap();
        assert!(!settings.path().exists());
        settings.unset(Key::Gateway).unwrap();
    }

    #[test]
    fn a_gateway_that_stands_alone_is_its_own_server() {
        let directory = tempfile::tempdir().unwrap();
        let settings = settings(&directory, "{}");
        let endpoints = settings.endpoints(Some("wss://g.example/agent/"), None).unwrap();
        assert_eq!(endpoints.gateway.url, "wss://g.example/agent");
        assert_eq!(endpoints.server, Address { url: "https://g.example/agent".to_owned(), source: Source::Other });
    }

    #[test]
    fn what_is_no_url_of_its_kind_is_refused_with_what_was_expected() {
        let directory = tempfile::tempdir().unwrap();
        let mut settings = settings(&directory, "{}");
        for (key, url) in [(Key::Gateway, "localhost:8787"), (Key::Server, "ws://s.example"), (Key::Gateway, "http://")]
        {
            let problem = settings.set(key, url).unwrap_err().to_string();
            assert!(problem.contains("bad_url") && problem.contains("http://"), "{url}: {problem}");
        }
    }
}
