//! What a mux tells the application.

use crate::link::Status;
use crate::operation::{ErrorCode, Event};

/// A subscription's name, given by the caller and never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(pub u32);

/// Something the application may want to know. `P` is a payload handed through untouched.
#[derive(Clone, Debug, PartialEq)]
pub enum MuxEvent<P> {
    /// Something about one operation. [`Event::Done`] is the last of a subscription.
    Operation {
        /// The subscription.
        subscription: SubscriptionId,
        /// What.
        event: Event<P>,
    },
    /// The subscription is over; what follows is only its last status, `disconnected` and [`Event::Done`].
    Ending {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// The connection's status changed: disconnected, connecting (also while a retry is planned) or connected.
    StatusChanged(Status),
    /// The hub accepted the token and every operation was subscribed.
    Connected,
    /// The connection is closed and no other is planned.
    Disconnected,
    /// The connection was lost; the next attempt follows after this delay.
    Reconnecting {
        /// Milliseconds.
        delay: u64,
    },
    /// Something went wrong that ends nothing by itself.
    Error {
        /// What kind.
        code: ErrorCode,
        /// For a human.
        message: String,
    },
    /// An operation of the user began, changed or ended, subscribed or not: the whole frame.
    Lifecycle(P),
    /// The gateway does not serve this protocol. Final.
    Unavailable {
        /// Why it is thought so.
        reason: String,
    },
    /// Those who waited for the connection have it.
    WaitersResolved,
    /// Those who waited for the connection wait in vain.
    WaitersRejected {
        /// Why.
        message: String,
    },
    /// The connection stands: document channels may be opened on it anew.
    DocumentsReady,
    /// A frame of a document channel.
    Document(P),
}
