//! How events come: over a WebSocket, over server-sent events, from a file. All of them end in the same
//! [`Operation`](agent_gateway_client::operation::Operation), which decides about order, echoes and the end.

mod delivered;
pub mod replay;
mod socket;
mod sse;
mod unframed;

use agent_gateway_client::v1::Event;
use reqwest::Client;
use serde_json::value::RawValue;

use crate::application::Application;
use crate::credential::Credential;
use delivered::Delivered;
use socket::SocketStream;
use sse::SseStream;

/// An event of the run, as it came.
pub type Payload = Box<RawValue>;

/// Failed sockets in a row before the sockets count as blocked: for a run that never had one, and for one that had.
const FAILURES_AT_FIRST: u32 = 2;
const FAILURES_LATER: u32 = 3;

/// Where the events of which run are.
#[derive(Clone)]
pub struct Source {
    pub http: Client,
    pub operation_id: String,
    pub gateway: String,
    /// Without one the application is asked.
    pub credential: Option<Credential>,
    pub application: Application,
}

/// What a transport tells.
#[derive(Debug)]
pub enum Signal {
    /// News of the run or the connection.
    Event(Event<Payload>),
    /// Sockets do not come through here; what follows comes as server-sent events.
    SocketsBlocked {
        /// What the last one ended with.
        detail: String,
    },
    /// Nothing comes through any more, and nothing is tried any more.
    Lost {
        /// What the last attempt ended with.
        detail: String,
    },
}

/// The stream of one run.
pub struct Transport {
    source: Source,
    stream: Stream,
    failures: u32,
    stood: bool,
    delivered: Delivered,
}

enum Stream {
    Socket(Box<SocketStream>),
    Sse(SseStream),
}

impl Transport {
    /// Begins to connect over a WebSocket.
    pub fn socket(source: Source) -> Self {
        let stream = Stream::Socket(Box::new(SocketStream::open(&source)));
        Self::of(source, stream)
    }

    /// Begins to connect over server-sent events.
    pub fn sse(source: Source) -> Self {
        let stream = Stream::Sse(SseStream::open(source.clone(), Delivered::default()));
        Self::of(source, stream)
    }

    fn of(source: Source, stream: Stream) -> Self {
        Self { source, stream, failures: 0, stood: false, delivered: Delivered::default() }
    }

    /// What comes next. May be dropped and called again.
    pub async fn next(&mut self) -> Signal {
        let stream = match &mut self.stream {
            Stream::Sse(stream) => return stream.next().await,
            Stream::Socket(stream) => stream,
        };
        loop {
            match stream.next().await {
                Ok(event) => {
                    self.note(&event);
                    return Signal::Event(event);
                }
                Err(detail) => {
                    self.failures += 1;
                    let allowed = if self.stood { FAILURES_LATER } else { FAILURES_AT_FIRST };
                    if self.failures >= allowed {
                        let delivered = std::mem::take(&mut self.delivered);
                        self.stream = Stream::Sse(SseStream::open(self.source.clone(), delivered));
                        return Signal::SocketsBlocked { detail };
                    }
                }
            }
        }
    }

    /// Replaces the connection at once.
    pub fn reconnect(&mut self) {
        match &mut self.stream {
            Stream::Socket(stream) => stream.reconnect(),
            Stream::Sse(stream) => stream.reconnect(),
        }
    }

    fn note(&mut self, event: &Event<Payload>) {
        match event {
            Event::Connected => {
                self.stood = true;
                self.failures = 0;
            }
            Event::AgentEvent(payload) => self.delivered.add(payload, &self.source.operation_id),
            _ => {}
        }
    }
}
