use std::rc::Rc;

use agent_gateway_client::run::Outcome;
use agent_gateway_client::web::{ChatRun, ChatRunOptions};
use futures::StreamExt;
use wasm_bindgen_futures::spawn_local;

async fn converse(gateway_url: &str, prompt: &'static str) -> Option<Rc<Outcome>> {
    let options = ChatRunOptions::new(gateway_url, server::token, server::stop) // async functions of yours
        .tool("demo", "getTime", server::time);
    let run = ChatRun::new(options);
    spawn_local(run.changes().for_each(|view| async move { show(&view) }));
    run.submit(move |signal| server::start(prompt, signal));
    run.done().await
}
