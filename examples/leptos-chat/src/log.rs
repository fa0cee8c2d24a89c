//! The newest things that happened, one line each.

use std::collections::VecDeque;

use agent_gateway_client::web::{AgentStream, ChatEvent};
use leptos::prelude::*;
use serde::Deserialize;

const KEPT: usize = 300;

/// A line of the log.
#[derive(Clone)]
struct Line {
    number: usize,
    kind: &'static str,
    text: String,
}

/// The lines, the oldest first.
#[derive(Clone, Copy)]
pub struct Log {
    lines: RwSignal<VecDeque<Line>>,
}

impl Log {
    pub fn new() -> Self {
        Self { lines: RwSignal::default() }
    }

    /// Something that the page did or noticed.
    pub fn page(self, text: &str) {
        self.add("page", text.to_owned());
    }

    /// What a run tells.
    pub fn event(self, event: ChatEvent) {
        #[derive(Deserialize)]
        struct Named {
            r#type: String,
        }
        match event {
            ChatEvent::AgentEvent(event) => {
                let name = AgentStream::read(event).map_or_else(|_| "unreadable".to_owned(), |Named { r#type }| r#type);
                self.add("event", name);
            }
            ChatEvent::Error { message, .. } => self.add("page", message),
            ChatEvent::StopRefused => self.page("stop refused"),
            ChatEvent::ToolResultExpired { .. } => self.page("tool result expired"),
        }
    }

    fn add(self, kind: &'static str, text: String) {
        self.lines.update(|lines| {
            let number = lines.back().map_or(0, |line| line.number + 1);
            lines.push_back(Line { number, kind, text });
            if lines.len() > KEPT {
                lines.pop_front();
            }
        });
    }
}

#[component]
pub fn LogPanel(log: Log) -> impl IntoView {
    view! {
        <section class="panel panel-log" data-testid="log" aria-labelledby="log-title">
            <header class="panel-head">
                <h2 id="log-title">"Event log"</h2>
            </header>
            <ol class="log-list" tabindex="0" aria-label="Events">
                <For each=move || log.lines.get() key=|line| line.number let(line)>
                    <li class="log-line" data-kind=line.kind>
                        <span class="log-type">{line.text}</span>
                    </li>
                </For>
            </ol>
        </section>
    }
}
