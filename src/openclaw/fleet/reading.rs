//! One reading of the fleet: its calls, and what they brought so far.

use super::super::calls::CallId;
use super::super::payload::Payload;
use super::super::wire::Json;

/// A page of sessions.
const PAGE: u64 = 200;

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// From now on changes of sessions are told.
    Subscribe,
    /// The agents.
    Agents,
    /// The sessions, from this one on.
    Sessions {
        /// How many are left out.
        offset: u64,
    },
    /// Who is connected.
    Presence,
}

impl Read {
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Subscribe => "sessions.subscribe",
            Self::Agents => "agents.list",
            Self::Sessions { .. } => "sessions.list",
            Self::Presence => "system-presence",
        }
    }

    pub(super) fn params(self) -> Json {
        Json::Object(match self {
            Self::Subscribe | Self::Agents | Self::Presence => Vec::new(),
            Self::Sessions { offset } => {
                let mut members = vec![
                    ("limit", Json::Number(PAGE)),
                    ("includeDerivedTitles", Json::Flag(true)),
                    ("includeLastMessage", Json::Flag(true)),
                ];
                if offset > 0 {
                    members.push(("offset", Json::Number(offset)));
                }
                members
            }
        })
    }
}

/// The calls of one reading.
#[derive(Debug)]
pub(super) struct Reading<P> {
    pub(super) open: Vec<(CallId, Read)>,
    pub(super) agents: Option<P>,
    pub(super) pages: Vec<P>,
    pub(super) presence: Option<P>,
    /// The gateway told of it meanwhile, which is newer.
    pub(super) presence_told: bool,
    /// Something happened meanwhile that this reading may have missed.
    pub(super) again: bool,
    /// Sessions that were deleted meanwhile.
    pub(super) deleted: Vec<String>,
}

impl<P: Payload> Reading<P> {
    pub(super) fn new() -> Self {
        Self {
            open: Vec::new(),
            agents: None,
            pages: Vec::new(),
            presence: None,
            presence_told: false,
            again: false,
            deleted: Vec::new(),
        }
    }

    /// The read that a call belongs to; it is open no more.
    pub(super) fn settle(&mut self, call: CallId) -> Option<Read> {
        let index = self.open.iter().position(|(open, _)| *open == call)?;
        Some(self.open.remove(index).1)
    }

    /// Keeps what a read brought. The page that is to be read next, where there is one.
    pub(super) fn keep(&mut self, read: Read, payload: P, most: u64) -> Option<Read> {
        match read {
            Read::Subscribe => {}
            Read::Agents => self.agents = Some(payload),
            Read::Presence => self.presence = Some(payload),
            Read::Sessions { offset } => {
                let more = payload.flag("hasMore").unwrap_or(false);
                let next = payload.count("nextOffset").filter(|next| more && *next > offset && *next < most);
                self.pages.push(payload);
                return next.map(|offset| Read::Sessions { offset });
            }
        }
        None
    }
}
