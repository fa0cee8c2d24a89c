//! The application's side: answers questions, well or badly, from one ledger for all runs.

use std::collections::BTreeMap;
use std::rc::Rc;

use agent_gateway_client::agent::EventType;
use agent_gateway_client::link::Token;
use agent_gateway_client::machine::RequestId;
use agent_gateway_client::run::{Answer, Ledger, Question, Started, Told, ToolAnswer};

use crate::schedule::{Kind, Manner};

pub type Payload = u32;

#[derive(Default)]
pub struct Host {
    pub manners: BTreeMap<Kind, Manner>,
    pub deaf_to_aborts: bool,
    pub ledger: Ledger,
    /// Questions that were neither answered nor aborted.
    pub open: BTreeMap<u32, (Kind, Question<Payload>)>,
    tokens: u32,
}

impl Host {
    /// Takes a question in; the answer, if there is one, comes after that many milliseconds.
    pub fn ask(&mut self, request: RequestId, question: Question<Payload>) -> Option<u64> {
        let kind = kind_of(&question);
        self.open.insert(request.0, (kind, question));
        match self.manner(kind) {
            Manner::Silent => None,
            Manner::Slowly => Some(40_000),
            _ => Some(20),
        }
    }

    pub fn manner(&self, kind: Kind) -> Manner {
        self.manners.get(&kind).copied().unwrap_or(Manner::Well)
    }

    pub fn answer(&mut self, question: &Question<Payload>, manner: Manner) -> Answer<Payload> {
        match manner {
            Manner::Fails => return Answer::Failed { detail: "failed".to_owned() },
            Manner::NotFound => return Answer::NotFound,
            Manner::Confused => return self.confused(question),
            Manner::Well | Manner::Slowly | Manner::Silent | Manner::Refuses => {}
        }
        let refuses = manner == Manner::Refuses;
        match question {
            Question::Start if refuses => Answer::Aborted,
            Question::Start => Answer::Started(Started { operation_id: "op".into(), token: None, gateway_url: None }),
            Question::Token { .. } if refuses => Answer::Unauthorized { detail: "signed out".to_owned() },
            Question::Token { .. } => {
                self.tokens += 1;
                Answer::Token(Token::read(format!("t{}", self.tokens)))
            }
            Question::Interrupt { .. } => Answer::Interrupted(!refuses),
            Question::ClaimTool { may_run, .. } if refuses || !may_run => Answer::Claimed(false),
            Question::ClaimTool { tool_call_id, .. } => Answer::Claimed(self.ledger.claim(tool_call_id)),
            Question::RunTool { .. } if refuses => Answer::Tool(ToolAnswer::Threw { detail: "boom".to_owned() }),
            Question::RunTool { payload, .. } => Answer::Tool(ToolAnswer::Returned(*payload)),
            Question::Intervene { .. } if refuses => Answer::Aborted,
            Question::Intervene { payload, .. } => Answer::Replied(*payload),
        }
    }

    fn confused(&self, question: &Question<Payload>) -> Answer<Payload> {
        match question {
            Question::Start => Answer::Interrupted(true),
            Question::Token { .. } => Answer::Claimed(true),
            Question::Interrupt { .. } => Answer::Token(Token::read("odd")),
            Question::ClaimTool { .. } | Question::RunTool { .. } | Question::Intervene { .. } => Answer::NotFound,
        }
    }
}

pub fn kind_of(question: &Question<Payload>) -> Kind {
    match question {
        Question::Start => Kind::Start,
        Question::Token { .. } => Kind::Token,
        Question::Interrupt { .. } => Kind::Interrupt,
        Question::ClaimTool { .. } => Kind::Claim,
        Question::RunTool { .. } => Kind::Tool,
        Question::Intervene { .. } => Kind::User,
    }
}

pub fn call_id(call: u8) -> Rc<str> {
    ["call_a", "call_b", "call_c", "call_d"][usize::from(call)].into()
}

pub fn event(name: &str, own: bool) -> Told<Payload> {
    Told::Event { event_type: EventType::from_name(name), own }
}
