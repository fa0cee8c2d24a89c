//! A stable order, for few things that are mostly in order already. The library's sort is large code for a page.

/// The items in the order of their keys; what has the same key stays in its order.
pub(super) fn in_order<T, K: Ord>(items: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut ordered: Vec<T> = Vec::new();
    for item in items {
        let place = ordered.partition_point(|known| key(known) <= key(&item));
        ordered.insert(place, item);
    }
    ordered
}

#[cfg(all(test, not(target_family = "wasm")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_are_ordered_as_the_standard_library_does(items: Vec<(u8, u32)>) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            prop_assert_eq!(in_order(items, |(key, _)| *key), expected);
        }
    }
}
