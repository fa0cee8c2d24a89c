//! What may happen, and when: the input of the model test.

use agent_gateway_client::link::{Reason, Status};
use agent_gateway_client::machine::Wake;
use agent_gateway_client::run::InterventionKind;
use proptest::prelude::*;

/// One run of an agent with everything that happens around it.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The run was begun elsewhere.
    pub resumed: bool,
    /// How the host answers the first question, for the start or the token.
    pub first_answer: Manner,
    pub has_fallback: bool,
    /// A run that is stopped tells so in its stream.
    pub tells_stop: bool,
    pub steps: Vec<(u64, Step)>,
    pub finish: Finish,
}

/// How the world goes on after the last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Everybody is well, and the run comes to its end.
    Healed(Ended),
    /// Nobody says anything any more.
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Completed,
    Error,
    Interrupted,
}

/// How the host answers questions of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Well,
    Slowly,
    Fails,
    /// Says no: not interrupted, not claimed, unauthorized, aborted.
    Refuses,
    NotFound,
    /// Answers something that was not asked.
    Confused,
    Silent,
}

/// What the host is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Start,
    Token,
    Interrupt,
    Claim,
    Tool,
    User,
}

#[derive(Clone, Debug)]
pub enum Step {
    Host(Kind, Manner),
    /// A question that was aborted is answered all the same.
    DeafToAborts(bool),
    /// Every question that is open is answered.
    AnswerAll(Manner),
    Link(Status, Option<Reason>),
    Event(&'static str),
    MembersEvent(&'static str),
    ToolExecute(u8, Option<u64>),
    Asks(u8, InterventionKind, Option<u64>),
    Resolved(u8),
    Waits(bool),
    Runs,
    Pending(bool),
    Unavailable,
    /// The transport gives up: lost, closed, refused.
    TransportEnds(u8),
    /// The run ends at the server, and its stream tells so with the next connection.
    Ends(Ended),
    /// An older transport says that the run completed.
    GhostOfATransport,
    Stop,
    Detach,
    Supersede,
    Resubmit,
    Reload,
    Woke(Wake),
    Sleep(u64),
}

pub fn schedule() -> impl Strategy<Value = Schedule> {
    let steps = prop::collection::vec((delay(), step()), 0..40);
    let finish = prop_oneof![3 => ended().prop_map(Finish::Healed), 1 => Just(Finish::Silent)];
    let variant = (any::<bool>(), manner(), any::<bool>(), any::<bool>());
    (variant, steps, finish).prop_map(|((resumed, first_answer, has_fallback, tells_stop), steps, finish)| Schedule {
        resumed,
        first_answer,
        has_fallback,
        tells_stop,
        steps,
        finish,
    })
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(0), 6 => 1..300u64, 4 => 300..12_000u64, 2 => 12_000..130_000u64, 1 => 130_000..700_000u64]
}

fn step() -> impl Strategy<Value = Step> {
    let link = prop_oneof![
        4 => Just((Status::Connected, None)),
        1 => Just((Status::Reconnecting, Some(Reason::ConnectionLost))),
        1 => Just((Status::Authenticating, None)),
        1 => Just((Status::Connecting, Some(Reason::TokenPending))),
        1 => Just((Status::Disconnected, Some(Reason::PageHidden))),
    ];
    let event = prop::sample::select(vec!["stream_start", "stream_chunk", "visible_output_end", "tool_end", "news"]);
    let wake = prop::sample::select(vec![Wake::Visible, Wake::Online, Wake::Offline, Wake::Hidden, Wake::Shown]);
    prop_oneof![
        8 => (asked(), manner()).prop_map(|(kind, manner)| Step::Host(kind, manner)),
        1 => any::<bool>().prop_map(Step::DeafToAborts),
        3 => manner().prop_map(Step::AnswerAll),
        12 => link.prop_map(|(status, reason)| Step::Link(status, reason)),
        6 => event.clone().prop_map(Step::Event),
        1 => event.prop_map(Step::MembersEvent),
        6 => (0..4u8, timeout()).prop_map(|(call, timeout)| Step::ToolExecute(call, timeout)),
        4 => (0..3u8, intervention(), timeout()).prop_map(|(id, kind, within)| Step::Asks(id, kind, within)),
        1 => (0..3u8).prop_map(Step::Resolved),
        1 => any::<bool>().prop_map(Step::Waits),
        1 => Just(Step::Runs),
        2 => any::<bool>().prop_map(Step::Pending),
        1 => Just(Step::Unavailable),
        1 => (0..3u8).prop_map(Step::TransportEnds),
        1 => ended().prop_map(Step::Ends),
        1 => Just(Step::GhostOfATransport),
        2 => Just(Step::Stop),
        1 => prop::sample::select(vec![Step::Detach, Step::Supersede, Step::Resubmit]),
        1 => Just(Step::Reload),
        2 => wake.prop_map(Step::Woke),
        2 => (1_000..2_000_000u64).prop_map(Step::Sleep),
    ]
}

fn asked() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Start, Kind::Token, Kind::Interrupt, Kind::Claim, Kind::Tool, Kind::User])
}

fn manner() -> impl Strategy<Value = Manner> {
    prop_oneof![
        4 => Just(Manner::Well),
        2 => Just(Manner::Slowly),
        2 => Just(Manner::Fails),
        2 => Just(Manner::Refuses),
        1 => Just(Manner::NotFound),
        1 => Just(Manner::Confused),
        2 => Just(Manner::Silent),
    ]
}

fn ended() -> impl Strategy<Value = Ended> {
    prop::sample::select(vec![Ended::Completed, Ended::Error, Ended::Interrupted])
}

fn timeout() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (1..40_000u64).prop_map(Some)]
}

fn intervention() -> impl Strategy<Value = InterventionKind> {
    use InterventionKind::{Input, Permission, Plan, Question, ToolConfirmation};
    prop::sample::select(vec![Input, Permission, Plan, Question, ToolConfirmation])
}
