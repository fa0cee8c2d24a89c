//! Signals of the page and the network.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

use super::codec::{member, text_member};
use crate::machine::Wake;

const OF_THE_GLOBAL: [&str; 4] = ["online", "offline", "pagehide", "pageshow"];
const OF_THE_DOCUMENT: [&str; 2] = ["visibilitychange", "resume"];

/// Listeners on the page, removed when dropped. Where there is no page, there are none.
pub(super) struct WakeSignals {
    targets: Vec<(EventTarget, &'static [&'static str])>,
    listener: Closure<dyn Fn(Event)>,
}

impl WakeSignals {
    pub(super) fn listen(report: impl Fn(Wake) + 'static) -> Self {
        let listener = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if let Some(wake) = wake_of(&event) {
                report(wake);
            }
        });
        let global: JsValue = js_sys::global().into();
        let document = member(&global, "document");
        let mut targets = Vec::new();
        for (object, names) in [(global, &OF_THE_GLOBAL[..]), (document, &OF_THE_DOCUMENT[..])] {
            if Reflect::has(&object, &"addEventListener".into()).unwrap_or(false) {
                let target: EventTarget = object.unchecked_into();
                for name in names {
                    let _ = target.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
                }
                targets.push((target, names));
            }
        }
        Self { targets, listener }
    }
}

impl Drop for WakeSignals {
    fn drop(&mut self) {
        for (target, names) in &self.targets {
            for name in *names {
                let _ = target.remove_event_listener_with_callback(name, self.listener.as_ref().unchecked_ref());
            }
        }
    }
}

fn wake_of(event: &Event) -> Option<Wake> {
    let persisted = || member(event, "persisted").is_truthy();
    match event.type_().as_str() {
        "online" => Some(Wake::Online),
        "offline" => Some(Wake::Offline),
        "pagehide" => persisted().then_some(Wake::Hidden),
        "pageshow" => persisted().then_some(Wake::Shown),
        "resume" => Some(Wake::Resumed),
        "visibilitychange" => {
            let document = member(&js_sys::global(), "document");
            (text_member(&document, "visibilityState").as_deref() == Some("visible")).then_some(Wake::Visible)
        }
        _ => None,
    }
}
