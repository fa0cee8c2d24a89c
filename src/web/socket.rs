//! One WebSocket and its handlers, owned together.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::codec;
use super::engine::Carries;
use crate::machine::DialId;
use crate::v2::wire::Channel;

/// `WebSocket.CLOSING`; from here on closing again does nothing.
const CLOSING: u16 = 2;

/// An open or opening socket. Dropped, it reports nothing any more.
pub(super) struct Socket {
    dial: DialId,
    web_socket: WebSocket,
    /// Where frames are routed to, by operation; of a mux.
    routes: JsValue,
}

impl Socket {
    /// Creates the socket and sets its handlers; they report to the port, and hand events to `deliver` where there is
    /// such a function.
    ///
    /// # Errors
    ///
    /// What the constructor threw, or that there is none.
    pub(super) fn open(
        dial: DialId,
        url: &str,
        constructor: Option<&Function>,
        carries: &Carries,
        port: &JsValue,
        deliver: Option<&Function>,
    ) -> Result<Self, JsValue> {
        let web_socket = codec::create_socket(url, constructor)?;
        let routes = match carries {
            Carries::One(operation_id) => codec::listen(&web_socket, dial.0, operation_id, port, deliver),
            Carries::All(_) => codec::listen_to_hub(&web_socket, dial.0, port, deliver),
        };
        Ok(Self { dial, web_socket, routes })
    }

    pub(super) fn dial(&self) -> DialId {
        self.dial
    }

    /// The platform's socket, to send on while nothing is borrowed.
    pub(super) fn handle(&self) -> WebSocket {
        self.web_socket.clone()
    }

    /// Frames of an operation go to this channel from here on, or nowhere.
    pub(super) fn route(&self, operation_id: &str, channel: Option<Channel>) {
        codec::route(&self.routes, operation_id, channel.map(|channel| channel.0));
    }

    /// Closes. Nothing waits for the other side.
    pub(super) fn close(self, code: u16, reason: &str) {
        codec::silence(&self.web_socket);
        if self.web_socket.ready_state() < CLOSING {
            let _ = self.web_socket.close_with_code_and_reason(code, reason);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        codec::silence(&self.web_socket);
    }
}
