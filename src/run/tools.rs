//! The tools that run here: claimed, run once, aborted at their deadline, answered once.

use std::rc::Rc;

use super::contract::{Answer, ToolAnswer, TransportId};
use super::ledger::Ledger;
use super::limits::Timer;
use crate::machine::RequestId;
use crate::text::said;
use crate::time::Timestamp;

/// How long the server waits where it does not say.
const EXECUTION_TIMEOUT: u64 = 120_000;
/// What the result needs to be there before the server gives up.
const HEAD_START: u64 = 500;
/// A tool is given this much in any case.
const SHORTEST: u64 = 100;
/// How long the server keeps waiting for a result, and so how long one is kept for it.
const KEPT_FOR: u64 = 120_000;
/// As much of unreadable arguments is quoted.
const QUOTED_CHARACTERS: usize = 200;
const STOPPED: &str = "The run was stopped.";

/// The one result of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolReply<P> {
    /// The host's.
    Given(P),
    /// A failure: `success: false`, `content: null`, `error: {type, message}`.
    Failed {
        /// Its type.
        error: ToolError,
        /// For a human, and for the model.
        message: String,
    },
}

/// Why a call has no result of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolError {
    /// The arguments are no JSON.
    ArgumentsParseError,
    /// There is no such tool.
    ExecutorNotFound,
    /// It took too long, or nobody said whether it may run.
    ClientExecutorTimeout,
    /// It threw, or was stopped.
    ClientToolExecutionError,
    /// It ended and had nothing to say.
    ClientExecutorNoResult,
}

impl ToolError {
    /// The type on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ArgumentsParseError => "arguments_parse_error",
            Self::ExecutorNotFound => "executor_not_found",
            Self::ClientExecutorTimeout => "client_executor_timeout",
            Self::ClientToolExecutionError => "client_tool_execution_error",
            Self::ClientExecutorNoResult => "client_executor_no_result",
        }
    }
}

/// The calls of a run.
#[derive(Debug)]
pub(crate) struct Tools<P> {
    ledger: Ledger,
    calls: Vec<Call<P>>,
}

#[derive(Debug)]
struct Call<P> {
    id: Rc<str>,
    stage: Stage<P>,
}

#[derive(Debug)]
enum Stage<P> {
    /// The host looks up whether another tab, or this one before a reload, took the call on.
    Claiming { request: RequestId, payload: P, until: Timestamp },
    /// The host runs it.
    Running { request: RequestId, until: Timestamp },
    /// The result is kept until the gateway has it.
    Answered { reply: ToolReply<P>, carried_by: Option<TransportId>, until: Timestamp },
}

impl<P> Default for Tools<P> {
    fn default() -> Self {
        Self { ledger: Ledger::default(), calls: Vec::new() }
    }
}

impl<P: Clone> Tools<P> {
    /// Until when a tool has to be ready; `None`: none runs.
    pub(crate) fn running_until(&self) -> Option<(Timestamp, Timer)> {
        self.calls.iter().filter_map(|call| call.stage.running_until()).min().map(|at| (at, Timer::Tool))
    }

