//! What may happen, and when: the input of the model test.

use agent_gateway_client::machine::Wake;
use proptest::prelude::*;

/// One run of an agent with everything that goes wrong around it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub variant: Variant,
    pub pushes: Vec<(u64, Push)>,
    pub end: End,
    pub faults: Vec<(u64, Fault)>,
}

/// How the gateway and the client are set up.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The operation is known from the start; otherwise nothing answers `resume`.
    pub initialised: bool,
    /// A failed or stopped member is echoed as `status_change`, not as `session_complete`.
    pub echo_as_status: bool,
    pub resume_on_connect: bool,
    pub host_gives_tokens: bool,
    pub starts_with_token: bool,
    /// Milliseconds after which a socket is replaced by a fresh one.
    pub rotate_after: Option<u64>,
}

/// What the server pushes during the run.
#[derive(Clone, Debug)]
pub enum Push {
    Chunk,
    MemberChunk,
    MemberEnd(Ended),
    Waiting,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Completed,
    Error,
    Interrupted,
}

/// How the server tells the end of the run.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Event(Ended),
    ErrorEvent,
    Status(Ended),
}

/// What goes wrong, or what the user and the page do.
#[derive(Clone, Debug)]
pub enum Fault {
    Drop,
    HalfOpen,
    Restart,
    Refuse(bool),
    Latency(u64),
    Duplicate(bool),
    Malformed,
    SocketError,
    WithoutAcks(bool),
    ExpireTokens,
    /// The same, and the sockets that stand are told at once.
    ExpireSockets,
    RefuseToken,
    Host(Host),
    Woke(Wake),
    Sleep {
        millis: u64,
        timers_first: bool,
    },
    Disconnect,
    DisconnectWhileDelivering(u8),
    Connect,
    Reconnect,
    UpdateToken,
    ToolResult,
    Initialise,
}

/// How the host answers questions for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Quick,
    Slow,
    Fails,
    Silent,
    Unauthorized,
}

pub fn schedule() -> impl Strategy<Value = Schedule> {
    let pushes = prop::collection::vec((0_u64..4_000, push()), 0..25);
    let faults = prop::collection::vec((0_u64..12_000, fault()), 0..18);
    (variant(), pushes, end(), faults).prop_map(|(variant, pushes, end, faults)| Schedule {
        variant,
        pushes,
        end,
        faults,
    })
}

fn variant() -> impl Strategy<Value = Variant> {
    let tokens = (prop::bool::weighted(0.7), any::<bool>());
    let rotate_after = prop::option::weighted(0.4, 2_000_u64..20_000);
    (prop::bool::weighted(0.8), any::<bool>(), any::<bool>(), tokens, rotate_after).prop_map(
        |(initialised, echo_as_status, resume_on_connect, (host_gives_tokens, starts_with_token), rotate_after)| {
            Variant {
                initialised,
                echo_as_status,
                resume_on_connect,
                host_gives_tokens,
                starts_with_token: starts_with_token || !host_gives_tokens,
                rotate_after,
            }
        },
    )
}

fn push() -> impl Strategy<Value = Push> {
    prop_oneof![
        8 => Just(Push::Chunk),
        2 => Just(Push::MemberChunk),
        1 => ended().prop_map(Push::MemberEnd),
        1 => Just(Push::Waiting),
    ]
}

fn ended() -> impl Strategy<Value = Ended> {
    prop_oneof![Just(Ended::Completed), Just(Ended::Error), Just(Ended::Interrupted)]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![3 => ended().prop_map(End::Event), 1 => Just(End::ErrorEvent), 2 => ended().prop_map(End::Status)]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::Drop),
        2 => Just(Fault::HalfOpen),
        1 => Just(Fault::Restart),
        2 => any::<bool>().prop_map(Fault::Refuse),
        3 => prop_oneof![Just(1), Just(40), Just(700), Just(3_000)].prop_map(Fault::Latency),
        1 => any::<bool>().prop_map(Fault::Duplicate),
        1 => Just(Fault::Malformed),
        1 => Just(Fault::SocketError),
        1 => any::<bool>().prop_map(Fault::WithoutAcks),
        2 => Just(Fault::ExpireTokens),
        1 => Just(Fault::ExpireSockets),
        1 => Just(Fault::RefuseToken),
        2 => host().prop_map(Fault::Host),
        3 => wake().prop_map(Fault::Woke),
        2 => (1_000_u64..400_000, any::<bool>())
            .prop_map(|(millis, timers_first)| Fault::Sleep { millis, timers_first }),
        1 => Just(Fault::Disconnect),
        1 => (0_u8..6).prop_map(Fault::DisconnectWhileDelivering),
        2 => Just(Fault::Connect),
        1 => Just(Fault::Reconnect),
        1 => Just(Fault::UpdateToken),
        1 => Just(Fault::ToolResult),
        1 => Just(Fault::Initialise),
    ]
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        4 => Just(Host::Quick),
        2 => Just(Host::Slow),
        2 => Just(Host::Fails),
        2 => Just(Host::Silent),
        1 => Just(Host::Unauthorized),
    ]
}

fn wake() -> impl Strategy<Value = Wake> {
    prop_oneof![
        Just(Wake::Visible),
        Just(Wake::Resumed),
        Just(Wake::Shown),
        Just(Wake::Hidden),
        Just(Wake::Online),
        Just(Wake::Offline),
    ]
}
