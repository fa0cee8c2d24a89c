//! Where a mux has its subscriptions.

use super::event::SubscriptionId;
use super::mux::Mux;
use super::subscription::{Subscription, Wire};
use super::wire::Channel;
use crate::operation::Operation;

impl<P: Clone> Mux<P> {
    pub(super) fn find(&self, id: SubscriptionId) -> Option<&Subscription<P>> {
        self.wires.iter().flatten().find_map(|wire| wire.find(id))
    }

    pub(super) fn wire_mut(&mut self, channel: Channel) -> Option<&mut Wire<P>> {
        self.wires.get_mut(channel.0 as usize)?.as_mut()
    }

    pub(super) fn operation_mut(&mut self, channel: Channel, id: SubscriptionId) -> Option<&mut Operation<P>> {
        Some(&mut self.wire_mut(channel)?.find_mut(id)?.operation)
    }

    pub(super) fn ids(&self) -> Vec<SubscriptionId> {
        let mut ids = Vec::new();
        for wire in self.wires.iter().flatten() {
            wire.add_ids(&mut ids);
        }
        ids
    }

    pub(super) fn ids_of(&self, channel: Channel) -> Vec<SubscriptionId> {
        let mut ids = Vec::new();
        if let Some(Some(wire)) = self.wires.get(channel.0 as usize) {
            wire.add_ids(&mut ids);
        }
        ids
    }

    pub(super) fn channels(&self) -> impl Iterator<Item = Channel> + use<P> {
        (0..self.wires.len() as u32).map(Channel)
    }
}
