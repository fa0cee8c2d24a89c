//! The life of a WebSocket as both protocols lead it: what it reads, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::app::App;
use crate::dev::FaultSet;
use crate::writer::{Socket, WriteEnd};

/// How long a peer may take to answer our close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a half-open socket outlives the close frame it swallowed, or the one we could not send.
const HALF_OPEN_LINGER: Duration = Duration::from_secs(10);

/// Why reading stopped.
pub(crate) enum ReadEnd {
    /// The peer is gone, or its close frame was answered.
    Gone,
    /// Our close frame was written.
    Closed,
    /// Our close frame is queued.
    Closing,
}

/// What a peer sent.
pub(crate) enum Received {
    Text(String),
    /// To be answered with [`Inbound::drain`].
    Close,
    /// The peer vanished.
    Nothing,
}

/// The incoming half of a socket.
pub(crate) struct Inbound {
    stream: SplitStream<WebSocket>,
    socket: Socket,
}

/// How many sockets there are and were.
#[derive(Default)]
pub(crate) struct Connections {
    pub(crate) open: watch::Sender<u64>,
    pub(crate) accepted: AtomicU64,
    pub(crate) v2_open: AtomicU64,
    pub(crate) v2_accepted: AtomicU64,
}

/// Counts a socket as open for as long as it lives.
pub(crate) struct Counted {
    app: Arc<App>,
    v2: bool,
}

impl From<WriteEnd> for ReadEnd {
    fn from(end: WriteEnd) -> Self {
        match end {
            WriteEnd::Closed => Self::Closed,
            WriteEnd::Broken => Self::Gone,
        }
    }
}

impl Inbound {
    pub(crate) fn new(stream: SplitStream<WebSocket>, socket: Socket) -> Self {
        Self { stream, socket }
    }

    /// The next message that concerns a protocol: no binary, no ping.
    pub(crate) async fn next(&mut self) -> Received {
        while let Some(Ok(message)) = self.stream.next().await {
            if self.socket.is_half_open() {
                if matches!(message, Message::Close(_)) {
                    // Reading on would answer the close frame, which a half-open peer never does.
                    sleep(HALF_OPEN_LINGER).await;
                    return Received::Nothing;
                }
                continue;
            }
            match message {
                Message::Text(text) => return Received::Text(text.as_str().to_owned()),
                Message::Close(_) => return Received::Close,
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
            }
        }
        Received::Nothing
    }

    /// Reads on until the peer ends the stream, which also writes the answer to its close frame.
    pub(crate) async fn drain(&mut self) {
        // A peer that does neither is dropped.
        let _ = timeout(CLOSE_TIMEOUT, self.drain_on()).await;
    }

    async fn drain_on(&mut self) {
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

/// Resolves when a socket ends for another reason than what its peer sent.
pub(crate) async fn interrupted(writer: &mut JoinHandle<WriteEnd>, socket: &Socket) -> ReadEnd {
    tokio::select! {
        written = writer => ReadEnd::from(written.unwrap_or(WriteEnd::Broken)),
        () = socket.was_cut() => ReadEnd::Gone,
    }
}

/// Brings a socket to its end after reading stopped.
pub(crate) async fn finish(
    end: ReadEnd,
    inbound: &mut Inbound,
    mut writer: JoinHandle<WriteEnd>,
    socket: &Socket,
    faults: &FaultSet,
) {
    match end {
        ReadEnd::Gone => {}
        ReadEnd::Closed => inbound.drain().await,
        ReadEnd::Closing => {
            let limit = if socket.is_half_open() { HALF_OPEN_LINGER } else { CLOSE_TIMEOUT };
            let limit = limit + faults.delay().unwrap_or_default();
            let close = async {
                if let Ok(WriteEnd::Closed) = (&mut writer).await {
                    inbound.drain_on().await;
                }
            };
            tokio::select! {
                _ = timeout(limit, close) => {}
                () = socket.was_cut() => {}
            }
        }
    }
    writer.abort();
}

impl Counted {
    pub(crate) fn v1(app: Arc<App>) -> Self {
        Self::new(app, false)
    }

    pub(crate) fn v2(app: Arc<App>) -> Self {
        Self::new(app, true)
    }

    fn new(app: Arc<App>, v2: bool) -> Self {
        let connections = &app.gateway.connections;
        connections.accepted.fetch_add(1, Ordering::Relaxed);
        if v2 {
            connections.v2_open.fetch_add(1, Ordering::Relaxed);
            connections.v2_accepted.fetch_add(1, Ordering::Relaxed);
        }
        connections.open.send_modify(|open| *open += 1);
        Self { app, v2 }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let connections = &self.app.gateway.connections;
        if self.v2 {
            connections.v2_open.fetch_sub(1, Ordering::Relaxed);
        }
        connections.open.send_modify(|open| *open -= 1);
    }
}
