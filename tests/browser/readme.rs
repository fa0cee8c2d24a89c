//! The program of the README.

use std::cell::Cell;

use agent_gateway_client::web::ChatView;
use wasm_bindgen_test::wasm_bindgen_test;

use super::gateway::gateway_url;

include!("readme_run.rs");

thread_local! {
    static SHOWN: Cell<usize> = const { Cell::new(0) };
}

#[wasm_bindgen_test]
async fn the_run_of_the_readme_is_followed_to_its_end() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(include_str!("readme_run.rs").trim_end()), "the README has another program");
    let outcome = converse(gateway_url(), "What time is it?").await.expect("an outcome");
    assert!(outcome.succeeded, "{outcome:?}");
    assert!(SHOWN.get() > 3, "it was shown {} times", SHOWN.get());
}

fn show(view: &ChatView) {
    if !view.messages.is_empty() {
        SHOWN.set(SHOWN.get() + 1);
    }
}

mod server {
    use std::rc::Rc;

    use agent_gateway_client::run::Started;
    use agent_gateway_client::web::{HostError, TokenRequest, ToolContext};
    use serde::Deserialize;
    use web_sys::AbortSignal;

    use crate::gateway::{Run, fresh_token, interrupt};

    #[derive(Deserialize)]
    pub struct NoArguments {}

    pub async fn token(asked: TokenRequest) -> Result<String, HostError> {
        Ok(fresh_token(&asked.operation_id).await)
    }

    pub async fn stop(operation_id: Rc<str>) -> Result<bool, HostError> {
        interrupt(&operation_id).await;
        Ok(true)
    }

    pub async fn time(_: NoArguments, _: ToolContext) -> Result<String, String> {
        Ok("noon".to_owned())
    }

    pub async fn start(_prompt: &str, _: AbortSignal) -> Result<Started, HostError> {
        let run = Run::start("tool", 20).await;
        Ok(Started::new(&run.operation_id, Some(run.token)))
    }
}
