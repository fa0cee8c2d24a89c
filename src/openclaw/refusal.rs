//! What each refusal means, and what to do about it: one row for each code.

use std::borrow::Cow;

use super::payload::Payload;
use super::state::Trouble;
use super::wire::{Fault, MISSING_SCOPE};

/// What follows from a refusal of `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another attempt, after the time that the gateway names or the usual delay.
    Retry,
    /// One more attempt; the same refusal again blocks.
    RetryOnce,
    /// One more attempt with the token of the device, where the gateway and the endpoint allow it.
    TryDeviceToken,
    /// The kept token of the device is forgotten; another credential may be tried.
    ForgetDeviceToken,
    /// A person must approve; attempts go on only where the gateway says so.
    AwaitApproval,
    /// No attempt before a person did something.
    Block,
}

/// A code and what it means.
#[derive(Debug)]
pub struct Row {
    /// The code of the gateway.
    pub code: &'static str,
    /// What follows.
    pub verdict: Verdict,
    /// What to do, for people.
    pub next_step: &'static str,
    /// A command, or a line of the gateway's configuration. `{origin}` and `{requestId}` are filled in.
    pub remedy: Option<&'static str>,
}

const fn row(code: &'static str, verdict: Verdict, next_step: &'static str) -> Row {
    Row { code, verdict, next_step, remedy: None }
}

const fn with(remedy: &'static str, row: Row) -> Row {
    Row { remedy: Some(remedy), ..row }
}

use Verdict::{AwaitApproval, Block, ForgetDeviceToken, Retry, RetryOnce, TryDeviceToken};

const GIVE_CREDENTIAL: &str = "Give the client the gateway's token or password.";
const SIGNED_IN: &str = "Open the page through the proxy that signs users in, signed in as an allowed user.";
const TAILSCALE: &str = "Reach the gateway through Tailscale Serve as an allowed user, or use the gateway's token.";
const CHECK_KEY: &str = "The device's key and what was signed do not belong together. Make a new key for the device.";
const DEVICE_NEEDED: &str =
    "Connect with a device key: on https or localhost the browser keeps one, elsewhere give a signer.";

