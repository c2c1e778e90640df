//! The 64-bit hash by which a client says which version of a list it holds.
//!
//! Source: <https://core.telegram.org/api/offsets#hash-generation>.

pub(crate) fn list_hash(numbers: impl IntoIterator<Item = i64>) -> i64 {
    let mix = |mut hash: u64, number: i64| {
        hash ^= hash >> 21;
        hash ^= hash << 35;
        hash ^= hash >> 4;
        hash.wrapping_add(number.cast_unsigned())
    };
    numbers.into_iter().fold(0, mix).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::list_hash;

    #[test]
    fn of_nothing_is_zero_and_order_counts() {
        assert_eq!(list_hash([]), 0);
        assert_eq!(list_hash([7]), 7);
        assert_ne!(list_hash([1, 2]), list_hash([2, 1]));
    }
}
