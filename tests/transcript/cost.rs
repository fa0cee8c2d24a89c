//! What a chunk costs.

use std::cell::Cell;
use std::rc::Rc;

use agent_gateway_client::run::transcript::{Body, ChunkMode, Seed, Text, Transcript, TranscriptEvent};

thread_local! {
    static CLONED: Cell<usize> = const { Cell::new(0) };
    static APPENDED: Cell<usize> = const { Cell::new(0) };
    static COMPARED: Cell<usize> = const { Cell::new(0) };
}

/// A text that counts how much of it is copied, appended and compared.
#[derive(Debug, Default)]
struct Counted(Rc<Cell<usize>>);

impl Counted {
    fn of(length: usize) -> Self {
        Self(Rc::new(Cell::new(length)))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONED.set(CLONED.get() + self.0.get());
        Self::of(self.0.get())
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        COMPARED.set(COMPARED.get() + self.0.get().min(other.0.get()));
        self.0 == other.0
    }
}

impl Text for Counted {
    type Value = ();

    fn append(&mut self, more: &Self) {
        APPENDED.set(APPENDED.get() + more.0.get());
        self.0.set(self.0.get() + more.0.get());
    }

    fn is_empty(&self) -> bool {
        self.0.get() == 0
    }
}

#[test]
fn a_chunk_costs_the_same_however_long_the_answer_is() {
    let mut transcript = Transcript::<Counted>::new(Vec::new(), None);
    transcript.handle(event(Body::StreamStart(Seed {
        id: Some("msg_1".to_owned()),
        role: None,
        new_step: false,
        row: None,
    })));
    transcript.handle(event(Body::Text(Counted::of(1_000_000), ChunkMode::Delta)));
    while transcript.poll_change().is_some() {}
    let before = (CLONED.get(), APPENDED.get(), COMPARED.get());
    for _ in 0..1_000 {
        transcript.handle(event(Body::Text(Counted::of(4), ChunkMode::Delta)));
        while transcript.poll_change().is_some() {}
    }
    let after = (CLONED.get(), APPENDED.get(), COMPARED.get());
    let spent = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
    assert_eq!(spent, (0, 4_000, 0), "characters copied, appended and compared by a thousand chunks of four");
}

fn event(body: Body<Counted>) -> TranscriptEvent<Counted> {
    TranscriptEvent { number: None, member: None, step: 0, at: None, body }
}