/// Every code of the gateway that has a meaning of its own.
pub const ROWS: &[Row] = &[
    row("AUTH_REQUIRED", Block, GIVE_CREDENTIAL),
    row("AUTH_UNAUTHORIZED", Block, "The gateway refused the credential. Give the client a valid one."),
    row("AUTH_TOKEN_MISSING", Block, GIVE_CREDENTIAL),
    row("AUTH_TOKEN_MISMATCH", TryDeviceToken, "Copy the gateway's present token into the client."),
    with(
        "openclaw doctor --generate-gateway-token",
        row("AUTH_TOKEN_NOT_CONFIGURED", Block, "The gateway has no token. Give it one, restart it, and use that."),
    ),
    row("AUTH_PASSWORD_MISSING", Block, "Give the client the gateway's password."),
    row("AUTH_PASSWORD_MISMATCH", Block, "Give the client the gateway's present password."),
    row("AUTH_PASSWORD_NOT_CONFIGURED", Block, "The gateway has no password. Use its token, or configure a password."),
    row("AUTH_BOOTSTRAP_TOKEN_INVALID", Block, "The bootstrap token was used or is over. Make a new one."),
    row(
        "AUTH_DEVICE_TOKEN_MISMATCH",
        ForgetDeviceToken,
        "The device's token was revoked or replaced. Connect with the gateway's token to get a new one.",
    ),
    with(
        "openclaw devices approve",
        row(
            "AUTH_SCOPE_MISMATCH",
            Block,
            "The device's token is not good for these scopes. Ask for fewer, or approve the device for more.",
        ),
    ),
    row(
        "AUTH_RATE_LIMITED",
        Block,
        "Too many wrong credentials: the gateway refuses right ones, too. Correct the credential, wait, then connect.",
    ),
    row("AUTH_TAILSCALE_IDENTITY_MISSING", Block, TAILSCALE),
    row("AUTH_TAILSCALE_PROXY_MISSING", Block, TAILSCALE),
    row("AUTH_TAILSCALE_WHOIS_FAILED", RetryOnce, TAILSCALE),
    row("AUTH_TAILSCALE_IDENTITY_MISMATCH", Block, TAILSCALE),
    row("AUTH_IDENTITY_HEADER_REQUIRED", Block, SIGNED_IN),
    row("AUTH_VERIFIED_USER_REQUIRED", Block, SIGNED_IN),
    row("AUTHENTICATED_PROFILE_UNAVAILABLE", Retry, "The gateway cannot read the user's profile just now."),
    row("CONTROL_UI_BUILD_MISMATCH", Block, "The page is of another build than the gateway. Reload it."),
    with(
        r#"gateway.controlUi.allowedOrigins: ["{origin}"]"#,
        row("CONTROL_UI_ORIGIN_NOT_ALLOWED", Block, "Add the page's origin to the gateway's configuration."),
    ),
    row("CONTROL_UI_DEVICE_IDENTITY_REQUIRED", Block, DEVICE_NEEDED),
    row("DEVICE_IDENTITY_REQUIRED", Block, DEVICE_NEEDED),
    row("PROTOCOL_MISMATCH", Block, "The gateway speaks another version of the protocol. Update the older of the two."),
    row("CLIENT_VERSION_MISMATCH", Block, "The gateway does not serve this version of the client. Update it."),
    row("DEVICE_AUTH_PUBLIC_KEY_INVALID", Block, CHECK_KEY),
    row("DEVICE_AUTH_DEVICE_ID_MISMATCH", Block, CHECK_KEY),
    row("DEVICE_AUTH_SIGNATURE_EXPIRED", RetryOnce, "The signature came too late. Connect again."),
    row("DEVICE_AUTH_NONCE_REQUIRED", Block, CHECK_KEY),
    row("DEVICE_AUTH_NONCE_MISMATCH", RetryOnce, "The signature was of another connection. Connect again."),
    row("DEVICE_AUTH_SIGNATURE_INVALID", Block, CHECK_KEY),
    with(
        "openclaw devices approve {requestId}",
        row("PAIRING_REQUIRED", AwaitApproval, "Approve this device on the gateway's host, then connect."),
    ),
    row("PAIRING_REJECTED", Block, "The device was turned down. Ask the owner of the gateway, then connect again."),
    row("PAIRING_EXPIRED", Block, "Nobody approved the device in time. Connect again to ask once more."),
    row(
        MISSING_SCOPE,
        Block,
        "Connect with the scope that the message names (option `scopes`), or leave the call out.",
    ),
    with(
        "openclaw devices approve {requestId}",
        row("NOT_PAIRED", AwaitApproval, "Approve this device on the gateway's host, then connect."),
    ),
    row("INVALID_REQUEST", Block, "The gateway does not understand the request. The message says which part of it."),
    row("FORBIDDEN", Block, "This client may not do that. The message says what it lacks."),
    row("APPROVAL_NOT_FOUND", Block, "The approval was answered or is over. Read the list of approvals again."),
    row("APPROVAL_ALREADY_RESOLVED", Block, "Nothing: the approval was answered already."),
    row("UNAVAILABLE", Retry, "The gateway is starting, stopping or busy."),
    row("NOT_LINKED", Retry, "The channel is not linked. Link it on the gateway."),
    row("AGENT_TIMEOUT", Retry, "The agent took too long. Look at the session before sending again."),
];

const UNKNOWN: Row =
    row("", Block, "The gateway refused for a reason that this client does not know. See its message.");

