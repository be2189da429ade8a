//! Near names: what somebody may have meant.

/// The candidate nearest to `name`, if one is near enough to be what was meant: an edit for every three characters.
///
/// Of equally near ones, the first.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(LENGTH_MAX + 1).collect();
    if name.len() > LENGTH_MAX {
        return None;
    }
    let mut distance_max = (name.len() / 3).max(1);
    // One edit turns any name of one or two characters into dozens of others.
    if name.len() < 3 {
        return None;
    }
    let mut best = None;
    for candidate in candidates {
        if candidate.len().abs_diff(name.len()) > 4 * (distance_max + 1) {
            continue;
        }
        let letters: Vec<char> = candidate.chars().collect();
        if letters.len().abs_diff(name.len()) > distance_max {
            continue;
        }
        let distance = distance(&name, &letters);
        if distance > 0 && distance <= distance_max {
            best = Some(candidate);
            // Only a nearer one takes its place.
            distance_max = distance - 1;
        }
    }
    best
}

/// Edits (insert, delete, replace, swap neighbours) between two words.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut before_last: Vec<usize> = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = Vec::with_capacity(right.len() + 1);
        row.push(i + 1);
        for (j, b) in right.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = last;
        last = row;
    }
    last[right.len()]
}

/// Longer names get no suggestion.
const LENGTH_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        let names = ["hash-table-ref", "hash-table-set!", "vector-ref", "cons", "car"];
        for (slip, meant) in [("hash-tabel-ref", "hash-table-ref"), ("vectr-ref", "vector-ref"), ("cosn", "cons")] {
            assert_eq!(nearest(slip, names), Some(meant));
        }
    }

    #[test]
    fn a_name_unlike_all_others_has_no_near_one() {
        assert_eq!(nearest("xyzzy", ["cons", "car", "vector-ref"]), None);
        assert_eq!(nearest("ca", ["car", "cdr"]), None);
    }

    #[test]
    fn the_nearest_of_several_is_suggested() {
        assert_eq!(nearest("string-lengt", ["string-left", "string-length"]), Some("string-length"));
    }
}
