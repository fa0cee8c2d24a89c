//! What is known by an id, in the order of ids. The library's maps are large code for a page.

/// Things by their ids.
#[derive(Debug)]
pub(super) struct Ids<'a, V>(Vec<(&'a str, V)>);

impl<'a, V> Ids<'a, V> {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts something in the place of what had the id; returns that.
    pub fn replace(&mut self, id: &'a str, value: V) -> Option<V> {
        match self.0.binary_search_by(|(known, _)| (*known).cmp(id)) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (id, value));
                None
            }
        }
    }
}
