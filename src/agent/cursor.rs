//! How far an operation's events were delivered, and whether the ids still mean the same sequence.

use std::num::NonZeroU64;

use super::event::{EventHead, EventType};
use crate::machine::DialId;
use crate::text::decimal;

/// At least as many delivered events are remembered as a gateway buffers, which is 1,000.
const REMEMBERED: u64 = 1_024;

/// The id of a sequenced frame. Gateways count per operation; other ids are passed through uncompared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventId {
    /// A decimal integer.
    Number(u64),
    /// Anything else.
    Text(String),
}

impl EventId {
    /// Reads an id. `None` for an empty one. Only a canonical decimal of at most 18 digits is a number, so that it can be
    /// written back and counted on from.
    pub fn parse(id: &str) -> Option<Self> {
        if id.is_empty() {
            return None;
        }
        let mut canonical = id.len() <= 18 && (id.len() == 1 || !id.starts_with('0'));
        let mut number = 0_u64;
        for byte in id.bytes() {
            canonical &= byte.is_ascii_digit();
            number = number.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
        }
        Some(if canonical { Self::Number(number) } else { Self::Text(id.to_owned()) })
    }

    /// The id as it stands on the wire.
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => decimal(*number),
            Self::Text(text) => text.clone(),
        }
    }

    /// The number, where it is one.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }
}

/// What identifies an event where its id does not: type, step and timestamp, packed, because a thousand of them are
/// passed through while a run streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventKey(NonZeroU64);

impl EventKey {
    const TYPE_SHIFT: u32 = 59;
    const STEP_SHIFT: u32 = 44;
    /// Stands for a frame that no key tells apart; a type in front makes every other key larger.
    const NONE: Self = Self(NonZeroU64::MIN);

    /// The key of an event. `None`: it has no timestamp to tell it by, or a type that this client cannot tell from others.
    pub fn of(head: &EventHead) -> Option<Self> {
        let timestamp = head.timestamp? & ((1 << Self::STEP_SHIFT) - 1);
        let event_type = u64::from(head.event_type.index());
        let step = u64::from(head.step_index) << Self::STEP_SHIFT & ((1 << Self::TYPE_SHIFT) - 1);
        let key = NonZeroU64::new(event_type << Self::TYPE_SHIFT | step | timestamp)?;
        (head.event_type != EventType::OTHER).then_some(Self(key))
    }
}

/// The last delivered event of an operation and the memory of those before it.
#[derive(Debug, Default)]
pub struct Cursor {
    last: Option<EventId>,
    last_timestamp: Option<u64>,
    delivered_on: Option<DialId>,
    /// What was delivered under `newest` and the numbers before it, nothing where there was no frame. A ring, which the
    /// frame with the number `first` began.
    delivered: Vec<Option<EventKey>>,
    first: u64,
    newest: u64,
    of_older_sequences: Vec<EventKey>,
}

impl Cursor {
    /// A cursor at an id that another client delivered; empty text means the start.
    pub fn at(id: &str) -> Self {
        Self { last: EventId::parse(id), ..Self::default() }
    }

    /// The id to resume from; empty at the start.
    pub fn id(&self) -> String {
        self.last.as_ref().map(EventId::text).unwrap_or_default()
    }

    /// The id to resume from as a number, 0 at the start and for any other id.
    pub fn number(&self) -> u64 {
        self.last.as_ref().and_then(EventId::number).unwrap_or(0)
    }

    /// Whether nothing was delivered yet.
    pub const fn is_at_start(&self) -> bool {
        self.last.is_none()
    }

    /// Whether a frame with this id was delivered already, as long as ids mean the same sequence.
    pub fn covers(&self, id: &EventId) -> bool {
        match (id, &self.last) {
            (EventId::Number(number), Some(EventId::Number(last))) => number <= last,
            _ => false,
        }
    }

    /// Whether an event with this number follows with nothing to compare: it is new, and there is no older sequence.
    #[inline(always)]
    pub fn is_followed_by(&self, number: u64) -> bool {
        let last = match &self.last {
            None => 0,
            Some(EventId::Number(last)) => *last,
            Some(EventId::Text(_)) => return false,
        };
        number > last && self.of_older_sequences.is_empty()
    }

    /// Whether an event that the cursor covers proves that ids started anew: it came on a younger socket than the event
    /// at the cursor and happened strictly later.
    pub fn proves_new_sequence(&self, head: &EventHead, dial: DialId) -> bool {
        let (Some(last), Some(timestamp)) = (self.last_timestamp, head.timestamp) else {
            return false;
        };
        self.is_older_than(dial) && timestamp > last
    }

    /// Whether the last frame was delivered on a socket before this one.
    pub fn is_older_than(&self, dial: DialId) -> bool {
        self.delivered_on.is_some_and(|delivered_on| dial > delivered_on)
    }

    /// Whether another client delivered the last frame.
    pub const fn is_given(&self) -> bool {
        self.last.is_some() && self.delivered_on.is_none()
    }

    /// Whether events were delivered that a replay can be compared with.
    pub fn remembers(&self) -> bool {
        !self.delivered.is_empty()
    }

