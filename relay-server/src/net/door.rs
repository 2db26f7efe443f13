//! Who is inside without having logged in: so many from one network, so many in all. When one is too many, the
//! oldest of the busiest network has to go. No I/O.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::core::SessionId;
use crate::core::op::Network;

/// See the module. Connections are known by their number, which grows.
#[derive(Debug)]
pub struct Door {
    per_network: usize,
    most: usize,
    inside: HashMap<Network, BTreeSet<SessionId>>,
    total: usize,
}

impl Door {
    /// An empty one.
    pub fn new(per_network: usize, most: usize) -> Self {
        Self { per_network, most, inside: HashMap::new(), total: 0 }
    }

    /// A new connection; returns the one that has to go for it.
    pub fn enter(&mut self, network: Network, session: SessionId) -> Option<SessionId> {
        let own = self.inside.entry(network).or_default();
        self.total += usize::from(own.insert(session));
        if own.len() > self.per_network {
            return self.take_oldest(network);
        }
        if self.total > self.most {
            return self.make_room();
        }
        None
    }

    /// Whether nobody is inside.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// The one that has to go when one has to: the oldest of the busiest network. Among networks that are equally
    /// busy the oldest one goes, so that who has just come has time to log in.
    pub fn make_room(&mut self) -> Option<SessionId> {
        let busiest = self
            .inside
            .iter()
            .max_by_key(|(_, sessions)| (sessions.len(), Reverse(sessions.first().copied())));
        let network = busiest.map(|(network, _)| *network)?;
        self.take_oldest(network)
    }

    /// It has logged in, or is gone.
    pub fn leave(&mut self, network: Network, session: SessionId) {
        let Some(own) = self.inside.get_mut(&network) else { return };
        self.total -= usize::from(own.remove(&session));
        if own.is_empty() {
            self.inside.remove(&network);
        }
    }

    fn take_oldest(&mut self, network: Network) -> Option<SessionId> {
        let oldest = *self.inside.get(&network)?.first()?;
        self.leave(network, oldest);
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn network(last: u8) -> Network {
        Network::from(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn one_network_too_many_costs_its_own_oldest_connection() {
        let mut door = Door::new(2, 100);
        assert_eq!(door.enter(network(1), 1), None);
        assert_eq!(door.enter(network(2), 2), None);
        assert_eq!(door.enter(network(1), 3), None);
        assert_eq!(door.enter(network(1), 4), Some(1));
        assert_eq!(door.enter(network(1), 5), Some(3));
        assert_eq!(door.total, 3);
    }

    #[test]
    fn one_too_many_in_all_costs_the_oldest_of_the_busiest() {
        let mut door = Door::new(10, 4);
        assert_eq!(door.enter(network(9), 1), None);
        for session in 2..=4 {
            assert_eq!(door.enter(network(1), session), None);
        }
        assert_eq!(door.enter(network(2), 5), Some(2), "not the oldest of all");
        assert_eq!(door.enter(network(3), 6), Some(3));
        assert_eq!(door.total, 4);
    }

    #[test]
    fn among_equals_the_oldest_has_to_go() {
        let mut door = Door::new(10, 100);
        assert_eq!(door.make_room(), None);
        for session in 1..=9 {
            door.enter(network(u8::try_from(session).unwrap()), session);
        }
        for session in 1..=9 {
            assert_eq!(door.make_room(), Some(session));
        }
        assert!(door.is_empty());
    }

    #[test]
    fn who_logged_in_or_left_is_not_counted() {
        let mut door = Door::new(1, 100);
        for session in 0..10 {
            assert_eq!(door.enter(network(1), session), None);
            door.leave(network(1), session);
            door.leave(network(1), session);
        }
        assert_eq!(door.total, 0);
        assert!(door.inside.is_empty());
    }
}
