//! Where this client deliberately does something else than the clients that were recorded.

use serde_json::Value;

/// One deliberate difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    ApiKey,
    AuthAtOnce,
    CoveredByGivenCursor,
    ForgetsItsClosedSocket,
    FramesOnly,
    HandshakeDeadline,
    HangsUpAtTheEnd,
    Heartbeats,
    OnceAndInOrder,
    OneAuth,
    OneSlash,
    RefusalWithoutFrame,
    ResumeAtOnce,
    TerminalStatusChange,
    TextFrames,
}

/// Every difference, its name in the table and its reason.
pub const DIFFERENCES: [(Difference, &str, &str); 15] = [
    (
        Difference::ApiKey,
        "api-key",
        "Session tokens are presented as they are; `tokenType` and `serverUrl` belong to a command line's API keys.",
    ),
    (
        Difference::AuthAtOnce,
        "auth-at-once",
        "The token is presented as soon as the socket is open; the recorded client said nothing at all.",
    ),
    (
        Difference::CoveredByGivenCursor,
        "covered-by-given-cursor",
        "What a cursor given by the application covers is delivered only if the whole sequence, which is asked for, proves \
         that it is new: there is no timestamp to doubt it by.",
    ),
    (
        Difference::ForgetsItsClosedSocket,
        "forgets-its-closed-socket",
        "A socket that the client closed is forgotten at once; its close came up to 151 s later.",
    ),
    (
        Difference::FramesOnly,
        "frames-only",
        "Nothing but frames of the protocol is sent; the recorded client tried text that is no JSON and a made-up type.",
    ),
    (
        Difference::HandshakeDeadline,
        "handshake-deadline",
        "A handshake has 10 s from the dial on; the gateway counts from the open socket and speaks too late.",
    ),
    (
        Difference::HangsUpAtTheEnd,
        "hangs-up-at-the-end",
        "The socket is closed when the run is over; the recorded client stayed and heard echoes and late events.",
    ),
    (
        Difference::Heartbeats,
        "heartbeats",
        "A heartbeat is sent every 30 s after `auth_success`, never before; the recorded client kept its own clock.",
    ),
    (
        Difference::OnceAndInOrder,
        "once-and-in-order",
        "What is broadcast before the replay and again inside it is told once, in the order of the ids.",
    ),
    (
        Difference::OneAuth,
        "one-auth",
        "An accepted token is not followed by another on the same socket; the recorded client tried one that is garbage.",
    ),
    (
        Difference::OneSlash,
        "one-slash",
        "A slash at the end of the base address is dropped; a doubled one is answered by a redirect and closes with 1006.",
    ),
    (
        Difference::RefusalWithoutFrame,
        "refusal-without-frame",
        "A close with 1008 refuses the credentials, whether or not `auth_failed` came before it.",
    ),
    (
        Difference::ResumeAtOnce,
        "resume-at-once",
        "`resume` follows every `auth_success` at once, with a text cursor and `wantStatus`; the recorded client sent it \
         late, with less, with a number, before the token was accepted, or never.",
    ),
    (
        Difference::TerminalStatusChange,
        "terminal-status-change",
        "A terminal `status_change` ends the session; the recorded client was left waiting for `Session expired`.",
    ),
    (
        Difference::TextFrames,
        "text-frames",
        "Messages are text in one piece, as far as a client can choose; the recorded client tried fragments and binary.",
    ),
];

impl Difference {
    /// What a recorded frame of the client stands for that the session did not send.
    pub fn of_recorded(frame: &Value) -> Self {
        match frame["type"].as_str() {
            Some("auth") if frame.get("tokenType").is_some() => Self::ApiKey,
            Some("auth") => Self::OneAuth,
            Some("resume") => Self::ResumeAtOnce,
            Some("heartbeat") => Self::Heartbeats,
            Some("no_such_type") => Self::FramesOnly,
            _ => panic!("the session did not send {frame}"),
        }
    }

    /// What a frame of the session stands for that was not recorded; `recorded` are the frames it did not send.
    pub fn of_ours(frame: &Value, recorded: &[Value]) -> Self {
        match frame["type"].as_str() {
            Some("auth") if recorded.iter().any(|frame| frame.get("tokenType").is_some()) => Self::ApiKey,
            Some("auth") => Self::AuthAtOnce,
            Some("resume") => Self::ResumeAtOnce,
            Some("heartbeat") => Self::Heartbeats,
            _ => panic!("the session sent {frame}, which was not recorded"),
        }
    }

    /// The name in the table.
    pub fn name(self) -> &'static str {
        DIFFERENCES.iter().find(|(difference, ..)| *difference == self).expect("it is listed").1
    }
}