    pub(crate) fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let kept = self.calls.iter().filter_map(|call| match call.stage {
            Stage::Answered { until, .. } => Some((until, Timer::ToolResult)),
            Stage::Claiming { .. } | Stage::Running { .. } => None,
        });
        kept.chain(self.running_until()).min_by_key(|(at, _)| *at)
    }

    /// Takes note of a call. `false`: it was taken on before.
    pub(crate) fn is_news(&mut self, tool_call_id: &Rc<str>) -> bool {
        !tool_call_id.is_empty() && self.ledger.claim(tool_call_id)
    }

    pub(crate) fn claim(&mut self, id: Rc<str>, request: RequestId, payload: P, timeout: Option<u64>, now: Timestamp) {
        let until = now + timeout.unwrap_or(EXECUTION_TIMEOUT).saturating_sub(HEAD_START).max(SHORTEST);
        self.calls.push(Call { id, stage: Stage::Claiming { request, payload, until } });
    }

    pub(crate) fn is_claiming(&self, request: RequestId) -> bool {
        let asked = |call: &Call<P>| matches!(call.stage, Stage::Claiming { request: asked, .. } if asked == request);
        self.calls.iter().any(asked)
    }

    pub(crate) fn is_running(&self, request: RequestId) -> bool {
        let asked = |call: &Call<P>| matches!(call.stage, Stage::Running { request: asked, .. } if asked == request);
        self.calls.iter().any(asked)
    }

    /// The host said whether a call may run. If so, returns what to run, and until when; `running` asks for it.
    pub(crate) fn claimed(
        &mut self,
        request: RequestId,
        answer: Answer<P>,
        running: RequestId,
        now: Timestamp,
    ) -> Option<(Rc<str>, P, Timestamp)> {
        let Call { id, stage } = self.calls.remove(self.place_of(request)?);
        let Stage::Claiming { payload, until, .. } = stage else { return None };
        match answer {
            Answer::Claimed(true) => {
                self.calls.push(Call { id: id.clone(), stage: Stage::Running { request: running, until } });
                Some((id, payload, until))
            }
            Answer::Claimed(false) => None,
            answer => {
                self.calls.push(Call { id, stage: Stage::kept(reply_to(answer), now) });
                None
            }
        }
    }

    /// The host said what became of a tool.
    pub(crate) fn answered(&mut self, request: RequestId, answer: Answer<P>, now: Timestamp) {
        if let Some(place) = self.place_of(request) {
            self.calls[place].stage = Stage::kept(reply_to(answer), now);
        }
    }

    /// Gives the calls that are overdue their result, and hands out what the host is to abort.
    pub(crate) fn overdue(&mut self, now: Timestamp) -> Vec<RequestId> {
        let is_overdue = |stage: &Stage<P>| stage.running_until().is_some_and(|until| now >= until);
        self.fail(is_overdue, ToolError::ClientExecutorTimeout, "The tool did not answer in time.", now)
    }

    /// Nobody wants the result of a call any more; hands out what the host is to abort.
    pub(crate) fn cancel(&mut self, id: &str, now: Timestamp) -> Option<RequestId> {
        let call = self.calls.iter_mut().find(|call| *call.id == *id)?;
        let (Stage::Claiming { request, .. } | Stage::Running { request, .. }) = call.stage else { return None };
        let reply = ToolReply::Failed { error: ToolError::ClientToolExecutionError, message: STOPPED.to_owned() };
        call.stage = Stage::kept(reply, now);
        Some(request)
    }

    /// What became of a call: `None` where nothing is known of it any more, `Some(None)` while it runs.
    pub(crate) fn reply(&self, id: &str) -> Option<Option<&ToolReply<P>>> {
        let call = self.calls.iter().find(|call| *call.id == *id)?;
        Some(match &call.stage {
            Stage::Answered { reply, .. } => Some(reply),
            Stage::Claiming { .. } | Stage::Running { .. } => None,
        })
    }

    /// Gives all calls that run their result, and hands out what the host is to abort. Of one that is being claimed it is
    /// not known yet whether its result is owed here.
    pub(crate) fn stop(&mut self, now: Timestamp) -> Vec<RequestId> {
        self.fail(|stage| matches!(stage, Stage::Running { .. }), ToolError::ClientToolExecutionError, STOPPED, now)
    }

    /// Nobody can be given a result any more; hands out what the host is to abort.
    pub(crate) fn abandon(&mut self) -> Vec<RequestId> {
        self.calls.drain(..).filter_map(|call| call.stage.request()).collect()
    }

    /// The next result that a transport which stands has not carried.
    pub(crate) fn next_unsent(&mut self, transport: TransportId) -> Option<(Rc<str>, ToolReply<P>)> {
        for Call { id, stage } in &mut self.calls {
            if let Stage::Answered { reply, carried_by, .. } = stage
                && *carried_by != Some(transport)
            {
                *carried_by = Some(transport);
                return Some((id.clone(), reply.clone()));
            }
        }
        None
    }

    /// Drops the results that were kept long enough, and hands out those that no transport carried. Of the others the
    /// transport tells itself.
    pub(crate) fn expired(&mut self, now: Timestamp) -> Vec<Rc<str>> {
        let mut expired = Vec::new();
        self.calls.retain(|call| match call.stage {
            Stage::Answered { until, carried_by, .. } if now >= until => {
                if carried_by.is_none() {
                    expired.push(call.id.clone());
                }
                false
            }
            _ => true,
        });
        expired
    }

    fn fail(
        &mut self,
        is_meant: impl Fn(&Stage<P>) -> bool,
        error: ToolError,
        message: &str,
        now: Timestamp,
    ) -> Vec<RequestId> {
        let mut aborted = Vec::new();
        for call in &mut self.calls {
            if let Some(request) = call.stage.request()
                && is_meant(&call.stage)
            {
                aborted.push(request);
                call.stage = Stage::kept(ToolReply::Failed { error, message: message.to_owned() }, now);
            }
        }
        aborted
    }

    fn place_of(&self, request: RequestId) -> Option<usize> {
        self.calls.iter().position(|call| call.stage.request() == Some(request))
    }
}

impl<P> Stage<P> {
    fn kept(reply: ToolReply<P>, now: Timestamp) -> Self {
        Self::Answered { reply, carried_by: None, until: now + KEPT_FOR }
    }

    const fn running_until(&self) -> Option<Timestamp> {
        match self {
            Self::Claiming { until, .. } | Self::Running { until, .. } => Some(*until),
            Self::Answered { .. } => None,
        }
    }

    const fn request(&self) -> Option<RequestId> {
        match self {
            Self::Claiming { request, .. } | Self::Running { request, .. } => Some(*request),
            Self::Answered { .. } => None,
        }
    }
}

fn reply_to<P>(answer: Answer<P>) -> ToolReply<P> {
    let (error, message) = match answer {
        Answer::Tool(ToolAnswer::Returned(result)) => return ToolReply::Given(result),
        Answer::Tool(ToolAnswer::Nothing) => {
            (ToolError::ClientExecutorNoResult, "The tool ended without a result.".to_owned())
        }
        Answer::Tool(ToolAnswer::Unknown { detail }) => (ToolError::ExecutorNotFound, detail),
        Answer::Tool(ToolAnswer::ArgumentsUnparsable { arguments }) => {
            let quoted: String = arguments.chars().take(QUOTED_CHARACTERS).collect();
            (ToolError::ArgumentsParseError, said("The arguments are not JSON: ", &quoted))
        }
        Answer::Tool(ToolAnswer::Threw { detail }) | Answer::Failed { detail } | Answer::Unauthorized { detail } => {
            (ToolError::ClientToolExecutionError, detail)
        }
        _ => (ToolError::ClientToolExecutionError, STOPPED.to_owned()),
    };
    ToolReply::Failed { error, message }
}
