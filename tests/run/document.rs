//! `docs/run-states.md`, in the layout that the formatter of the project keeps.

use agent_gateway_client::run::{Cause, Ending, Limits, Phase, Timer, Verdict, next};

const INTRODUCTION: &str = "\
# The states of a run

Made from the table in `src/run/transitions.rs` by `WRITE_RUN_STATES=1 cargo test --test run`; a test fails when the two
differ. Every phase between `idle` and `settled` has a deadline, or waits for somebody who may take any time: the agent,
whose connection the transport watches, or the user.
";

const PHASES: &str = "\
## The phases

Once the visible output is complete, the button sends although a run is at work; the next message of the agent takes it
back. A message that is sent meanwhile has to wait in every phase whose button stops. \"As told\" stands for the
endings that are the gateway's word. Every phase that has an ending can also end as `detached` and as `superseded`.
";

const DEADLINES: &str = "\
## The deadlines

`start`, `token`, `connect`, `reconnect`, `pending` and `stop` are options (`limits`); `token_retry` and `tool_result` are
fixed; those of tools and questions the server sets. A wait for the host or the
network that was slept through goes on for 30 s, once.
";

const ENDINGS: &str = "\
## The endings

A run ends once. \"As told\" is what the gateway said: `completed`, `failed` or `interrupted`. Where nobody said it, the
verdict is never `completed`.
";

pub fn render() -> String {
    let diagram = format!("```mermaid\n{}```\n", diagram());
    [INTRODUCTION, &diagram, PHASES, &phases(), DEADLINES, &deadlines(), ENDINGS, &endings()].join("\n")
}

fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n  [*] --> idle\n");
    for from in Phase::ALL {
        for to in Phase::ALL {
            let leads = |cause: &Cause| next(from, *cause) == Some(to);
            let causes: Vec<&str> = Cause::ONGOING.into_iter().filter(leads).map(Cause::as_str).collect();
            if !causes.is_empty() {
                text += &format!("  {} --> {}: {}\n", from.as_str(), to.as_str(), causes.join(", "));
            }
        }
        if !endings_of(from).is_empty() {
            text += &format!("  {} --> settled\n", from.as_str());
        }
    }
    text + "  settled --> [*]\n"
}

fn phases() -> String {
    let mut rows = vec![["phase", "button", "waits for", "deadline", "endings"].map(str::to_owned)];
    for phase in Phase::ALL {
        let waits_for = phase.waits_for().iter().map(|waiting_for| waiting_for.as_str());
        let timers = phase.timers().iter().map(|timer| timer.as_str());
        rows.push([
            code(phase.as_str()),
            if phase.is_loading() { "stop" } else { "send" }.to_owned(),
            list(waits_for),
            list(timers),
            short_list(&endings_of(phase)),
        ]);
    }
    table(&rows)
}

fn deadlines() -> String {
    let mut rows = vec![["deadline", "length", "what happens then"].map(str::to_owned)];
    let limits = Limits::default();
    let timers = [
        (Timer::Start, seconds(limits.start), ends(Ending::StartTimeout)),
        (Timer::Token, seconds(limits.token), "the host is asked again".to_owned()),
        (Timer::TokenRetry, "2 s, 4 s".to_owned(), format!("{}, at the third time", ends(Ending::RefreshFailed))),
        (Timer::Connect, seconds(limits.connect), ends(Ending::ConnectLimit)),
        (Timer::Reconnect, seconds(limits.reconnect), ends(Ending::ReconnectLimit)),
        (Timer::Pending, seconds(limits.pending), ends(Ending::PendingLimit)),
        (Timer::Tool, "`executionTimeoutMs` − 500 ms".to_owned(), code("client_executor_timeout")),
        (Timer::ToolResult, "120 s".to_owned(), "the result is told as expired".to_owned()),
        (Timer::Intervention, "as the question says".to_owned(), "the question is withdrawn".to_owned()),
        (Timer::Stop, seconds(limits.stop), format!("{} or {}", ends(Ending::Stopped), code("stop_unconfirmed"))),
    ];
    rows.extend(timers.map(|(timer, length, then)| [code(timer.as_str()), length, then]));
    table(&rows)
}

