//! One WebSocket and its handlers, owned together.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::WebSocket;

use super::codec;
use crate::machine::{DialId, Input};
use crate::time::Timestamp;
use crate::v1::wire::ServerFrame;

/// `WebSocket.CLOSING`; from here on closing again does nothing.
const CLOSING: u16 = 2;

/// Takes what a socket reports.
pub(super) trait Report: Clone + 'static {
    fn report(&self, input: Input<ServerFrame<JsValue>>, now: Timestamp);
}

type OnEvent = Closure<dyn Fn(JsValue, f64, u32, bool, f64, f64, f64)>;
type OnFrame = Closure<dyn Fn(JsValue, f64)>;
type OnSignal = Closure<dyn Fn(u32, u16, String, f64)>;

/// An open or opening socket. Dropped, it reports nothing any more.
pub(super) struct Socket {
    dial: DialId,
    web_socket: WebSocket,
    _handlers: (OnEvent, OnFrame, OnSignal),
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
        reporter: impl Report,
    ) -> Result<Self, JsValue> {
        let constructor = match constructor {
            Some(constructor) => constructor.clone(),
            None => codec::member(&js_sys::global(), "WebSocket")
                .dyn_into()
                .map_err(|_| JsValue::from_str("there is no WebSocket here; give one as an option"))?,
        };
        let web_socket: WebSocket = Reflect::construct(&constructor, &Array::of1(&url.into()))?.unchecked_into();
        let handlers = handlers(dial, operation_id.to_owned(), reporter);
        codec::listen(&web_socket, operation_id, handlers.0.as_ref(), handlers.1.as_ref(), handlers.2.as_ref());
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

fn handlers(dial: DialId, operation_id: String, reporter: impl Report) -> (OnEvent, OnFrame, OnSignal) {
    let events = reporter.clone();
    let on_event = OnEvent::new(move |event, id, event_type, own, step_index, timestamp, now| {
        let frame = codec::routed_event(event, id, event_type, own, step_index, timestamp);
        events.report(Input::Frame { dial, frame }, millis(now));
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
    (on_event, on_frame, on_signal)
}

fn millis(now: f64) -> Timestamp {
    Timestamp::from_millis(now as u64)
}
