//! What is known of a session and of an agent, and how news changes it.

use super::super::payload::Payload;

/// A session. The rest of what the gateway says about it is in `row`.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionCard<P> {
    /// Its key, as `agent:main:main`.
    pub key: String,
    /// Its agent.
    pub agent_id: String,
    /// Its name for people, where it has one.
    pub title: Option<String>,
    /// How its last run ended, or that one is under way.
    pub status: Option<RunStatus>,
    /// Whether a run is under way.
    pub activity: Activity,
    /// When it last changed, in the gateway's milliseconds.
    pub updated_at: Option<u64>,
    /// The row of the gateway.
    pub row: P,
    /// When this was true, in the gateway's milliseconds.
    pub(super) as_of: u64,
}

/// The gateway's word for a session's last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// A run waits for its turn.
    Queued,
    /// A run is under way.
    Running,
    /// It ended well.
    Done,
    /// It failed.
    Failed,
    /// Somebody ended it.
    Killed,
    /// It took too long.
    Timeout,
    /// A word that this client does not know.
    Other(String),
}

/// Whether a session has a run under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The gateway did not say.
    Unknown,
    /// It has none.
    Idle,
    /// It has; these are the ids of its runs, as far as the gateway said.
    Running(Vec<String>),
}

/// An agent with what its sessions do.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentCard<P> {
    /// Its id.
    pub id: String,
    /// Its name for people, where it has one.
    pub name: Option<String>,
    /// Whether it is the one that is meant when none is named.
    pub is_default: bool,
    /// What its sessions do.
    pub work: Work,
    /// The row of the gateway.
    pub row: P,
}

/// What the sessions of an agent do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// How many sessions it has.
    pub sessions: usize,
    /// The keys of those with a run under way.
    pub running: Vec<String>,
    /// How many there are of which the gateway did not say whether they have one.
    pub unknown: usize,
    /// When any of them last changed, in the gateway's milliseconds.
    pub updated_at: Option<u64>,
}

impl RunStatus {
    fn read(name: String) -> Self {
        match name.as_str() {
            "queued" => Self::Queued,
            "running" => Self::Running,
            "done" => Self::Done,
            "failed" => Self::Failed,
            "killed" => Self::Killed,
            "timeout" => Self::Timeout,
            _ => Self::Other(name),
        }
    }

    /// The gateway's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Killed => "killed",
            Self::Timeout => "timeout",
            Self::Other(name) => name,
        }
    }
}

impl Activity {
    /// The stable name.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Idle => "idle",
            Self::Running(_) => "running",
        }
    }

    /// What a row says, after `before`. In a snapshot nothing is known before.
    ///
    /// Ids that are missing leave it at what was known, `null` takes back what was known, none at all means idle. A
    /// flag that comes without ids counts more than ids of before.
    pub(in crate::openclaw) fn read<P: Payload>(row: &P, before: Self) -> Self {
        let flag = row.flag("hasActiveRun");
        let ids = row.member("activeRunIds");
        match (ids.as_ref().and_then(Payload::items), flag) {
            (Some(ids), _) if !ids.is_empty() => Self::Running(ids.iter().filter_map(Payload::as_text).collect()),
            (Some(_), _) | (None, Some(false)) => Self::Idle,
            (None, Some(true)) if ids.is_some() => Self::Running(Vec::new()),
            (None, Some(true)) => match before {
                Self::Running(ids) => Self::Running(ids),
                Self::Unknown | Self::Idle => Self::Running(Vec::new()),
            },
            (None, None) if ids.is_some() => Self::Unknown,
            (None, None) => before,
        }
    }
}

impl<P: Payload> SessionCard<P> {
    /// Reads a row of a snapshot, true at `as_of` where it does not say itself.
    pub(super) fn read(row: &P, as_of: u64) -> Option<Self> {
        let key = row.text("key")?;
        Some(Self {
            agent_id: row.text("agentId").unwrap_or_else(|| agent_of(&key)),
            title: title(row),
            status: row.text("status").map(RunStatus::read),
            activity: Activity::read(row, Activity::Unknown),
            updated_at: row.count("updatedAt"),
            as_of: row.count("snapshotAt").unwrap_or(as_of),
            row: row.clone(),
            key,
        })
    }

    /// A session of which nothing is known but its key.
    pub(super) fn unknown(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            agent_id: agent_of(key),
            title: None,
            status: None,
            activity: Activity::Unknown,
            updated_at: None,
            row: P::nothing(),
            as_of: 0,
        }
    }

    /// Takes news in: what the row does not mention stays. `false`: it is older than what is known.
    pub(super) fn update(&mut self, row: &P, as_of: u64, is_whole: bool) -> bool {
        if as_of < self.as_of {
            return false;
        }
        self.as_of = as_of;
        if let Some(agent_id) = row.text("agentId") {
            self.agent_id = agent_id;
        }
        if is_whole || title(row).is_some() {
            self.title = title(row);
        }
        if let Some(status) = row.text("status") {
            self.status = Some(RunStatus::read(status));
        }
        let before = std::mem::replace(&mut self.activity, Activity::Unknown);
        self.activity = Activity::read(row, before);
        self.updated_at = row.count("updatedAt").or(self.updated_at);
        if is_whole || self.row.is_null() {
            self.row = row.clone();
        }
        true
    }
}

impl<P> SessionCard<P> {
    /// Whether both say the same, whatever else their rows say and whenever it was true.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let told = |card: &Self| (card.agent_id.clone(), card.title.clone(), card.status.clone(), card.updated_at);
        told(self) == told(other) && self.activity == other.activity
    }
}

impl<P: Payload> AgentCard<P> {
    pub(super) fn read(row: &P, default_id: Option<&str>) -> Option<Self> {
        let id = row.text("id")?;
        Some(Self {
            name: row.text("name").or_else(|| row.object("identity").text("name")),
            is_default: default_id == Some(id.as_str()),
            work: Work::default(),
            row: row.clone(),
            id,
        })
    }
}

impl Work {
    /// What the sessions of one agent do.
    pub(super) fn of<'a, P: 'a>(sessions: impl Iterator<Item = &'a SessionCard<P>>) -> Self {
        let mut work = Self::default();
        for session in sessions {
            work.sessions += 1;
            work.updated_at = work.updated_at.max(session.updated_at);
            match session.activity {
                Activity::Running(_) => work.running.push(session.key.clone()),
                Activity::Unknown => work.unknown += 1,
                Activity::Idle => {}
            }
        }
        work
    }
}

fn title<P: Payload>(row: &P) -> Option<String> {
    ["label", "displayName", "derivedTitle"].into_iter().find_map(|name| row.text(name))
}

/// The agent that a key names, as in `agent:main:main`.
fn agent_of(key: &str) -> String {
    let Some(rest) = key.strip_prefix("agent:") else { return String::new() };
    let end = rest.bytes().position(|byte| byte == b':').unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().to_owned()
}
