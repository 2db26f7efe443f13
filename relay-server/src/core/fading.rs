//! A map that forgets: an entry nobody touched for one to two periods is gone, and it never holds more than twice its
//! limit. Nothing is scanned and no timer is needed; two generations take turns.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::mem;
use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub(super) struct Fading<K, V, S = RandomState> {
    young: HashMap<K, V, S>,
    old: HashMap<K, V, S>,
    turned: Duration,
    period: Duration,
    max: usize,
}

/// The same by numbers that the relay gives itself, see [`super::Numbered`].
pub(super) type FadingNumbered<K, V> = Fading<K, V, foldhash::fast::RandomState>;

impl<K: Hash + Eq, V, S: BuildHasher + Default> Fading<K, V, S> {
    /// Keeps what was touched within `period`, unless more than `max` others were touched since.
    pub(super) fn new(period: Duration, max: usize) -> Self {
        Self { young: HashMap::default(), old: HashMap::default(), turned: Duration::ZERO, period, max }
    }

    /// The entry, touched; made by `make` where there is none.
    pub(super) fn entry(&mut self, now: Duration, key: K, make: impl FnOnce() -> V) -> &mut V {
        self.turn(now);
        let kept = self.old.remove(&key);
        self.young.entry(key).or_insert_with(|| kept.unwrap_or_else(make))
    }

    /// The entry, not touched.
    pub(super) fn get(&mut self, now: Duration, key: &K) -> Option<&mut V> {
        self.turn(now);
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// Forgets the entry.
    pub(super) fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn turn(&mut self, now: Duration) {
        let age = now.saturating_sub(self.turned);
        if age < self.period && self.young.len() < self.max {
            return;
        }
        self.old = mem::take(&mut self.young);
        if age >= self.period * 2 {
            self.old.clear();
        }
        self.turned = now;
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(10);

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn what_is_touched_stays_and_what_is_not_is_forgotten() {
        let mut map: Fading<_, _> = Fading::new(PERIOD, 100);
        map.entry(at(0), "kept", || 1);
        map.entry(at(1), "forgotten", || 2);
        map.entry(at(9), "kept", || 9);
        map.entry(at(12), "kept", || 9);
        assert_eq!(map.get(at(12), &"forgotten"), Some(&mut 2));
        assert_eq!(map.get(at(23), &"kept"), Some(&mut 1));
        assert_eq!(map.get(at(23), &"forgotten"), None);
        assert_eq!(map.get(at(60), &"kept"), None);
        assert_eq!(map.len(), 0);
    }

    #[test]
    fn an_entry_lives_at_least_one_period() {
        let mut map: Fading<_, _> = Fading::new(PERIOD, 100);
        map.entry(at(9), "late", || 1);
        assert_eq!(map.get(at(18), &"late"), Some(&mut 1));
    }

    #[test]
    fn a_flood_of_keys_does_not_grow_it() {
        let mut map: Fading<_, _> = Fading::new(PERIOD, 100);
        for key in 0..100_000 {
            map.entry(at(1), key, || ());
            assert!(map.len() <= 200);
        }
        assert!(map.get(at(1), &99_999).is_some());
    }
}
