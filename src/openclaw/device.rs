//! What the host is asked for, and the device's identity: what is signed to prove it.
//!
//! The key itself stays with the host. It answers [`Question::Sign`] with the Ed25519 signature of the text.

use super::node::Invocation;
use super::wire::joined;
use crate::run::ToolAnswer;
use crate::text::decimal;

/// The public half of a device's Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKey {
    /// The SHA-256 of the 32 raw bytes of the public key, in lower-case hexadecimal digits.
    pub id: String,
    /// These 32 bytes in base64url without padding.
    pub public_key: String,
}

/// A question to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The signature of a text by the device's key.
    Sign {
        /// The text; its UTF-8 bytes are signed.
        text: SigningText,
    },
    /// The result of a command. A withdrawal of the question ends what runs.
    Run(Invocation),
}

/// A text to be signed. It may hold the gateway's token; its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningText(pub String);

impl std::fmt::Debug for SigningText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningText")
    }
}

/// The host's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The 64 bytes of the signature in base64url without padding.
    Signed {
        /// The text.
        signature: String,
    },
    /// The host could not sign. Tried again on the next socket.
    Failed {
        /// What the host said.
        detail: String,
    },
    /// What became of a command; a result is JSON text.
    Ran(ToolAnswer<String>),
}

/// The challenge of one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The text that makes a signature good for this socket only.
    pub nonce: String,
    /// The gateway's time in milliseconds; signatures are dated by it, whatever the clock here says.
    pub at: u64,
}

/// What a signature speaks for.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The device.
    pub device_id: &'a str,
    /// The kind of client, as `webchat-ui`.
    pub client_id: &'a str,
    /// How the client is used, as `webchat`.
    pub client_mode: &'a str,
    /// The role that is asked for.
    pub role: &'a str,
    /// The scopes that are asked for, in the order of the request.
    pub scopes: &'a [String],
    /// The token that is presented, empty where there is none. A password is never part of it.
    pub token: &'a str,
    /// The platform that the pairing is bound to.
    pub platform: &'a str,
    /// The family of devices that the pairing is bound to.
    pub device_family: &'a str,
}

/// The text that the device signs, in the third format of the gateway.
pub fn signing_text(claim: &Claim<'_>, challenge: &Challenge) -> SigningText {
    let bound = |text: &str| text.trim().to_ascii_lowercase();
    let parts = [
        "v3",
        claim.device_id,
        claim.client_id,
        claim.client_mode,
        claim.role,
        &joined(&mut claim.scopes.iter().map(String::as_str), ","),
        &decimal(challenge.at),
        claim.token,
        &challenge.nonce,
        &bound(claim.platform),
        &bound(claim.device_family),
    ];
    SigningText(joined(&mut parts.into_iter(), "|"))
}
