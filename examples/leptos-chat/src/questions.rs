//! Questions of the agent to the user.

use agent_gateway_client::run::InterventionKind;
use agent_gateway_client::web::{AgentStream, HostError, InterventionRequest};
use futures::channel::oneshot;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use serde::Deserialize;
use wasm_bindgen::JsValue;

/// A question, and its answer once there is one.
#[derive(Clone, Copy)]
struct Question {
    number: usize,
    prompt: StoredValue<String>,
    answer: RwSignal<Option<String>>,
    reply: StoredValue<Option<oneshot::Sender<String>>>,
}

/// The questions of a run.
#[derive(Clone, Copy)]
pub struct Questions(RwSignal<Vec<Question>>);

impl Questions {
    pub fn new() -> Self {
        Self(RwSignal::default())
    }

    /// Shows a question and waits for its answer.
    pub async fn ask(self, asked: InterventionRequest) -> Result<JsValue, HostError> {
        #[derive(Deserialize)]
        struct Prompt {
            prompt: String,
        }
        if asked.intervention.kind != InterventionKind::Input {
            return Err("This page only answers with text.".into());
        }
        let Prompt { prompt } = AgentStream::read(asked.request).map_err(|misfit| misfit.to_string())?;
        let (reply, answer) = oneshot::channel();
        self.0.update(|questions| {
            questions.push(Question {
                number: questions.len(),
                prompt: StoredValue::new(prompt),
                answer: RwSignal::default(),
                reply: StoredValue::new(Some(reply)),
            });
        });
        answer.await.map(JsValue::from).map_err(|_| "The page was left.".into())
    }
}

impl Question {
    fn reply(self, text: String) {
        let reply = self.reply.try_update_value(Option::take).flatten();
        if reply.is_some_and(|reply| reply.send(text.clone()).is_ok()) {
            self.answer.set(Some(text));
        }
    }
}

#[component]
pub fn QuestionList(questions: Questions, is_over: Signal<bool>) -> impl IntoView {
    view! {
        <For each=move || questions.0.get() key=|question| question.number let(question)>
            <QuestionCard question is_over />
        </For>
    }
}

#[component]
fn QuestionCard(question: Question, is_over: Signal<bool>) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let text = field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default();
        if !text.is_empty() {
            question.reply(text);
        }
    };
    let answered = move || question.answer.get().map(|answer| format!("You answered: {answer}"));
    view! {
        <section class="card question" data-testid="input-request" aria-label="The agent asks">
            <header class="card-head">
                <strong>{question.prompt.get_value()}</strong>
            </header>
            <Show when=move || question.answer.get().is_none() && !is_over.get()>
                <form class="question-form" on:submit=submit>
                    <label class="question-label">
                        <span class="visually-hidden">"Your answer"</span>
                        <input class="field" type="text" autocomplete="off" required=true node_ref=field />
                    </label>
                    <button class="button button-primary" type="submit">
                        "Answer"
                    </button>
                </form>
            </Show>
            <p class="question-answer">{answered}</p>
        </section>
    }
}
