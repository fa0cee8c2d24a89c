//! A WebSocket client that sees every frame.

use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::http::Response;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::DEADLINE;

/// One end of a socket; frames are collected from the moment it opens.
pub struct Peer {
    sink: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>,
    incoming: mpsc::UnboundedReceiver<(Instant, Incoming)>,
    acks: mpsc::UnboundedReceiver<Instant>,
    reading: JoinHandle<()>,
}

/// A dropped peer vanishes without a close frame.
impl Drop for Peer {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// What a peer can see, heartbeat acknowledgements apart.
#[derive(Debug, PartialEq)]
pub enum Incoming {
    Frame(Value),
    Unparsable(String),
    Binary(Vec<u8>),
    Pong(String),
    Closed(u16, String),
}

impl Peer {
    /// Errors with the answer to an upgrade that was refused.
    pub async fn connect(url: &str) -> Result<Self, Response<Option<Vec<u8>>>> {
        let (socket, _) = match timeout(DEADLINE, connect_async(url)).await.expect("the upgrade is answered") {
            Ok(connected) => connected,
            Err(Error::Http(response)) => return Err(*response),
            Err(error) => panic!("cannot connect to {url}: {error}"),
        };
        let (sink, mut stream) = socket.split();
        let (frames, incoming) = mpsc::unbounded_channel();
        let (acked, acks) = mpsc::unbounded_channel();
        let reading = tokio::spawn(async move {
            let mut closed = false;
            while let Some(message) = stream.next().await {
                let seen = match message {
                    Ok(Message::Text(text)) => match serde_json::from_str::<Value>(&text) {
                        Ok(frame) if frame["type"] == "heartbeat_ack" => {
                            let _ = acked.send(Instant::now());
                            continue;
                        }
                        Ok(frame) => Incoming::Frame(frame),
                        Err(_) => Incoming::Unparsable(text.to_string()),
                    },
                    Ok(Message::Binary(bytes)) => Incoming::Binary(bytes.to_vec()),
                    Ok(Message::Pong(data)) => Incoming::Pong(String::from_utf8_lossy(&data).into_owned()),
                    Ok(Message::Close(Some(close))) => Incoming::Closed(close.code.into(), close.reason.to_string()),
                    Ok(Message::Close(None)) => Incoming::Closed(1005, String::new()),
                    Ok(_) => continue,
                    Err(_) if closed => break,
                    Err(_) => Incoming::Closed(1006, String::new()),
                };
                closed |= matches!(seen, Incoming::Closed(..));
                let _ = frames.send((Instant::now(), seen));
            }
            if !closed {
                let _ = frames.send((Instant::now(), Incoming::Closed(1006, String::new())));
            }
        });
        Ok(Self { sink, incoming, acks, reading })
    }

    /// Authenticates and expects success.
    pub async fn authenticate(&mut self, token: &str) {
        self.send(json!({ "type": "auth", "token": token })).await;
        assert_eq!(self.frame().await, json!({ "type": "auth_success" }));
    }

    /// Asks for everything after `cursor`.
    pub async fn resume(&mut self, cursor: &str) {
        self.send(json!({ "type": "resume", "lastEventId": cursor, "wantStatus": true })).await;
    }

    /// Asks on v2 for everything of an operation after `cursor`.
    pub async fn subscribe(&mut self, operation_id: &str, cursor: &str) {
        let mut frame = json!({ "type": "subscribe", "operationId": operation_id });
        if !cursor.is_empty() {
            frame["lastEventId"] = json!(cursor);
        }
        self.send(frame).await;
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_text(frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.put(Message::text(text)).await;
    }

    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.put(Message::binary(bytes)).await;
    }

    pub async fn ping(&mut self, data: &str) {
        self.put(Message::Ping(data.as_bytes().to_vec().into())).await;
    }

    pub async fn close(&mut self, code: u16, reason: &str) {
        self.put(Message::Close(Some(CloseFrame { code: code.into(), reason: reason.into() }))).await;
    }

    /// Sends one text message as two frames, the first of `first` bytes.
    pub async fn send_fragmented(&mut self, text: &str, first: usize) {
        let (head, tail) = text.as_bytes().split_at(first);
        let head = Frame::message(head.to_vec(), OpCode::Data(Data::Text), false);
        let tail = Frame::message(tail.to_vec(), OpCode::Data(Data::Continue), true);
        self.put(Message::Frame(head)).await;
        self.put(Message::Frame(tail)).await;
    }

    /// The next frame; anything else fails the test.
    pub async fn frame(&mut self) -> Value {
        match self.next().await.1 {
            Incoming::Frame(frame) => frame,
            other => panic!("expected a frame, saw {other:?}"),
        }
    }

    /// Frames up to and including the first that `last` accepts.
    pub async fn frames_until(&mut self, last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.frame().await;
            let done = last(&frame);
            frames.push(frame);
            if done {
                return frames;
            }
        }
    }

    /// Code and reason of the close, frames before it being of no interest.
    pub async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Incoming::Closed(code, reason) = self.next().await.1 {
                return (code, reason);
            }
        }
    }

    /// What comes next, and when it came.
    pub async fn next(&mut self) -> (Instant, Incoming) {
        self.next_within(DEADLINE).await.expect("something arrives in time")
    }

    pub async fn next_within(&mut self, wait: Duration) -> Option<(Instant, Incoming)> {
        timeout(wait, self.incoming.recv()).await.ok().flatten()
    }

    /// Whether a heartbeat is acknowledged within `wait`.
    pub async fn acked_within(&mut self, wait: Duration) -> bool {
        matches!(timeout(wait, self.acks.recv()).await, Ok(Some(_)))
    }

    async fn put(&mut self, message: Message) {
        // A socket that is gone shows as a close on the reading side.
        let _ = self.sink.send(message).await;
    }
}
