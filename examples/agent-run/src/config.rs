//! `agent-run config`: shows and changes the settings file.

use std::io::{self, Write};

use crate::args::ConfigAction;
use crate::problem::Problem;
use crate::settings::{Key, Settings, variable};

/// Carries an action out.
pub fn carry_out(action: &ConfigAction) -> Result<(), Problem> {
    let mut settings = Settings::load()?;
    match action {
        ConfigAction::Show => {}
        ConfigAction::Set { key, url } => settings.set(*key, url)?,
        ConfigAction::Unset { key } => settings.unset(*key)?,
    }
    let shown = show(&settings)?;
    io::stdout().write_all(shown.as_bytes()).map_err(|error| {
        Problem::new("not_written", format!("Cannot write to standard output: {error}"), "Nothing else is wrong")
    })
}

/// What is in effect. Of secrets only that they are there.
fn show(settings: &Settings) -> Result<String, Problem> {
    let endpoints = settings.endpoints(None, None)?;
    let mut shown = String::new();
    for (key, name, address) in
        [(Key::Gateway, "gateway", endpoints.gateway), (Key::Server, "server", endpoints.server)]
    {
        shown += &format!("{name:<12}{}  ({})\n", address.url, address.source.describe(key, settings));
    }
    let secret = ["LOBEHUB_JWT", "LOBEHUB_CLI_API_KEY"].into_iter().find(|name| variable(name).is_some());
    let credential = secret.map_or_else(|| "the server is asked for a token".to_owned(), |name| format!("from {name}"));
    shown += &format!("{:<12}{credential}\n{:<12}{}\n", "credential", "file", settings.path().display());
    Ok(shown)
}
