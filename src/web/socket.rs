//! One WebSocket and its handlers, owned together.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::codec;
use crate::agent::EventHead;
use crate::machine::{DialId, Input};
use crate::time::Timestamp;
use crate::v1::wire::ServerFrame;

/// `WebSocket.CLOSING`; from here on closing again does nothing.
const CLOSING: u16 = 2;

/// Takes what a socket reports.
pub(super) trait Report: Clone + 'static {
    fn report(&self, input: Input<ServerFrame<JsValue>>, now: Timestamp);

    /// Whether an event may be delivered at once.
    fn admit(&self, dial: DialId, number: u64, head: &EventHead) -> bool;
}

type Admit = Closure<dyn Fn(f64, u32, bool, f64, f64) -> bool>;
type OnFrame = Closure<dyn Fn(JsValue, f64)>;
type OnSignal = Closure<dyn Fn(u32, u16, String, f64)>;

/// An open or opening socket. Dropped, it reports nothing any more.
pub(super) struct Socket {
    dial: DialId,
    web_socket: WebSocket,
    _handlers: (Admit, OnFrame, OnSignal),
}

impl Socket {
    /// Creates the socket and sets its handlers.
    ///
    /// # Errors
    ///
    /// What the constructor threw, or that there is none.
    pub(super) fn open(
        dial: DialId,
        url: &str,
        constructor: Option<&Function>,
        operation_id: &str,
        deliver: &Function,
        reporter: impl Report,
    ) -> Result<Self, JsValue> {
        let web_socket = codec::create_socket(url, constructor)?;
        let handlers = handlers(dial, operation_id.to_owned(), reporter);
        let (admit, on_frame, on_signal) = &handlers;
        let callbacks = [admit.as_ref(), deliver.as_ref(), on_frame.as_ref(), on_signal.as_ref()];
        codec::listen(&web_socket, operation_id, callbacks);
        Ok(Self { dial, web_socket, _handlers: handlers })
    }

    pub(super) fn dial(&self) -> DialId {
        self.dial
    }

    /// The platform's socket, to send on while nothing is borrowed.
    pub(super) fn handle(&self) -> WebSocket {
        self.web_socket.clone()
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

fn handlers(dial: DialId, operation_id: String, reporter: impl Report) -> (Admit, OnFrame, OnSignal) {
    let gate = reporter.clone();
    let admit = Admit::new(move |number: f64, event_type, own, step_index, timestamp| {
        let head = codec::routed_head(event_type, own, step_index, timestamp);
        !number.is_nan() && gate.admit(dial, number as u64, &head)
    });
    let frames = reporter.clone();
    let on_frame = OnFrame::new(move |frame, now| {
        let frame = codec::frame(frame, &operation_id);
        frames.report(Input::Frame { dial, frame }, millis(now));
    });
    let on_signal = OnSignal::new(move |kind, code, text, now| {
        let input = match kind {
            0 => Input::Opened { dial },
            1 => Input::Faulted { dial },
            2 => Input::Closed { dial, code, reason: text },
            _ => Input::Garbled { dial, detail: text },
        };
        reporter.report(input, millis(now));
    });
    (admit, on_frame, on_signal)
}

fn millis(now: f64) -> Timestamp {
    Timestamp::from_millis(now as u64)
}
