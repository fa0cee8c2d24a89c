//! What a schedule does to the world: the agents go on, and things go wrong.

use agent_gateway_client::machine::{Input, Wake};
use agent_gateway_client::v2::SubscriptionId;

use super::World;
use super::network::Parcel;
use crate::schedule::{Action, End, OPERATIONS};

impl World {
    pub(super) fn act(&mut self, action: Action, ends: &[End; OPERATIONS]) {
        self.say(|| format!("--- {action:?}"));
        match action {
            Action::Chunk(operation) if self.is_running(operation) => {
                let label = self.label(operation);
                self.hub.chunk(operation, label);
            }
            Action::Member(operation, end) if self.is_running(operation) => {
                let label = self.label(operation);
                self.hub.member_end(operation, end, label);
            }
            Action::End(operation) if self.is_running(operation) => self.end(operation, ends[operation]),
            Action::Chunk(_) | Action::Member(..) | Action::End(_) => {}
            Action::Join(operation) => self.join(operation),
            Action::Remount(operation) => self.remount(operation),
            Action::CleanUp(operation) => self.clean_up(operation),
            Action::Drop => self.cut(),
            Action::Freeze => self.sockets.values_mut().for_each(|socket| socket.frozen = true),
            Action::Restart(begins_after) => self.restart(begins_after),
            Action::RefuseToken => self.refuse_token = true,
            Action::NoToken => self.no_token = true,
            Action::Visible => self.input(Input::Woke(Wake::Visible)),
            Action::Offline(millis) => {
                self.cut();
                self.input(Input::Woke(Wake::Offline));
                self.send_in(millis, Parcel::Online);
            }
            Action::Sleep(millis) => self.now += millis,
        }
        self.deliver_from_hub();
    }

    fn is_running(&self, operation: usize) -> bool {
        self.hub.is_known(operation) && self.runs[operation].end.is_none()
    }

    fn label(&mut self, operation: usize) -> u32 {
        let label = self.runs[operation].labels.len() as u32 + 1;
        self.runs[operation].labels.push(label);
        label
    }

    pub(super) fn end(&mut self, operation: usize, end: End) {
        let label = self.label(operation);
        self.runs[operation].end = Some(end);
        self.hub.end(operation, end, label);
    }

    fn join(&mut self, operation: usize) {
        let Some(known) = self.following(operation).first().copied() else { return };
        let cursor = self.cursor(known);
        let first = self.subscribe_from(operation, &cursor);
        self.subscribe_from(operation, "");
        self.leave(first);
    }

    fn remount(&mut self, operation: usize) {
        let following = self.following(operation);
        let Some(cursor) = following.first().map(|known| self.cursor(*known)) else { return };
        for id in following {
            self.leave(id);
        }
        let first = self.subscribe_from(operation, &cursor);
        self.leave(first);
        self.subscribe_from(operation, "");
    }

    fn following(&self, operation: usize) -> Vec<SubscriptionId> {
        let following = self.followers.iter().filter(|(_, one)| one.operation == operation && one.done.is_none());
        following.map(|(id, _)| *id).collect()
    }

    fn cursor(&self, id: SubscriptionId) -> String {
        self.mux.last_event_id(id).expect("a subscription that is followed")
    }

    /// What one who left was told no longer counts.
    fn leave(&mut self, id: SubscriptionId) {
        self.call(|mux, now| mux.unsubscribe(id, now));
        self.followers.remove(&id);
    }

    fn cut(&mut self) {
        let open: Vec<_> = self.sockets.iter().filter(|(_, socket)| !socket.gone).map(|(dial, _)| *dial).collect();
        for dial in open {
            self.hub.close(dial);
            self.send_in(self.latency, Parcel::Closed(dial, 1006));
        }
    }

    fn clean_up(&mut self, operation: usize) {
        if !self.hub.calls_ended(operation) {
            return;
        }
        let at = self.now + 10 * 60_000;
        self.advance_to(at);
        self.hub.clean_up(operation);
        self.runs[operation].forgotten = true;
        if self.runs[operation].end.is_none() {
            self.send_in(5_000, Parcel::Begin(operation));
        }
    }

    fn restart(&mut self, begins_after: u64) {
        self.cut();
        let known: Vec<_> = (0..OPERATIONS).filter(|operation| self.hub.is_known(*operation)).collect();
        self.hub.forget_everything();
        for operation in known {
            self.runs[operation].forgotten = true;
            if self.runs[operation].end.is_none() {
                self.send_in(begins_after, Parcel::Begin(operation));
            }
        }
    }
}
