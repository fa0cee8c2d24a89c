//! What happens, and when.

use proptest::prelude::*;

/// How many operations run.
pub const OPERATIONS: usize = 3;

#[derive(Clone, Debug)]
pub struct Schedule {
    pub variant: Variant,
    /// Milliseconds since the one before, and what happens.
    pub actions: Vec<(u64, Action)>,
    pub ends: [End; OPERATIONS],
}

#[derive(Clone, Debug)]
pub struct Variant {
    /// Milliseconds that a frame takes.
    pub latency: u64,
    /// Milliseconds that the host takes for a token.
    pub token_after: u64,
    /// A hub that answers the mirrored end of a member with `session_complete` alone.
    pub echoes_session_complete_only: bool,
    /// The operation that the hub learns of only after it was subscribed.
    pub begins_late: Option<usize>,
    /// The operation that is subscribed twice.
    pub subscribed_twice: Option<usize>,
    /// Milliseconds after which a socket is replaced by a fresh one.
    pub rotate_after: Option<u64>,
    pub seed: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Completed,
    Failed,
    Interrupted,
}

#[derive(Clone, Debug)]
pub enum Action {
    Chunk(usize),
    /// The end of a member, mirrored onto the channel of its supervisor.
    Member(usize, End),
    End(usize),
    /// One subscribes from the cursor of another, one from the start, and the first leaves.
    Join(usize),
    /// Those who follow leave; one who goes on from their cursor leaves at once; one begins from the start.
    Remount(usize),
    /// Ten minutes pass, after which the hub forgets an operation that it calls ended and says so; one that runs begins
    /// anew after five seconds.
    CleanUp(usize),
    Drop,
    /// The open socket swallows everything from here on.
    Freeze,
    /// The hub forgets everything; running operations begin anew after this many milliseconds.
    Restart(u64),
    /// The next dial is refused with 4401.
    RefuseToken,
    /// The next question for a token fails.
    NoToken,
    Visible,
    Offline(u64),
    /// The process sleeps for this long.
    Sleep(u64),
}

pub fn schedule() -> impl Strategy<Value = Schedule> {
    let actions = prop::collection::vec((delay(), action()), 0..24);
    let ends = [end(), end(), end()];
    (variant(), actions, ends).prop_map(|(variant, actions, ends)| Schedule { variant, actions, ends })
}

fn variant() -> impl Strategy<Value = Variant> {
    let operation = || prop::option::weighted(0.3, 0..OPERATIONS);
    (0_u64..400, 0_u64..3_000, any::<bool>(), operation(), operation(), rotate_after(), any::<u32>()).prop_map(
        |(latency, token_after, echoes_session_complete_only, begins_late, subscribed_twice, rotate_after, seed)| {
            Variant {
                latency,
                token_after,
                echoes_session_complete_only,
                begins_late,
                subscribed_twice,
                rotate_after,
                seed,
            }
        },
    )
}

fn rotate_after() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.4, 2_000_u64..20_000)
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0_u64..50, 3 => 0_u64..2_000, 1 => 0_u64..40_000]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![3 => Just(End::Completed), 1 => Just(End::Failed), 1 => Just(End::Interrupted)]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        10 => (0..OPERATIONS).prop_map(Action::Chunk),
        2 => (0..OPERATIONS, end()).prop_map(|(operation, end)| Action::Member(operation, end)),
        2 => (0..OPERATIONS).prop_map(Action::End),
        2 => (0..OPERATIONS).prop_map(Action::Join),
        2 => (0..OPERATIONS).prop_map(Action::Remount),
        1 => (0..OPERATIONS).prop_map(Action::CleanUp),
        3 => Just(Action::Drop),
        1 => Just(Action::Freeze),
        1 => (0_u64..20_000).prop_map(Action::Restart),
        1 => Just(Action::RefuseToken),
        1 => Just(Action::NoToken),
        1 => Just(Action::Visible),
        1 => (0_u64..60_000).prop_map(Action::Offline),
        1 => (0_u64..300_000).prop_map(Action::Sleep),
    ]
}
