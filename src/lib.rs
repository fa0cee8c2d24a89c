//! A client for AI-agent gateways that decides without I/O.
//!
//! An agent runs on a server and streams its events through a gateway. A client follows the run over a WebSocket and
//! stays with it: connections drop, tokens expire, laptops sleep, pages are reloaded, gateways restart. What to do then
//! is decided by one state machine; thin shells carry it out. The same machine runs in a page, in Node, in a native
//! program and in a simulation with a virtual clock.
//!
//! ```text
//!  socket ─┐                                             ┌─ Dial / Send / Hangup ─▶ socket
//!  timer  ─┤                                             ├─ Ask / Withdraw ───────▶ host ─▶ Answered ─┐
//!  host   ─┼─▶ Input ─▶ Session (owns a Link) ─▶ Output ─┤                                            │
//!  calls  ─┘     ▲                                       └─ Event ────────────────▶ listeners         │
//!                └────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Time, randomness and secrets are arguments. Nothing here reads a clock or opens a socket, apart from `web`.
//!
//! # The modules
//!
//! | module | what it holds |
//! |---|---|
//! | [`machine`] | the contract between a machine and its shell: inputs, outputs, questions to the host, named deadlines |
//! | [`time`] | timestamps |
//! | [`link`] | one logical connection across many sockets: dial, handshake, backoff, heartbeat, token |
//! | [`agent`] | what a run is, whatever carries it: event heads, ends, echoes, the cursor, tool results, the outcome |
//! | [`operation`] | one operation's stream on whatever socket carries it: order, duplicates, the end |
//! | [`run`] | what a chat keeps in mind about a run, over any transport: its phase, its tools, its one outcome |
//! | [`v1`] | one operation over one socket at a time: the frames and the session |
//! | [`v2`] | every operation of a user over one socket: subscriptions, the mux |
//! | [`openclaw`] | the OpenClaw gateway: the signed handshake, calls, refusals, the fleet, chats and approvals; see `docs/openclaw.md` |
//! | `web` | the shell for pages, Workers and Node (WebAssembly only): `AgentStream` and, with the feature `run`, `ChatRun` for Rust front ends, and the classes behind the npm package with the feature `npm` |
//!
//! The protocol, with the numbered rows that doc comments cite, is described in `docs/protocol.md`.
//!
//! # A shell of your own
//!
//! A shell passes what happened to [`handle`](machine::Machine::handle), performs what [`poll`](machine::Machine::poll)
//! returns, in order, until it returns `None`, and then waits for the next input or until
//! [`deadline`](machine::Machine::deadline). On tokio that is `examples/agent-run/src/driver.rs` of the repository.
//!
//! ```
//! # #[cfg(not(target_family = "wasm"))] {
//! use agent_gateway_client::link::Token;
//! use agent_gateway_client::machine::{DialId, Input, Machine, Output, Timer};
//! use agent_gateway_client::time::Timestamp;
//! use agent_gateway_client::v1::{Config, Session, json};
//!
//! let now = Timestamp::from_millis(1_790_000_000_000);
//! let mut session = Session::new(Config {
//!     gateway_url: "https://gateway.example.org".to_owned(),
//!     operation_id: "op_1".to_owned(),
//!     token: Some(Token::read("secret")),
//!     auto_reconnect: true,
//!     ..Config::default()
//! });
//! let mut wire = Vec::new();
//! let mut drain = |session: &mut Session<_>| {
//!     while let Some(output) = session.poll() {
//!         match output {
//!             Output::Dial { url, .. } => wire.push(format!("dial {url}")),
//!             Output::Send { command, .. } => wire.push(format!("send {}", json::encode(&command))),
//!             _ => {} // events, hang-ups, questions for a token
//!         }
//!     }
//! };
//!
//! let dial = DialId(0); // the id that the output `Dial` carries
//! session.connect(now);
//! drain(&mut session);
//! session.handle(Input::Opened { dial }, now);
//! drain(&mut session);
//! let frame = json::decode(r#"{"type":"auth_success"}"#, "op_1").unwrap();
//! session.handle(Input::Frame { dial, frame }, now);
//! drain(&mut session);
//!
//! assert_eq!(wire, [
//!     "dial wss://gateway.example.org/ws?operationId=op_1",
//!     r#"send {"type":"auth","token":"secret"}"#,
//!     r#"send {"type":"resume","lastEventId":"","wantStatus":true}"#,
//! ]);
//! let (at, timer) = session.deadline().unwrap();
//! assert!(at > now && timer != Timer::Handshake);
//! # }
//! ```

#![warn(missing_docs)]

pub mod agent;
pub mod link;
pub mod machine;
pub mod openclaw;
pub mod operation;
pub mod run;
mod text;
pub mod time;
pub mod v1;
pub mod v2;
#[cfg(target_family = "wasm")]
pub mod web;
