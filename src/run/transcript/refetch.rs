//! Whether the stored messages have to be fetched, why, and which answer still counts.

/// Why the stored messages have to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefetchReason {
    /// Events were lost.
    Gap,
    /// A patch does not follow the last one.
    RevisionSkipped,
    /// The patches so far do not add up to the revision that a step or the end of the run names.
    RevisionDiffers,
    /// A patch names a message that is not there.
    AnchorMissing,
    /// Pieces of an answer were lost, or came late or mixed up, and nothing told the whole of it afterwards.
    TextUncertain,
    /// Whether a tool runs again cannot be told: its start came after its end, without times to compare.
    ToolUncertain,
    /// A tool told its state before any answer that could have called it.
    ToolUnknown,
    /// An answer began, and nobody said under which id it is stored.
    MessageUnnamed,
    /// The gateway said that stored messages changed, and not how.
    RowsChanged,
    /// A member waits for its user.
    MemberWaits,
    /// The run ended without telling the messages that it left.
    EndWithoutMessages,
    /// An event broke the protocol.
    Unreadable,
}

impl RefetchReason {
    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::RevisionSkipped => "revision_skipped",
            Self::RevisionDiffers => "revision_differs",
            Self::AnchorMissing => "anchor_missing",
            Self::TextUncertain => "text_uncertain",
            Self::ToolUncertain => "tool_uncertain",
            Self::ToolUnknown => "tool_unknown",
            Self::MessageUnnamed => "message_unnamed",
            Self::RowsChanged => "rows_changed",
            Self::MemberWaits => "member_waits",
            Self::EndWithoutMessages => "end_without_messages",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One question for the stored messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Fetch(pub(crate) u32);

/// What is known of the stored messages.
#[derive(Debug)]
pub(super) enum Refetch {
    /// Nothing speaks against what is shown.
    NotNeeded,
    /// They have to be fetched.
    Needed(RefetchReason),
    /// They were asked for. The host owes an answer or a failure.
    Asked { fetch: Fetch, reason: RefetchReason },
}

impl Refetch {
    pub const fn reason(&self) -> Option<RefetchReason> {
        match self {
            Self::Needed(reason) => Some(*reason),
            Self::NotNeeded | Self::Asked { .. } => None,
        }
    }

    /// What is shown may be wrong. The first reason stands; one that comes after the question needs another question.
    pub fn need(&mut self, reason: RefetchReason) {
        match self {
            Self::Needed(_) => {}
            Self::NotNeeded | Self::Asked { .. } => *self = Self::Needed(reason),
        }
    }

    /// Somebody asks, now or of its own accord.
    pub fn asked(&mut self, generation: u32) -> Fetch {
        let fetch = Fetch(generation);
        if let Self::Needed(reason) | Self::Asked { reason, .. } = *self {
            *self = Self::Asked { fetch, reason };
        }
        fetch
    }

    /// The question stays without an answer that counts.
    pub fn failed(&mut self, failed: Fetch) {
        match *self {
            Self::Asked { fetch, reason } if fetch == failed => *self = Self::Needed(reason),
            Self::NotNeeded | Self::Needed(_) | Self::Asked { .. } => {}
        }
    }

    /// The question is answered. What turned up after it was asked is not.
    pub fn answered(&mut self, answered: Fetch) {
        match *self {
            Self::Asked { fetch, .. } if fetch == answered => *self = Self::NotNeeded,
            Self::NotNeeded | Self::Needed(_) | Self::Asked { .. } => {}
        }
    }

    /// All stored messages were told.
    pub fn settled(&mut self) {
        *self = Self::NotNeeded;
    }
}

impl Fetch {
    /// The generation in which it was asked.
    pub(super) const fn generation(self) -> u32 {
        self.0
    }
}
