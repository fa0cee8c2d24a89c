//! The contract between a run and its shell, in the style of [`machine`](crate::machine): inputs in, one ordered stream of
//! outputs out. `P` is a payload handed through untouched.

use std::rc::Rc;

use super::intervention::Intervention;
use super::outcome::Outcome;
use super::snapshot::Snapshot;
use super::tools::ToolReply;
use crate::agent::{Completion, EventType, SessionStatus};
use crate::link::{Reason, Status, Token};
use crate::machine::{RequestId, TokenReason, Wake};
use crate::time::Timestamp;

/// One transport's life. What an older one tells is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransportId(pub u32);

/// What happened outside.
#[derive(Debug)]
pub enum Input<P> {
    /// The host answered a question.
    Answered {
        /// The question's id.
        request: RequestId,
        /// The answer.
        answer: Answer<P>,
    },
    /// The transport tells something.
    Told {
        /// The transport.
        transport: TransportId,
        /// What.
        told: Told<P>,
    },
    /// The host noticed something about the page or the network. The transport hears of it, too, from the shell.
    Woke(Wake),
    /// The deadline passed.
    Timeout,
}

/// What a transport tells. All of it is about the run's own operation.
#[derive(Debug)]
pub enum Told<P> {
    /// The connection's status.
    Link {
        /// The status. The first `Connected` of a connection comes before everything it brings.
        status: Status,
        /// Why, where there is more to say.
        reason: Option<Reason>,
    },
    /// An event was delivered. `tool_execute` and `agent_intervention_…` are told by the members below instead.
    Event {
        /// Its type.
        event_type: EventType,
        /// Whether it is the run's own, not a member's.
        own: bool,
    },
    /// The run's own `tool_execute`.
    ToolExecute {
        /// The call.
        tool_call_id: Rc<str>,
        /// Its `executionTimeoutMs`, where that is a number above 0.
        execution_timeout_ms: Option<u64>,
        /// The `data` of the event.
        payload: P,
    },
    /// The agent asks the user: `input_request`, `tool_confirmation_request`, `agent_intervention_request`.
    Asks {
        /// What routing needs of it.
        intervention: Intervention,
        /// The whole request, sanitised.
        payload: P,
    },
    /// A question is resolved: an `agent_intervention_response` that is acknowledged by its producer, or that was no
    /// answer from here.
    Resolved {
        /// The question.
        id: Rc<str>,
    },
    /// The status changed to one that goes on; also the status at the end of a replay.
    Status(SessionStatus),
    /// The replay is over.
    Replayed {
        /// The gateway does not know the operation yet.
        pending: bool,
    },
    /// The host, asked for a token, said that there is no such operation.
    UnknownOperation,
    /// The gateway does not serve this transport. It dials no more.
    Unavailable {
        /// The last event that was delivered.
        last_event_id: String,
    },
    /// The transport's last word.
    Done(Completion),
}

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Output<P> {
    /// Ask the host; the answer comes back as [`Input::Answered`].
    Ask {
        /// The question's id.
        request: RequestId,
        /// The question.
        question: Question<P>,
    },
    /// Abort a question; a late answer does no harm.
    Abort {
        /// The question's id.
        request: RequestId,
    },
    /// Open a transport.
    Open {
        /// The id that what it tells must carry.
        transport: TransportId,
        /// What for.
        opening: Box<Opening>,
    },
    /// Close the transport and forget it. The run on the server goes on.
    Close {
        /// The transport.
        transport: TransportId,
    },
    /// Send the result of a tool.
    SendToolResult {
        /// The transport, which stands.
        transport: TransportId,
        /// The call.
        tool_call_id: Rc<str>,
        /// The result.
        reply: ToolReply<P>,
    },
    /// Send the user's answer as a frame: `user_input` or `tool_confirmation`.
    SendAnswer {
        /// The transport, which stands.
        transport: TransportId,
        /// The question.
        intervention: Intervention,
        /// The answer.
        reply: P,
    },
    /// Tell the application.
    Event(Event),
}

