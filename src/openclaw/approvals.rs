//! The commands that wait for a person's leave. They are listed anew after each welcome, because nothing is told twice.

use super::calls::{CallError, CallId, NotCalled};
use super::payload::Payload;
use super::queue::Queue;
use super::retry::Retry;
use super::state::{Event, State};
use super::table::Table;
use super::wire::Notice;
use crate::machine::Timer;
use crate::time::Timestamp;

/// The method that lists them.
pub(super) const LIST: &str = "exec.approval.list";
/// The scope that allows it.
const SCOPE: &str = "operator.approvals";

/// What waits for leave, by the gateway's ids.
#[derive(Debug)]
pub struct Approvals<P> {
    pending: Table<P>,
    sync: Sync,
    /// What was asked for, or answered, since the list was asked for.
    meanwhile: Vec<(String, Option<P>)>,
    retry: Retry,
    /// Lists that are on their way; all but the last are waited for by nobody.
    calls: Vec<CallId>,
    out: Queue<ApprovalOutput>,
}

/// What approvals want done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalOutput {
    /// List them, and say how with [`Approvals::called`].
    List,
    /// Tell the application.
    Changed(ApprovalChange),
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApprovalChange {
    /// This one waits for leave.
    Pending(String),
    /// This one does no more.
    Gone(String),
    /// The list was read: what is pending is the present.
    Live,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sync {
    /// Nothing is known of the present: there is no connection, or it may not be asked for.
    Off,
    Listing(Option<CallId>),
    Live,
    Due(Timestamp),
}

impl<P> Default for Approvals<P> {
    fn default() -> Self {
        Self {
            pending: Table::default(),
            sync: Sync::Off,
            meanwhile: Vec::new(),
            retry: Retry::default(),
            calls: Vec::new(),
            out: Queue::default(),
        }
    }
}

impl<P: Payload> Approvals<P> {
    /// What waits for leave, as the gateway describes it, by its id.
    pub fn pending(&self) -> impl Iterator<Item = (&str, &P)> {
        self.pending.iter().map(|(id, approval)| (id.as_str(), approval))
    }

    /// Whether that is the present.
    pub fn is_live(&self) -> bool {
        self.sync == Sync::Live
    }

    /// Takes in what a session tells. `true`: it is the answer to the list, and nobody else's.
    pub fn observe(&mut self, event: &Event<P>, now: Timestamp) -> bool {
        match event {
            Event::Hello(hello) => {
                self.sync = Sync::Off;
                self.retry = Retry::default();
                if hello.scopes.iter().any(|scope| scope == SCOPE) {
                    self.list();
                }
            }
            Event::Gap { .. } if self.sync != Sync::Off => self.sync = Sync::Due(now),
            Event::StateChanged(State::Ready | State::Degraded(_)) => {}
            Event::StateChanged(_) => self.sync = Sync::Off,
            Event::Notice(notice) => self.noticed(notice),
            Event::CallSettled { call, outcome } => {
                let own = self.calls.iter().position(|own| own == call);
                if let Some(index) = own {
                    self.calls.remove(index);
                    if self.sync == Sync::Listing(Some(*call)) {
                        self.listed(outcome, now);
                    }
                }
                return own.is_some();
            }
            Event::Gap { .. } | Event::TokenGranted(_) | Event::TokenRefused(_) => {}
            Event::CallAccepted { .. } | Event::Protocol { .. } => {}
        }
        false
    }

    /// How the list was asked for, or why not.
    pub fn called(&mut self, call: Result<CallId, NotCalled>, now: Timestamp) {
        match call {
            Ok(call) => {
                self.calls.push(call);
                self.sync = Sync::Listing(Some(call));
            }
            Err(_) => self.list_later(None, now),
        }
    }

    /// A deadline passed.
    pub fn timeout(&mut self, now: Timestamp) {
        if let Sync::Due(at) = self.sync
            && now >= at
        {
            self.list();
        }
    }

    /// When [`Self::timeout`] is due.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        match self.sync {
            Sync::Due(at) => Some((at, Timer::Resync)),
            // The call has a deadline of its own.
            Sync::Off | Sync::Listing(_) | Sync::Live => None,
        }
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<ApprovalOutput> {
        self.out.pop()
    }

    fn list(&mut self) {
        self.meanwhile.clear();
        self.sync = Sync::Listing(None);
        self.out.push(ApprovalOutput::List);
    }

    fn noticed(&mut self, notice: &Notice<P>) {
        let is_asked = match notice.name.as_str() {
            "exec.approval.requested" => true,
            "exec.approval.resolved" => false,
            _ => return,
        };
        let Some(id) = notice.payload.text("id") else { return };
        let news = is_asked.then(|| notice.payload.clone());
        if matches!(self.sync, Sync::Listing(_)) {
            self.meanwhile.push((id.clone(), news.clone()));
        }
        self.apply(id, news);
    }

    fn listed(&mut self, outcome: &Result<P, CallError<P>>, now: Timestamp) {
        match outcome {
            Ok(payload) => {
                let rows = payload.items().unwrap_or_default();
                let listed = rows.into_iter().filter_map(|row| Some((row.text("id")?, Some(row))));
                let mut present = Table::default();
                for (id, row) in listed.chain(std::mem::take(&mut self.meanwhile)) {
                    present.insert(id, row);
                }
                let gone: Vec<String> = self.pending.keys().filter(|id| !present.contains(id)).cloned().collect();
                gone.into_iter().for_each(|id| self.apply(id, None));
                present.into_entries().for_each(|(id, news)| self.apply(id, news));
                self.retry = Retry::default();
                self.sync = Sync::Live;
                self.out.push(ApprovalOutput::Changed(ApprovalChange::Live));
            }
            Err(CallError::Refused(fault)) if fault.code == "FORBIDDEN" => self.sync = Sync::Off,
            Err(CallError::Refused(fault)) => self.list_later(fault.retry_after, now),
            Err(CallError::TimedOut { .. }) => self.list_later(None, now),
            // The state changes next.
            Err(CallError::ConnectionLost { .. }) => {}
        }
    }

    fn apply(&mut self, id: String, news: Option<P>) {
        let change = match news {
            Some(approval) => {
                let known = self.pending.insert(id.clone(), approval).is_some();
                (!known).then_some(ApprovalChange::Pending(id))
            }
            None => self.pending.remove(&id).map(|_| ApprovalChange::Gone(id)),
        };
        if let Some(change) = change {
            self.out.push(ApprovalOutput::Changed(change));
        }
    }

    fn list_later(&mut self, asked: Option<u64>, now: Timestamp) {
        self.sync = Sync::Due(self.retry.at(asked, now));
    }
}
