//! Matches the numbered names of one release with those of another: fields of a message, or values of an enum.

/// A name, or two that are the same thing. The numbers are positions in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// The same name and number.
    Kept(usize, usize),
    /// The same name under another number.
    Renumbered(usize, usize),
    /// The same number under another name, which is new.
    Renamed(usize, usize),
    Removed(usize),
    Added(usize),
}

/// Pairs the old names with the new ones: the old ones in order, then the added ones.
///
/// Names take precedence over numbers. Otherwise two fields that swap their numbers would be taken for two harmless
/// renames.
pub(super) fn pairs(old: &[(String, i64)], new: &[(String, i64)]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; new.len()];
    for (at, (name, number)) in old.iter().enumerate() {
        let named = new.iter().position(|(other, _)| other == name);
        let numbered = new.iter().enumerate().position(|(place, (other, its))| {
            its == number && !taken[place] && !old.iter().any(|(earlier, _)| earlier == other)
        });
        let (pair, place) = match (named, numbered) {
            (Some(place), _) if new[place].1 == *number => (Pair::Kept(at, place), Some(place)),
            (Some(place), _) => (Pair::Renumbered(at, place), Some(place)),
            (None, Some(place)) => (Pair::Renamed(at, place), Some(place)),
            (None, None) => (Pair::Removed(at), None),
        };
        if let Some(place) = place {
            taken[place] = true;
        }
        pairs.push(pair);
    }
    let added = (0..new.len()).filter(|place| !taken[*place]);
    pairs.extend(added.map(Pair::Added));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paired(old: &[(&str, i64)], new: &[(&str, i64)]) -> Vec<Pair> {
        let owned =
            |names: &[(&str, i64)]| names.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect::<Vec<_>>();
        pairs(&owned(old), &owned(new))
    }

    #[test]
    fn a_name_that_is_gone_has_become_the_new_one_of_its_number() {
        let pairs = paired(&[("a", 1), ("b", 2)], &[("b", 2), ("c", 1), ("d", 3)]);
        assert_eq!(pairs, [Pair::Renamed(0, 1), Pair::Kept(1, 0), Pair::Added(2)]);
    }

    #[test]
    fn names_that_swap_their_numbers_are_renumbered() {
        let pairs = paired(&[("a", 1), ("b", 2)], &[("a", 2), ("b", 1)]);
        assert_eq!(pairs, [Pair::Renumbered(0, 0), Pair::Renumbered(1, 1)]);
    }

    #[test]
    fn a_number_that_an_old_name_takes_is_no_rename() {
        let pairs = paired(&[("a", 1), ("b", 2)], &[("b", 1)]);
        assert_eq!(pairs, [Pair::Removed(0), Pair::Renumbered(1, 0)]);
    }

    #[test]
    fn an_alias_becomes_one_name_only() {
        let pairs = paired(&[("ZERO", 0), ("NIL", 0)], &[("NONE", 0)]);
        assert_eq!(pairs, [Pair::Renamed(0, 0), Pair::Removed(1)]);
    }
}