/// What a transport is opened for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The operation.
    pub operation_id: Rc<str>,
    /// The gateway, where the host named one.
    pub gateway_url: Option<Rc<str>>,
    /// The token. `None`: the transport asks for its own.
    pub token: Option<Token>,
    /// The event to resume after; empty for everything buffered.
    pub last_event_id: String,
    /// Whether the run began elsewhere, so that what happened before is wanted.
    pub resume: bool,
    /// Whether this client runs the tools of the run before others.
    pub executor: bool,
    /// Whether the first choice of transport turned out to be unavailable.
    pub fallback: bool,
}

/// A question to the host.
#[derive(Debug, PartialEq)]
pub enum Question<P> {
    /// Start the run. Answered by `Started`, `Aborted` or `Failed`.
    Start,
    /// A token for the operation. Answered by `Token`, `Unauthorized`, `NotFound` or `Failed`.
    Token {
        /// The operation.
        operation_id: Rc<str>,
        /// Why.
        reason: TokenReason,
    },
    /// End the run on the server. Answered by `Interrupted`, `NotFound` or `Failed`.
    Interrupt {
        /// The operation.
        operation_id: Rc<str>,
    },
    /// May this call run here? Answered by `Claimed`, from a [`Ledger`](super::Ledger) that all runs share; by `Failed`
    /// where whoever ran it went away before it answered.
    ClaimTool {
        /// The call.
        tool_call_id: Rc<str>,
        /// `false`: it came with what happened before, to a client that is not the executor, and is not to run here.
        may_run: bool,
    },
    /// Run a tool. Answered by `Tool` or `Failed`.
    RunTool {
        /// The call.
        tool_call_id: Rc<str>,
        /// The `data` of the event. Empty `arguments` stand for `{}`.
        payload: P,
        /// When it is aborted.
        deadline: Timestamp,
    },
    /// Ask the user. Answered by `Replied`; anything else means that there will be no answer.
    Intervene {
        /// What is asked for.
        intervention: Intervention,
        /// The request.
        payload: P,
    },
}

/// The host's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<P> {
    /// The run exists.
    Started(Started),
    /// A token.
    Token(Token),
    /// Whether the server took the stop on.
    Interrupted(bool),
    /// Whether the call may run here.
    Claimed(bool),
    /// What became of a tool.
    Tool(ToolAnswer<P>),
    /// The user's answer, or the host's note that it submitted it.
    Replied(P),
    /// The host stopped what it was asked for.
    Aborted,
    /// The server does not know the operation.
    NotFound,
    /// The user is signed out or may not. Final.
    Unauthorized {
        /// What the host said.
        detail: String,
    },
    /// It did not work.
    Failed {
        /// What the host said.
        detail: String,
    },
}

/// A run that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The operation.
    pub operation_id: Rc<str>,
    /// The first token. `None`: the transport asks for its own.
    pub token: Option<Token>,
    /// The gateway, where the host names one.
    pub gateway_url: Option<Rc<str>>,
}

/// A run that is taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The operation.
    pub operation_id: Rc<str>,
    /// The last event that was shown; empty for all.
    pub last_event_id: String,
    /// When the run began.
    pub started_at: Option<Timestamp>,
    /// The gateway, where the host names one.
    pub gateway_url: Option<Rc<str>>,
}

/// What became of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolAnswer<P> {
    /// It has a result, which may be that of a failure.
    Returned(P),
    /// It ended and had nothing to say.
    Nothing,
    /// There is no such tool.
    Unknown {
        /// Which.
        detail: String,
    },
    /// The arguments are no JSON.
    ArgumentsUnparsable {
        /// The arguments.
        arguments: String,
    },
    /// It threw.
    Threw {
        /// What.
        detail: String,
    },
}

/// Something the application wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The run changed. Told before what follows from it.
    Changed(Box<Snapshot>),
    /// The server would not stop the run: it is followed as before.
    StopRefused,
    /// A tool result found no transport while somebody waited for it. Of one that was carried the transport tells.
    ToolResultExpired {
        /// The call.
        tool_call_id: Rc<str>,
    },
    /// The one outcome. Nothing follows.
    Settled(Rc<Outcome>),
}
