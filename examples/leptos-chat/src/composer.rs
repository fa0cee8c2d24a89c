//! The message box. Enter sends, Shift+Enter makes a new line; the one button sends or stops.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html;
use leptos::prelude::*;

use crate::api::NewRun;

const SCRIPTS: [(&str, &str); 5] = [
    ("markdown", "Explain something"),
    ("tool", "Use a tool"),
    ("input", "Ask me"),
    ("failing", "Fail"),
    ("long", "Write a lot"),
];
const SPEEDS: [(&str, &str); 3] = [("150", "Slow"), ("40", "Normal"), ("15", "Fast")];

#[component]
pub fn Composer(
    #[prop(into)] button: Signal<&'static str>,
    on_send: impl Fn(NewRun) + Copy + 'static,
    on_stop: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let draft = RwSignal::new(String::new());
    let script = NodeRef::<html::Select>::new();
    let speed = NodeRef::<html::Select>::new();
    let send = move || {
        let prompt = draft.get_untracked().trim().to_owned();
        let (Some(script), Some(speed)) = (script.get_untracked(), speed.get_untracked()) else { return };
        if !prompt.is_empty() && button.get_untracked() == "send" {
            draft.set(String::new());
            on_send(NewRun { script: script.value(), prompt, speed_ms: speed.value().parse().unwrap_or(40) });
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match button.get_untracked() {
            "stop" => on_stop(),
            _ => send(),
        }
    };
    let key = move |event: KeyboardEvent| {
        // While an input method composes a character, Enter belongs to it.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    };
    let label = move || match button.get() {
        "stop" => "Stop",
        "stopping" => "Stopping…",
        _ => "Send",
    };
    view! {
        <form class="composer" data-testid="composer" aria-label="New message" on:submit=submit>
            <textarea
                id="message"
                class="composer-text"
                rows="1"
                placeholder="Message the agent"
                aria-label="Message"
                prop:value=draft
                on:input=move |event| draft.set(event_target_value(&event))
                on:keydown=key
            ></textarea>
            <div class="composer-row">
                <Choice id="script" label="Script" options=&SCRIPTS chosen="markdown" node=script />
                <Choice id="speed" label="Speed" options=&SPEEDS chosen="40" node=speed />
                <p class="composer-hint">"Enter sends, Shift + Enter starts a new line"</p>
                <button
                    class="send"
                    type="submit"
                    data-testid="send"
                    data-state=button
                    aria-disabled=move || (button.get() == "stopping").to_string()
                >
                    <span>{label}</span>
                </button>
            </div>
        </form>
    }
}

#[component]
fn Choice(
    id: &'static str,
    label: &'static str,
    options: &'static [(&'static str, &'static str)],
    chosen: &'static str,
    node: NodeRef<html::Select>,
) -> impl IntoView {
    view! {
        <span class="select-box">
            <label class="visually-hidden" for=id>{label}</label>
            <select class="select" id=id data-testid=id node_ref=node>
                {options
                    .iter()
                    .map(|(value, words)| view! { <option value=*value selected=*value == chosen>{*words}</option> })
                    .collect_view()}
            </select>
        </span>
    }
}