/// What a refusal means. An unknown code means what its class means, and one that says it may be retried is.
pub fn row_of<P: Payload>(fault: &Fault<P>) -> &'static Row {
    let find = |code: &str| ROWS.iter().find(|row| row.code == code);
    let specific = fault.details.text("code");
    let reason = || find(&fault.details.text("reason")?);
    // Older gateways give no code for these.
    let scope = || fault.missing_scope().and_then(|_| find(MISSING_SCOPE));
    let expected = || fault.details.count("expectedProtocol").and_then(|_| find("PROTOCOL_MISMATCH"));
    let known = specific.as_deref().and_then(find).or_else(reason).or_else(scope).or_else(expected);
    let by_class = || {
        let may_retry = fault.retryable && specific.is_none();
        find(if may_retry { "UNAVAILABLE" } else { &fault.code })
    };
    known.or_else(by_class).unwrap_or(&UNKNOWN)
}

/// A refusal as something to act on.
pub fn trouble_of<P: Payload>(fault: &Fault<P>, origin: Option<&str>) -> Trouble {
    let row = row_of(fault);
    let specific = fault.details.text("code").unwrap_or_default();
    let code = [&*specific, row.code, &*fault.code].into_iter().find(|code| !code.is_empty()).unwrap_or("UNKNOWN");
    let request_id = fault.details.text("requestId").unwrap_or_default();
    let fill = |remedy| match filled(remedy, r#"{origin}"]"#, origin.unwrap_or("<origin of the page>")) {
        Some(line) => line + r#""]"#,
        None => filled(remedy, "{requestId}", &request_id).unwrap_or_else(|| remedy.to_owned()),
    };
    Trouble {
        code: code.to_owned(),
        message: fault.message.clone(),
        next_step: next_step(row, fault),
        remedy: row.remedy.map(fill),
        retry_after: fault.retry_after,
    }
}

/// The next step of a row; that of a missing scope names it.
fn next_step<P: Payload>(row: &Row, fault: &Fault<P>) -> Cow<'static, str> {
    let Some(scope) = fault.missing_scope().filter(|_| row.code == MISSING_SCOPE) else {
        return row.next_step.into();
    };
    let mut step = crate::text::said("Connect with the scope ", &scope);
    step.push_str(" (option `scopes`), or leave the call out.");
    step.into()
}

/// A remedy with what it ends with filled in; `None` where it ends otherwise.
fn filled(remedy: &str, placeholder: &str, value: &str) -> Option<String> {
    let start = remedy.strip_suffix(placeholder)?;
    Some(crate::text::said(start, value).trim_ascii_end().to_owned())
}

/// What becomes of a connection whose socket was closed without a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The code of this client.
    pub code: &'static str,
    /// Whether no attempt follows.
    pub blocks: bool,
    /// What to do, for people.
    pub next_step: &'static str,
}

const NOTHING: &str = "Nothing: another attempt follows by itself.";

/// What a close code means, before (`welcomed` is false) and after the gateway accepted the connection.
pub fn closing(code: u16, welcomed: bool) -> Closing {
    let retry = |code: &'static str| Closing { code, blocks: false, next_step: NOTHING };
    let block = |code: &'static str, next_step: &'static str| Closing { code, blocks: true, next_step };
    match (code, welcomed) {
        (1002, false) => block(
            "PROTOCOL_MISMATCH",
            "The gateway speaks another version of the protocol. Update the older of the two.",
        ),
        (1008, false) => block("policy_closed", "The gateway refused the connection. The message says why."),
        (1009, false) => block("frame_too_large", "The first frame was larger than 64 KiB. Shorten the credential."),
        (1000, false) => retry("handshake_timeout"),
        (1008, true) => retry("policy_closed"),
        (1009, true) => retry("frame_too_large"),
        (1011, _) => retry("gateway_failed"),
        (1012, _) => retry("gateway_restarting"),
        (1013, _) => retry("gateway_unavailable"),
        (4001, _) => retry("credential_changed"),
        _ => retry("connection_lost"),
    }
}