    /// Whether the frame that was delivered under this id is this one; `head` where it is an event. `None`: that cannot
    /// be told, because it is not remembered, or because neither has a timestamp.
    pub fn agrees(&self, number: u64, head: Option<&EventHead>) -> Option<bool> {
        let from_newest = self.newest.checked_sub(number)?;
        if from_newest >= self.delivered.len() as u64 {
            return None;
        }
        let delivered = (*self.delivered.get(self.place_of(number))?)?;
        let key = head.and_then(EventKey::of).unwrap_or(EventKey::NONE);
        (delivered != EventKey::NONE || key != EventKey::NONE).then_some(delivered == key)
    }

    /// Whether an event of a new sequence was delivered under an id of an older one; if so it is struck off.
    pub fn was_in_older_sequence(&mut self, head: &EventHead) -> bool {
        if self.of_older_sequences.is_empty() {
            return false;
        }
        let Some(key) = EventKey::of(head) else { return false };
        let Some(known) = self.of_older_sequences.iter().position(|older| *older == key) else {
            return false;
        };
        self.of_older_sequences.remove(known);
        true
    }

    /// Moves to a delivered frame; `head` where it was an event.
    pub fn advance(&mut self, id: Option<EventId>, head: Option<&EventHead>, dial: DialId) {
        if let Some(timestamp) = head.and_then(|head| head.timestamp) {
            self.last_timestamp = self.last_timestamp.max(Some(timestamp));
        }
        let Some(id) = id else { return };
        self.delivered_on = Some(dial);
        if let Some(number) = id.number() {
            self.remember(number, head.and_then(EventKey::of));
        }
        self.last = Some(id);
    }

    /// Starts a new sequence of ids. What was delivered stays known by its keys.
    pub fn reset(&mut self) {
        self.last = None;
        let oldest = self.newest + 1 - self.delivered.len() as u64;
        for number in oldest..=self.newest {
            if let Some(Some(key)) = self.delivered.get(self.place_of(number))
                && *key != EventKey::NONE
            {
                self.of_older_sequences.push(*key);
            }
        }
        self.delivered.clear();
        let excess = self.of_older_sequences.len().saturating_sub(REMEMBERED as usize);
        self.of_older_sequences.drain(..excess);
    }

    fn remember(&mut self, number: u64, key: Option<EventKey>) {
        let follows = number.checked_sub(self.newest).is_some_and(|ahead| (1..=REMEMBERED).contains(&ahead));
        if !follows || self.delivered.is_empty() {
            self.delivered.clear();
            self.first = number;
        } else {
            for missing in self.newest + 1..number {
                self.set(missing, None);
            }
        }
        self.set(number, Some(key.unwrap_or(EventKey::NONE)));
        self.newest = number;
    }

    fn set(&mut self, number: u64, delivered: Option<EventKey>) {
        let place = self.place_of(number);
        match self.delivered.get_mut(place) {
            Some(oldest) => *oldest = delivered,
            None => self.delivered.push(delivered),
        }
    }

    fn place_of(&self, number: u64) -> usize {
        ((number - self.first) % REMEMBERED) as usize
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;

    fn head(timestamp: u64) -> EventHead {
        EventHead {
            event_type: EventType::STREAM_CHUNK,
            own: true,
            step_index: 0,
            timestamp: Some(timestamp),
            ending: None,
        }
    }

    fn delivered(numbers: impl Iterator<Item = u64>) -> Cursor {
        let mut cursor = Cursor::default();
        for number in numbers {
            cursor.advance(Some(EventId::Number(number)), Some(&head(number)), DialId(0));
        }
        cursor
    }

    #[test]
    fn the_last_events_are_remembered_and_older_ones_are_not() {
        let cursor = delivered(7..=3_000);
        for number in 3_001 - REMEMBERED..=3_000 {
            assert_eq!(cursor.agrees(number, Some(&head(number))), Some(true), "{number}");
            assert_eq!(cursor.agrees(number, Some(&head(number + 1))), Some(false), "{number}");
        }
        for number in [0, 6, 7, 3_000 - REMEMBERED, 3_001] {
            assert_eq!(cursor.agrees(number, Some(&head(number))), None, "{number}");
        }
    }

    #[test]
    fn a_hole_is_remembered_as_one_and_a_hole_that_is_too_large_as_a_beginning() {
        let cursor = delivered([0, 1, 4].into_iter());
        let agrees = |number| cursor.agrees(number, Some(&head(number)));
        assert_eq!([0, 1, 2, 3, 4].map(agrees), [Some(true), Some(true), None, None, Some(true)]);
        let cursor = delivered([1, 2, 3 + REMEMBERED].into_iter());
        assert_eq!(cursor.agrees(2, Some(&head(2))), None);
        assert_eq!(cursor.agrees(3 + REMEMBERED, Some(&head(3 + REMEMBERED))), Some(true));
    }

    #[test]
    fn a_new_sequence_knows_what_the_old_one_delivered() {
        let mut cursor = delivered(5..=2_000);
        cursor.reset();
        assert!(cursor.is_at_start() && !cursor.remembers());
        assert!(cursor.was_in_older_sequence(&head(2_000)));
        assert!(!cursor.was_in_older_sequence(&head(2_000)));
        assert!(cursor.was_in_older_sequence(&head(2_001 - REMEMBERED)));
        assert!(!cursor.was_in_older_sequence(&head(2_000 - REMEMBERED)));
    }
}
