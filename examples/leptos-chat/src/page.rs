//! The whole page: one conversation with its box, its badge and its log.

use agent_gateway_client::run::WaitingFor;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};
use wasm_bindgen_futures::JsFuture;

use crate::api::{Api, NewRun};
use crate::badge::Badge;
use crate::composer::Composer;
use crate::log::{Log, LogPanel};
use crate::message::message;
use crate::questions::QuestionList;
use crate::turn::{Shared, Turn};
use crate::words;

#[component]
pub fn Page() -> impl IntoView {
    let query = window().location().search().unwrap_or_default();
    match Api::of_page(&query) {
        Ok(api) => view! { <Chat api /> }.into_any(),
        Err(problem) => view! { <div class="banner" data-testid="banner" role="alert">{problem}</div> }.into_any(),
    }
}

#[component]
fn Chat(api: Api) -> impl IntoView {
    let log = Log::new();
    let gateway_url = api.gateway_url.clone();
    let shared = StoredValue::new_local(Shared::new(api, log));
    let turns = RwSignal::new(Vec::<Turn>::new());
    let current = move || turns.with(|turns| turns.last().copied());
    let button =
        Signal::derive(move || current().map_or("send", |turn| turn.view.with(|view| words::button(&view.run))));
    let add = move |turn: &dyn Fn(&Shared, usize) -> Turn| {
        let turn = shared.with_value(|shared| turn(shared, turns.with_untracked(Vec::len)));
        turns.update(|turns| turns.push(turn));
    };
    let on_send = move |run: NewRun| add(&|shared, number| Turn::send(shared, number, run.clone()));
    let on_stop = move || {
        if let Some(turn) = current() {
            turn.stop();
        }
    };
    // A run that goes on, after a reload.
    spawn_local(async move {
        let runs = shared.with_value(|shared| shared.api.clone()).runs().await.unwrap_or_default();
        if let Some(listed) = runs.last().filter(|run| run.outcome.is_none()) {
            add(&|shared, number| Turn::listed(shared, number, listed.clone()));
        }
    });
    view! {
        <header class="bar">
            <h1 class="bar-title">"Agent chat in Leptos"</h1>
            <code class="bar-gateway" data-testid="gateway-url">{gateway_url}</code>
            <Badge connection=move || current().and_then(Turn::connection) />
        </header>
        <div class="layout">
            <main class="chat" aria-label="Chat">
                <Offline />
                <Messages turns />
                <Composer button on_send on_stop />
            </main>
            <aside class="side" aria-label="Connection">
                <LogPanel log />
            </aside>
        </div>
    }
}

/// Says that there is no network.
#[component]
fn Offline() -> impl IntoView {
    let (online, set_online) = signal(window().navigator().on_line());
    let back = window_event_listener(ev::online, move |_| set_online.set(true));
    let gone = window_event_listener(ev::offline, move |_| set_online.set(false));
    on_cleanup(move || {
        back.remove();
        gone.remove();
    });
    view! {
        <div class="banner" data-testid="banner" role="alert" hidden=online>
            <div>
                <strong>"You are offline"</strong>
                <p>"Runs go on at the gateway. The page catches up when the network is back."</p>
            </div>
        </div>
    }
}

/// The turns, followed to their end unless the user scrolled up.
#[component]
fn Messages(turns: RwSignal<Vec<Turn>>) -> impl IntoView {
    let end = NodeRef::<html::Div>::new();
    Effect::new(move || {
        turns.with(|turns| turns.last().map(|turn| turn.view.track()));
        if let Some(end) = end.get() {
            end.scroll_into_view();
        }
    });
    view! {
        <div class="scroller" tabindex="0" role="region" aria-label="Messages">
            <section class="conversation" role="log" aria-label="Conversation">
                <For each=move || turns.get() key=|turn| turn.number let(turn)>
                    <Exchange turn />
                </For>
                <div node_ref=end></div>
            </section>
        </div>
    }
}

#[component]
fn Exchange(turn: Turn) -> impl IntoView {
    let state = move || turn.view.with(|view| words::state(view.run.outcome.as_deref()));
    let is_over = Signal::derive(move || state() != "running");
    let shown = move || {
        let messages = turn.view.with(|view| view.messages.clone());
        let own = messages.iter().filter(|shown| shown.member.is_none() && shown.role != "user");
        own.map(|shown| message(shown)).collect_view()
    };
    let waiting = move || {
        turn.view.with(|view| match words::button(&view.run) {
            "stopping" => "Stopping…",
            _ if view.run.waiting_for == Some(WaitingFor::User) => "Waiting for your answer",
            _ if view.run.loading && !view.run.visibly_loading => "Finishing…",
            _ if view.messages.is_empty() => "Starting…",
            _ => "",
        })
    };
    view! {
        <div class="turn">
            <article class="message message-user" aria-label="You" data-testid="user-message">
                {turn.prompt.get_value()}
            </article>
            <article
                class="message message-agent"
                aria-label="Agent"
                data-testid="agent-message"
                data-state=state
                aria-busy=move || (state() == "running").to_string()
            >
                <div class="blocks">{shown} <QuestionList questions=turn.questions is_over /></div>
                <Show when=move || state() == "running">
                    <p class="waiting">{waiting}</p>
                </Show>
                <Ending turn />
            </article>
        </div>
    }
}

/// How the run ended, and what can be done then.
#[component]
fn Ending(turn: Turn) -> impl IntoView {
    let outcome = move || turn.view.with(|view| view.run.outcome.clone());
    move || {
        let outcome = outcome()?;
        let state = words::state(Some(&outcome));
        let may_go_on = outcome.ending.is_resumable() && state != "lost";
        Some(match state {
            "completed" | "interrupted" => view! { <Footer turn state note=words::footer(&outcome) /> }.into_any(),
            _ => view! {
                <section class="card failure" data-testid="failure" role="alert">
                    <strong>{words::headline(state)}</strong>
                    <p>{words::note(&outcome)}</p>
                    {may_go_on.then(|| connect_again(turn))}
                </section>
            }
            .into_any(),
        })
    }
}

fn connect_again(turn: Turn) -> impl IntoView {
    view! {
        <button class="button" type="button" on:click=move |_| turn.connect_again()>
            "Connect again"
        </button>
    }
}

#[component]
fn Footer(turn: Turn, state: &'static str, note: Option<String>) -> impl IntoView {
    let (label, set_label) = signal("Copy");
    let copy = move |_| {
        let writing = window().navigator().clipboard().write_text(&turn.text());
        spawn_local(async move {
            let is_copied = JsFuture::from(writing).await.is_ok();
            set_label.set(if is_copied { "Copied" } else { "Not allowed to copy" });
        });
    };
    let is_stopped = state == "interrupted";
    view! {
        <p class="footer">
            {is_stopped.then(|| view! { <span class="tag">{words::headline(state)}</span> })}
            {note.map(|note| view! { <span>{note}</span> })}
            <button class="button button-quiet" type="button" on:click=copy>{label}</button>
        </p>
    }
}
