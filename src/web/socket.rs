//! One WebSocket and its handlers, owned together.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::platform;
use crate::machine::DialId;

/// `WebSocket.CLOSING`; from here on closing again does nothing.
const CLOSING: u16 = 2;

/// An open or opening socket. Dropped, it reports nothing any more.
pub(super) struct Socket {
    dial: DialId,
    web_socket: WebSocket,
    /// Where frames are routed to, by operation; of a mux.
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "only a mux has routes"))]
    routes: JsValue,
}

impl Socket {
    /// Creates the socket; `listen` sets its handlers.
    ///
    /// # Errors
    ///
    /// What the constructor threw, or that there is none.
    pub(super) fn open(
        dial: DialId,
        url: &str,
        constructor: Option<&Function>,
        listen: impl FnOnce(&WebSocket) -> JsValue,
    ) -> Result<Self, JsValue> {
        let web_socket = platform::create_socket(url, constructor)?;
        let routes = listen(&web_socket);
        Ok(Self { dial, web_socket, routes })
    }

    pub(super) fn dial(&self) -> DialId {
        self.dial
    }

    /// The platform's socket, to send on while nothing is borrowed.
    pub(super) fn handle(&self) -> WebSocket {
        self.web_socket.clone()
    }

    /// What its handlers go by.
    #[cfg(feature = "stream")]
    pub(super) fn routes(&self) -> &JsValue {
        &self.routes
    }

    /// Closes. Nothing waits for the other side.
    pub(super) fn close(self, code: u16, reason: &str) {
        platform::silence(&self.web_socket);
        if self.web_socket.ready_state() < CLOSING {
            let _ = self.web_socket.close_with_code_and_reason(code, reason);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        platform::silence(&self.web_socket);
    }
}
