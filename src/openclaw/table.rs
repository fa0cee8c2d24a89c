//! Values by their keys, in the order of the keys.
//!
//! A sorted list, because the tree of the standard library costs the published module 10 KB for each kind of value.

/// Values by their keys. Entries are boxed, so that making room moves pointers only.
#[derive(Clone, Debug)]
pub(super) struct Table<V>(Vec<Box<(String, V)>>);

impl<V> Default for Table<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Table<V> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.place(key).is_ok()
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.place(key).ok().map(|index| &self.0[index].1)
    }

    /// The value of a key, made where there is none.
    pub(super) fn get_or_insert_with(&mut self, key: &str, make: impl FnOnce() -> V) -> &mut V {
        let index = match self.place(key) {
            Ok(index) => index,
            Err(index) => {
                self.0.insert(index, Box::new((key.to_owned(), make())));
                index
            }
        };
        &mut self.0[index].1
    }

    /// Puts a value in; the one that it replaces.
    pub(super) fn insert(&mut self, key: String, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(index) => Some(std::mem::replace(&mut self.0[index].1, value)),
            Err(index) => {
                self.0.insert(index, Box::new((key, value)));
                None
            }
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        self.place(key).ok().map(|index| self.0.remove(index).1)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|entry| &entry.0)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|entry| &entry.1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &V)> {
        self.0.iter().map(|entry| (&entry.0, &entry.1))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut V)> {
        self.0.iter_mut().map(|entry| (&entry.0, &mut entry.1))
    }

    pub(super) fn into_entries(self) -> impl Iterator<Item = (String, V)> {
        self.0.into_iter().map(|entry| *entry)
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.0.as_str().cmp(key))
    }
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use std::collections::BTreeMap;

    use super::Table;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_table_holds_what_the_map_of_the_standard_library_holds(
            steps in proptest::collection::vec(("[a-c]{0,2}", 0..3_u8), 0..60),
        ) {
            let (mut table, mut map) = (Table::default(), BTreeMap::new());
            for (value, (key, step)) in steps.into_iter().enumerate() {
                match step {
                    0 => prop_assert_eq!(table.insert(key.clone(), value), map.insert(key, value)),
                    1 => prop_assert_eq!(table.remove(&key), map.remove(&key)),
                    _ => prop_assert_eq!(
                        *table.get_or_insert_with(&key, || value),
                        *map.entry(key.clone()).or_insert(value)
                    ),
                }
                prop_assert!(table.iter().eq(map.iter()));
                prop_assert_eq!(table.len(), map.len());
            }
            prop_assert!(table.into_entries().eq(map));
        }
    }
}
