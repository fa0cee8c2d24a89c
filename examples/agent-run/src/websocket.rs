//! One WebSocket, carried by a task of its own.

use std::time::Duration;

use agent_gateway_client::machine::{Answer, DialId, RequestId};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, Sender, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A close frame that cannot be written within this time is not written. Its answer is not waited for at all: some
/// gateways never give one.
const GOODBYE: Duration = Duration::from_secs(1);
/// The codes of a socket that ended without a close frame, and of a close frame without a code.
const ABNORMAL: u16 = 1006;
const NO_CODE: u16 = 1005;

/// What happened outside of the machine.
pub enum News {
    /// The socket is open.
    Opened { dial: DialId },
    /// A text message.
    Text { dial: DialId, text: Utf8Bytes },
    /// A binary message, which the protocol does not know.
    Binary { dial: DialId },
    /// The socket is gone, or never was; `reason` is the other side's or the platform's.
    Closed { dial: DialId, code: u16, reason: String },
    /// The host answered.
    Answered { request: RequestId, answer: Answer },
}

/// A socket that is being opened or is open. Dropped, it is closed.
pub struct Socket {
    /// Whether it brought a frame.
    pub heard: bool,
    outgoing: UnboundedSender<String>,
    hang_up: oneshot::Sender<CloseFrame>,
}

impl Socket {
    /// Begins to open a socket; everything else is told as news.
    pub fn open(dial: DialId, url: String, news: Sender<News>) -> Self {
        let (outgoing, to_send) = mpsc::unbounded_channel();
        let (hang_up, hung_up) = oneshot::channel();
        tokio::spawn(carry(dial, url, to_send, hung_up, news));
        Self { heard: false, outgoing, hang_up }
    }

    /// Sends a text message. On a socket that just ended it is lost, which the machine reckons with.
    pub fn send(&self, text: String) {
        let _ = self.outgoing.send(text);
    }

    /// Closes the socket, which tells nothing any more that matters; whether it brought a frame.
    pub fn hang_up(self, code: u16, reason: &'static str) -> bool {
        let _ = self.hang_up.send(CloseFrame { code: code.into(), reason: reason.into() });
        self.heard
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn carry(
    dial: DialId,
    url: String,
    mut to_send: UnboundedReceiver<String>,
    mut hung_up: oneshot::Receiver<CloseFrame>,
    news: Sender<News>,
) {
    let connected = tokio::select! {
        connected = connect_async(url) => connected,
        _ = &mut hung_up => return,
    };
    let (mut sink, mut stream) = match connected {
        Ok((socket, _)) => socket.split(),
        Err(error) => return tell(&news, News::Closed { dial, code: ABNORMAL, reason: error.to_string() }).await,
    };
    tell(&news, News::Opened { dial }).await;
    let goodbye = tokio::select! {
        (code, reason) = read(dial, &mut stream, &news) => {
            return tell(&news, News::Closed { dial, code, reason }).await;
        }
        () = write(&mut sink, &mut to_send) => None,
        goodbye = &mut hung_up => goodbye.ok(),
    };
    let _ = timeout(GOODBYE, sink.send(Message::Close(goodbye))).await;
}

/// Reads until the end of the socket; its code and reason.
async fn read(dial: DialId, stream: &mut SplitStream<Stream>, news: &Sender<News>) -> (u16, String) {
    while let Some(message) = stream.next().await {
        match message {
            Ok(Message::Text(text)) => tell(news, News::Text { dial, text }).await,
            Ok(Message::Binary(_)) => tell(news, News::Binary { dial }).await,
            Ok(Message::Close(Some(frame))) => return (frame.code.into(), frame.reason.to_string()),
            Ok(Message::Close(None)) => return (NO_CODE, String::new()),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Err(error) => return (ABNORMAL, error.to_string()),
        }
    }
    (ABNORMAL, String::new())
}

/// Writes until the socket is dropped. One that cannot be written to is read to its end, which says why.
async fn write(sink: &mut SplitSink<Stream, Message>, to_send: &mut UnboundedReceiver<String>) {
    while let Some(text) = to_send.recv().await {
        if sink.send(Message::text(text)).await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Tells the driver, unless it is gone.
async fn tell(news: &Sender<News>, told: News) {
    let _ = news.send(told).await;
}
