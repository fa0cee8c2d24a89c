//! What may happen: the input of the model test.

use agent_gateway_client::machine::Wake;
use proptest::prelude::*;

/// One thing that happens. What is impossible at the moment does nothing.
#[derive(Clone, Debug)]
pub enum Step {
    /// A person connects, disconnects, gives another credential.
    Connect,
    Disconnect,
    NewCredential,
    /// The host keeps another token of the device by now.
    NewToken,
    /// The application calls a method, with one answer or with two.
    Call(bool),
    /// A chat, under the key of its session or under another name of it.
    OpenChat(bool),
    CloseChat(bool),
    SendMessage,
    /// The socket opens and the gateway challenges.
    Challenge,
    /// The host signs, or cannot.
    Sign(bool),
    Welcome(Welcome),
    /// The gateway refuses the request that it read last.
    Refuse(&'static str),
    /// The gateway answers the request that it read first, or last.
    Answer {
        first: bool,
        accepted: bool,
    },
    /// An event, after some that were dropped.
    Event {
        name: &'static str,
        dropped: u64,
    },
    Garbage,
    /// A frame, or the end, of a socket that is gone.
    Stale(bool),
    Close(u16),
    DialRefused,
    Wake(Wake),
    /// Time passes with every deadline met.
    Advance(u64),
    /// Time passes unwatched.
    Sleep(u64),
}

/// How the gateway welcomes.
#[derive(Clone, Debug)]
pub struct Welcome {
    pub boot: u32,
    pub grants: bool,
    pub gives_token: bool,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}

fn step() -> impl Strategy<Value = Step> {
    let codes = [
        "AUTH_TOKEN_MISMATCH",
        "AUTH_DEVICE_TOKEN_MISMATCH",
        "AUTH_TAILSCALE_WHOIS_FAILED",
        "AUTH_RATE_LIMITED",
        "PAIRING_REQUIRED",
        "UNAVAILABLE",
        "FORBIDDEN",
        "SOMETHING_NEW",
    ];
    let events =
        ["presence", "sessions.changed", "config.changed", "tick", "chat", "shutdown", "exec.approval.requested"];
    let wakes = [Wake::Visible, Wake::Resumed, Wake::Shown, Wake::Hidden, Wake::Online, Wake::Offline];
    let closes = [1000, 1002, 1006, 1008, 1009, 1011, 1012, 1013, 4001];
    let welcome = (0..3_u32, prop::bool::weighted(0.9), any::<bool>())
        .prop_map(|(boot, grants, gives_token)| Step::Welcome(Welcome { boot, grants, gives_token }));
    prop_oneof![
        2 => Just(Step::Connect),
        1 => Just(Step::Disconnect),
        1 => Just(Step::NewCredential),
        2 => Just(Step::NewToken),
        4 => any::<bool>().prop_map(Step::Call),
        1 => any::<bool>().prop_map(Step::OpenChat),
        1 => any::<bool>().prop_map(Step::CloseChat),
        2 => Just(Step::SendMessage),
        8 => Just(Step::Challenge),
        8 => prop::bool::weighted(0.9).prop_map(Step::Sign),
        8 => welcome,
        4 => prop::sample::select(codes.to_vec()).prop_map(Step::Refuse),
        8 => (any::<bool>(), any::<bool>()).prop_map(|(first, accepted)| Step::Answer { first, accepted }),
        5 => (prop::sample::select(events.to_vec()), prop_oneof![4 => Just(0), 1 => 1..4_u64])
            .prop_map(|(name, dropped)| Step::Event { name, dropped }),
        1 => Just(Step::Garbage),
        1 => any::<bool>().prop_map(Step::Stale),
        3 => prop::sample::select(closes.to_vec()).prop_map(Step::Close),
        1 => Just(Step::DialRefused),
        3 => prop::sample::select(wakes.to_vec()).prop_map(Step::Wake),
        4 => (0..70_000_u64).prop_map(Step::Advance),
        2 => (0..400_000_u64).prop_map(Step::Sleep),
    ]
}
