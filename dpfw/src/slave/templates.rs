//! The texts of templates that masters have sent.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

/// A template's name.
pub(super) type Hash = [u8; 16];

/// Texts by hash; the one that was used longest ago goes first.
#[derive(Debug)]
pub(super) struct Templates {
    entries: HashMap<Hash, Entry>,
    clock: u64,
    count_max: usize,
    bytes: usize,
    bytes_max: usize,
    /// Hashes that have been dropped since somebody asked.
    dropped: Vec<Hash>,
}

#[derive(Debug)]
struct Entry {
    text: Arc<str>,
    used: u64,
}

impl Templates {
    pub(super) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { entries: HashMap::new(), clock: 0, count_max, bytes: 0, bytes_max, dropped: Vec::new() }
    }

    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.entries.contains_key(hash)
    }

    /// The text of `hash`, which counts as a use.
    pub(super) fn get(&mut self, hash: &Hash) -> Option<Arc<str>> {
        self.clock += 1;
        let entry = self.entries.get_mut(hash)?;
        entry.used = self.clock;
        Some(Arc::clone(&entry.text))
    }

    /// Keeps `text`, and drops others for it if there are too many.
    pub(super) fn insert(&mut self, hash: Hash, text: Arc<str>) {
        self.clock += 1;
        self.bytes += text.len();
        if let Some(old) = self.entries.insert(hash, Entry { text, used: self.clock }) {
            self.bytes -= old.text.len();
        }
        while self.entries.len() > 1 && (self.entries.len() > self.count_max || self.bytes > self.bytes_max) {
            // Linear, but only once the store is full, and against the milliseconds of compiling the newcomer.
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(hash, _)| *hash);
            if let Some(oldest) = oldest
                && let Some(entry) = self.entries.remove(&oldest)
            {
                self.bytes -= entry.text.len();
                self.dropped.push(oldest);
            }
        }
    }

    /// What has been dropped since this was last asked: what was compiled from it can go, too.
    pub(super) fn take_dropped(&mut self) -> Vec<Hash> {
        std::mem::take(&mut self.dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_used_longest_ago_goes_first() {
        let mut templates = Templates::new(2, 1000);
        templates.insert([1; 16], "one".into());
        templates.insert([2; 16], "two".into());
        assert!(templates.get(&[1; 16]).is_some());
        templates.insert([3; 16], "three".into());
        assert!(templates.has(&[1; 16]) && templates.has(&[3; 16]) && !templates.has(&[2; 16]));
        assert_eq!(templates.take_dropped(), [[2; 16]]);
    }

    #[test]
    fn texts_are_bounded_in_bytes_but_for_the_newest() {
        let mut templates = Templates::new(10, 5);
        templates.insert([1; 16], "four".into());
        templates.insert([2; 16], "longer than five".into());
        assert!(templates.has(&[2; 16]) && !templates.has(&[1; 16]));
    }
}
