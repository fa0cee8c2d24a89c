//! The socket that runs share over v2.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use futures::FutureExt;
use js_sys::{Function, Math};
use wasm_bindgen::JsValue;
use web_sys::AbortSignal;

use super::options::HostError;
use super::tokens::{self, Tokens};
use crate::link::Snapshot;
use crate::machine::TokenReason;
use crate::operation::Event;
use crate::run::Opening;
use crate::text::decimal;
use crate::v2::{MuxConfig, MuxEvent, SubscriptionId};
use crate::web::gateway_mux::GatewayMux;
use crate::web::host::Host;

const HEARTBEAT_EVERY: u64 = 30_000;
const MAX_DIAL_FAILURES: u32 = 3;

thread_local! {
    /// The sockets that the runs of a page share where none was given, by their gateways.
    static SHARED: RefCell<Vec<(String, SharedMux)>> = RefCell::default();
    /// Gateways that turned out to serve one socket per operation only; as long as the page lives.
    static WITHOUT_V2: RefCell<Vec<String>> = RefCell::default();
}

/// The socket that all runs of a page share, over v2. It is open while a run needs it; all clones are the same socket.
#[derive(Clone)]
pub struct SharedMux(Rc<Shared>);

/// Who follows an operation over the socket.
pub(super) trait Follows {
    fn hear(&self, event: Event<JsValue>);

    /// The gateway does not serve v2.
    fn unavailable(&self);
}

struct Follower {
    id: SubscriptionId,
    follows: Weak<dyn Follows>,
    tokens: Option<Tokens>,
}

struct Shared {
    gateway_url: String,
    mux: GatewayMux,
    /// Those of its own; else its followers have them.
    tokens: Option<Tokens>,
    followers: RefCell<Vec<Follower>>,
    subscriptions: Cell<u32>,
    /// It stood once. A gateway that served v2 will again, however long it is away.
    proven: Cell<bool>,
}

impl SharedMux {
    /// A socket that is not open. `get_token` gives tokens of the user; one is asked for before each dial.
    pub fn new<F>(gateway_url: impl Into<String>, get_token: impl Fn(TokenReason, AbortSignal) -> F + 'static) -> Self
    where
        F: Future<Output = Result<String, HostError>> + 'static,
    {
        let tokens: Tokens = Rc::new(move |reason, signal| get_token(reason, signal).boxed_local());
        Self::giving(gateway_url.into(), Some(tokens), None)
    }

    /// The connection at this moment.
    pub fn snapshot(&self) -> Snapshot {
        self.0.mux.snapshot()
    }

    /// The socket of a gateway, which asks the latest of its followers for tokens, until that one leaves.
    pub(super) fn of(gateway_url: &str, web_socket: Option<Function>) -> Self {
        let known =
            SHARED.with_borrow(|shared| shared.iter().find(|(url, _)| url == gateway_url).map(|(_, mux)| mux.clone()));
        if let Some(mux) = known {
            return mux;
        }
        let mux = Self::giving(gateway_url.to_owned(), None, web_socket);
        SHARED.with_borrow_mut(|shared| shared.push((gateway_url.to_owned(), mux.clone())));
        mux
    }

    /// Whether a gateway may serve v2.
    pub(super) fn is_served(gateway_url: &str) -> bool {
        WITHOUT_V2.with_borrow(|without| without.iter().all(|url| url != gateway_url))
    }

    /// Follows an operation. `may_fall_back`: who follows has another way, should the gateway not serve this one.
    pub(super) fn subscribe(
        &self,
        opening: &Opening,
        may_fall_back: bool,
        follows: Weak<dyn Follows>,
        tokens: Option<Tokens>,
    ) -> SubscriptionId {
        let shared = &self.0;
        let id = SubscriptionId(shared.subscriptions.get() + 1);
        shared.subscriptions.set(id.0);
        shared.followers.borrow_mut().push(Follower { id, follows, tokens });
        if may_fall_back && !shared.proven.get() {
            shared.mux.watch_unavailable(true);
        }
        shared.mux.subscribe(id, &opening.operation_id, &opening.last_event_id, opening.executor);
        id
    }

    pub(super) fn unsubscribe(&self, id: SubscriptionId) {
        self.0.followers.borrow_mut().retain(|follower| follower.id != id);
        self.0.mux.unsubscribe(id);
    }

    pub(super) fn mux(&self) -> &GatewayMux {
        &self.0.mux
    }

    fn giving(gateway_url: String, tokens: Option<Tokens>, web_socket: Option<Function>) -> Self {
        let config = MuxConfig {
            gateway_url: gateway_url.clone(),
            client_id: ["web-", &decimal(random().into()), "-", &decimal(random().into())].concat(),
            auto_reconnect: true,
            keep_alive: false,
            heartbeat_every: HEARTBEAT_EVERY,
            max_dial_failures: MAX_DIAL_FAILURES,
            rotate_after: None,
            seed: random(),
        };
        Self(Rc::new_cyclic(|this: &Weak<Shared>| {
            let (hearing, asked) = (this.clone(), this.clone());
            let mut host = Host::listening(move |event| {
                if let Some(shared) = hearing.upgrade() {
                    shared.hear(event);
                }
            });
            host.web_socket = web_socket;
            tokens::give(
                &mut host,
                Rc::new(move |reason, signal| match asked.upgrade().and_then(|shared| shared.tokens()) {
                    Some(tokens) => tokens(reason, signal),
                    None => Box::pin(async { Err(HostError::Failed("nobody uses the socket any more".to_owned())) }),
                }),
            );
            Shared {
                gateway_url,
                mux: GatewayMux::new(config, host),
                tokens,
                followers: RefCell::default(),
                subscriptions: Cell::new(0),
                proven: Cell::new(false),
            }
        }))
    }
}

impl Shared {
    fn hear(&self, event: MuxEvent<JsValue>) {
        match event {
            MuxEvent::Operation { subscription, event } => {
                if let Some(follower) = self.follower(subscription) {
                    follower.hear(event);
                }
            }
            MuxEvent::Connected => {
                self.proven.set(true);
                self.mux.watch_unavailable(false);
            }
            MuxEvent::Unavailable { .. } => self.unavailable(),
            _ => {}
        }
    }

    fn unavailable(&self) {
        // Kept until everybody heard of it.
        let _forgotten = SHARED.with_borrow_mut(|shared| {
            let place = shared.iter().position(|(_, mux)| std::ptr::eq(&*mux.0, self));
            place.map(|place| shared.swap_remove(place))
        });
        WITHOUT_V2.with_borrow_mut(|without| without.push(self.gateway_url.clone()));
        let followers: Vec<_> = self.followers.borrow().iter().map(|follower| follower.follows.clone()).collect();
        for follower in followers {
            if let Some(follower) = follower.upgrade() {
                follower.unavailable();
            }
        }
    }

    fn follower(&self, id: SubscriptionId) -> Option<Rc<dyn Follows>> {
        self.followers.borrow().iter().find(|follower| follower.id == id)?.follows.upgrade()
    }

    /// Where a token comes from now.
    fn tokens(&self) -> Option<Tokens> {
        let of_followers = || self.followers.borrow().iter().rev().find_map(|follower| follower.tokens.clone());
        self.tokens.clone().or_else(of_followers)
    }
}

#[expect(clippy::disallowed_methods, reason = "here is where the chance comes from")]
fn random() -> u32 {
    (Math::random() * f64::from(u32::MAX)) as u32
}
