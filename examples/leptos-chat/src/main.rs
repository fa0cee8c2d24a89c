//! A chat with an agent in Leptos. All that it knows of a run comes from `agent_gateway_client::web::ChatRun`.

mod api;
mod badge;
mod composer;
mod log;
mod message;
mod page;
mod questions;
mod turn;
mod words;

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(page::Page);
}
