//! What a link wants done.

use super::status::Status;
use crate::machine::{DialId, RequestId, TokenReason};

/// What a link wants done, in order.
#[derive(Debug, PartialEq)]
pub enum LinkOutput {
    /// Ask the host for a token.
    Ask {
        /// The question's id.
        request: RequestId,
        /// Why.
        reason: TokenReason,
    },
    /// The token is no longer wanted.
    Withdraw {
        /// The question's id.
        request: RequestId,
    },
    /// Open a socket.
    Dial {
        /// Its id.
        dial: DialId,
    },
    /// Present the credential on an open socket.
    Authenticate {
        /// The socket.
        dial: DialId,
    },
    /// Send a heartbeat.
    Ping {
        /// The socket.
        dial: DialId,
    },
    /// Close a socket.
    Hangup {
        /// The socket.
        dial: DialId,
        /// Whether what it brought and was not delivered is to be forgotten now.
        carried: bool,
    },
    /// The status changed.
    StatusChanged(Status),
    /// Another attempt follows after this many milliseconds.
    Reconnecting {
        /// The delay in milliseconds.
        delay: u64,
    },
    /// The connection is closed for good, told once per connection.
    Disconnected,
    /// As many attempts in a row as are allowed never stood. None follows, and no change of the status was told.
    Exhausted {
        /// How many.
        attempts: u32,
    },
    /// The connection was lost and none follows, because the application wants none.
    GaveUp,
    /// The host said that there will be no token. The session must stop the link.
    Unauthorized {
        /// What the host said.
        detail: String,
    },
    /// The host gave no token this time.
    TokenFault {
        /// What the host said.
        detail: String,
        /// It said nothing within its time.
        overdue: bool,
    },
}