fn endings() -> String {
    let mut rows = vec![["ending", "what happened", "verdict", "known", "can be resumed"].map(str::to_owned)];
    for ending in Ending::ALL {
        let verdict = match ending.verdict() {
            Verdict::Unknown if ending.tells_how() => "as told".to_owned(),
            verdict => code(verdict.as_str()),
        };
        let yes_or_no = |is_so| if is_so { "yes" } else { "no" }.to_owned();
        rows.push([
            code(ending.as_str()),
            what_happened(ending).to_owned(),
            verdict,
            yes_or_no(ending.is_known()),
            yes_or_no(ending.is_resumable()),
        ]);
    }
    table(&rows)
}

fn what_happened(ending: Ending) -> &'static str {
    match ending {
        Ending::AgentEvent => "the run's own terminal event",
        Ending::SessionComplete => "the gateway completed the session",
        Ending::ResumeStatus => "the status at the end of a replay",
        Ending::StatusChange => "a terminal status, also that of a watchdog",
        Ending::Lifecycle => "the feed of all operations, the stream being silent",
        Ending::Stopped => "the server confirmed the stop, the run's own end did not come",
        Ending::StoppedBeforeStart => "the request to start the run was aborted",
        Ending::StopUnconfirmed => "nobody confirmed the stop in time",
        Ending::Detached => "the application left",
        Ending::Superseded => "a newer run took its place",
        Ending::StartFailed => "the host could not start the run",
        Ending::StartTimeout => "the host did not say whether the run began",
        Ending::UnknownOperation => "the server does not know the operation",
        Ending::AuthFailed => "the gateway refused the token",
        Ending::Unauthorized => "the host said that there will be no token",
        Ending::RefreshFailed => "the host gave no token, three times",
        Ending::ConnectLimit => "no connection ever stood",
        Ending::ReconnectLimit => "the connection did not come back",
        Ending::PendingLimit => "the gateway does not know the operation, or said nothing of it",
        Ending::Unavailable => "the gateway serves no transport that there is",
        Ending::ConnectionLost => "the transport gave up",
        Ending::TransportClosed => "somebody else closed the transport",
    }
}

fn endings_of(phase: Phase) -> Vec<Ending> {
    Ending::ALL.into_iter().filter(|ending| next(phase, Cause::Ended(*ending)).is_some()).collect()
}

/// The endings of a phase, without those that all phases share.
fn short_list(endings: &[Ending]) -> String {
    let told = Ending::ALL.into_iter().filter(|ending| ending.is_told());
    let as_told = told.clone().all(|ending| endings.contains(&ending)).then(|| "as told".to_owned());
    let shared = |ending: &Ending| ending.is_told() || matches!(ending, Ending::Detached | Ending::Superseded);
    let others = endings.iter().filter(|ending| !shared(ending)).map(|ending| code(ending.as_str()));
    as_told.into_iter().chain(others).collect::<Vec<_>>().join(", ")
}

fn ends(ending: Ending) -> String {
    format!("ends as {}", code(ending.as_str()))
}

fn seconds(millis: u64) -> String {
    format!("{} s", millis / 1_000)
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(code).collect::<Vec<_>>().join(", ")
}

fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let widths: [usize; COLUMNS] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |cells: &[String; COLUMNS]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
        format!("|{}|\n", padded.collect::<Vec<_>>().join("|"))
    };
    let rule = format!("|{}|\n", widths.map(|width| format!(" {} ", "-".repeat(width))).join("|"));
    let mut text = line(&rows[0]) + &rule;
    text.extend(rows[1..].iter().map(line));
    text
}
