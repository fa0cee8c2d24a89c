//! What a schedule does to the world: the agent goes on, and things go wrong.

use agent_gateway_client::agent::{EventType, Outcome, SessionStatus, ToolResult};
use agent_gateway_client::machine::Input;

use super::World;
use crate::gateway::head;
use crate::schedule::{End, Ended, Fault, Push};

pub(super) enum Action {
    Push(Push),
    End(End),
    Fault(Fault),
}

impl World {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Push(push) => self.push(push),
            Action::End(end) => self.end(end),
            Action::Fault(fault) => self.fault(fault),
        }
        self.collect_from_gateway();
    }

    fn push(&mut self, push: Push) {
        let event = |event_type, own, ended| (event_type, own, ended);
        let (event_type, own, ended) = match push {
            Push::Waiting => return self.gateway.update_status(SessionStatus::WaitingInput),
            Push::Chunk => event(EventType::STREAM_CHUNK, true, None),
            Push::MemberChunk => event(EventType::STREAM_CHUNK, false, None),
            Push::MemberEnd(ended) => event(EventType::AGENT_RUNTIME_END, false, Some(ended)),
        };
        self.push_event(event_type, own, ended);
    }

    fn end(&mut self, end: End) {
        let outcome = |ended: Ended| Outcome::of_terminal(&ended.status());
        match end {
            End::Event(ended) => {
                self.true_end = Some(outcome(ended));
                self.push_event(EventType::AGENT_RUNTIME_END, true, Some(ended));
            }
            End::ErrorEvent => {
                self.true_end = Some(Outcome::Error);
                self.push_event(EventType::ERROR, true, None);
                self.push_event(EventType::AGENT_RUNTIME_END, true, Some(Ended::Error));
            }
            End::Status(ended) => {
                self.true_end = Some(outcome(ended));
                self.gateway.update_status(ended.status());
            }
        }
    }

    fn push_event(&mut self, event_type: EventType, own: bool, ended: Option<Ended>) {
        self.pushed += 1;
        self.gateway.push_event(head(event_type, own, self.now, ended), self.pushed);
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Drop => self.cut(),
            Fault::HalfOpen => self.gateway.half_open_all(),
            // Once the end is forgotten, nobody can tell it any more.
            Fault::Restart if self.true_end.is_none() => {
                self.restarted = true;
                self.gateway.forget_everything();
                self.cut();
            }
            Fault::Restart => {}
            Fault::Refuse(refuses) => self.gateway.refuses = refuses,
            Fault::Latency(latency) => self.latency = latency,
            Fault::Duplicate(duplicates) => self.gateway.duplicates = duplicates,
            Fault::Malformed => self.hand_to_current(|dial| Input::Garbled { dial, detail: "{oops".to_owned() }),
            Fault::SocketError => self.hand_to_current(|dial| Input::Faulted { dial }),
            Fault::WithoutAcks(without_acks) => self.gateway.without_acks = without_acks,
            Fault::ExpireTokens => self.gateway.oldest_token = self.token + 1,
            Fault::ExpireSockets => {
                self.fault(Fault::ExpireTokens);
                self.gateway.expire_sockets();
            }
            Fault::RefuseToken => self.gateway.refuse_next_token = true,
            Fault::Host(host) => self.host = host,
            Fault::Woke(wake) => self.input(Input::Woke(wake)),
            Fault::Sleep { millis, timers_first } => self.asleep_until = Some((self.now + millis, timers_first)),
            Fault::Disconnect => self.disconnect(),
            Fault::DisconnectWhileDelivering(outputs) => self.disconnect_after = Some(outputs),
            Fault::Connect => self.connect(),
            Fault::Reconnect => self.reconnect(),
            Fault::UpdateToken => {
                let token = self.fresh_token();
                self.call(|session, now| session.update_token(token, now));
            }
            Fault::ToolResult => {
                let result = ToolResult { tool_call_id: "call".into(), frame: "{}".into() };
                self.call(|session, now| session.send_tool_result(result, now));
            }
            Fault::Initialise => self.gateway.initialise(),
        }
    }
}
