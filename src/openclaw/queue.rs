//! What is to be done, in order.
//!
//! A plain list, because the ring of the standard library costs the published module 1 KB for each kind of output, and
//! the queues here are short.

/// Taken out at the front, put in at the back.
#[derive(Debug)]
pub(super) struct Queue<T>(Vec<T>);

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Queue<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, next: T) {
        self.0.push(next);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    pub(super) fn retain(&mut self, is_kept: impl FnMut(&T) -> bool) {
        self.0.retain(is_kept);
    }
}
