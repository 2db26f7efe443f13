//! How often a password may be tried: per account and network, per network, per account; tokens have a bucket of their
//! own. An attempt that is on its way counts in all of them until its verdict is known, so trying in parallel wins
//! nothing; those who would be over the limit only then wait for it.

use std::collections::VecDeque;
use std::time::Duration;

use super::bucket::{Bucket, Size};
use super::fading::Fading;
use super::op::Network;
use super::{Limits, SessionId};

/// Entries of each map; a flood of names or networks forgets the oldest.
const ENTRIES: usize = 20_000;
/// Tries that wait for others of the same account and network, and those that wait for any of the same network.
const WAITING: usize = 1_024;
/// The first wait after too many wrong passwords; it doubles.
const WAIT_MIN: Duration = Duration::from_secs(6);
const WAIT_MAX: Duration = Duration::from_secs(300);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Whether a login may be tried now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Yes; its end must be told to [`Throttle::end`].
    Go,
    /// When another one of the same network has ended: see [`Throttle::next`].
    Wait,
    /// Not before so long.
    Later(Duration),
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The password was right.
    Right,
    /// It was not.
    Wrong,
    /// Nobody looked.
    Unchecked,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Throttle {
    limit: u32,
    pairs: Fading<(String, Network), Pair>,
    network_size: Size,
    networks: Fading<Network, Source>,
    account_size: Size,
    accounts: Fading<String, Bucket>,
    token_size: Size,
    tokens: Fading<Network, Bucket>,
    register_size: Size,
    registrations: Fading<Network, Bucket>,
}

/// One network.
#[derive(Debug)]
struct Source {
    /// What is running has been taken from it, and is given back unless the password was wrong.
    bucket: Bucket,
    running: u32,
    waiting: VecDeque<SessionId>,
}

/// One account tried from one network.
#[derive(Debug, Default)]
struct Pair {
    failures: u32,
    last: Duration,
    running: u32,
    waiting: VecDeque<SessionId>,
}

impl Throttle {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.failed_logins.max(1),
            pairs: Fading::new(WAIT_MAX * 3, ENTRIES),
            network_size: Size::over(limits.failed_logins_per_address, MINUTE),
            networks: Fading::new(MINUTE * 20, ENTRIES),
            account_size: Size::over(limits.failed_logins_per_account, HOUR),
            accounts: Fading::new(HOUR * 3, ENTRIES),
            token_size: Size::over(limits.token_logins_per_address, MINUTE),
            tokens: Fading::new(MINUTE, ENTRIES),
            register_size: Size::over(limits.registrations_per_address, MINUTE),
            registrations: Fading::new(MINUTE, ENTRIES),
        }
    }

    /// May `session` try a password for `name` from `network`?
    pub(super) fn password(
        &mut self,
        now: Duration,
        name: &str,
        network: Network,
        session: SessionId,
    ) -> Leave {
        let (of_network, of_account) = (self.network_size, self.account_size);
        let source = self.networks.entry(now, network, || Source::new(of_network, now));
        let leave = source.leave(of_network, now);
        if leave != Leave::Go {
            return wait_in(&mut source.waiting, session, leave);
        }
        let pair = self.pairs.entry(now, (name.to_owned(), network), Pair::default);
        let leave = pair.leave(now, self.limit);
        if leave != Leave::Go {
            return wait_in(&mut pair.waiting, session, leave);
        }
        pair.running += 1;
        source.running += 1;
        source.bucket.take(of_network, now);
        self.accounts.entry(now, name.to_owned(), || Bucket::full(of_account, now)).take(of_account, now);
        Leave::Go
    }

    /// How long passwords for `name` are taken from networks it is known from only; zero if from everywhere. Asked
    /// for a try that was let go, and counts already.
    pub(super) fn account(&mut self, now: Duration, name: &str) -> Duration {
        let size = self.account_size;
        self.accounts.get(now, &name.to_owned()).map_or(Duration::ZERO, |bucket| bucket.owes(size, now))
    }

    /// May a token be shown from `network`?
    pub(super) fn token(&mut self, now: Duration, network: Network) -> Leave {
        take_one(&mut self.tokens, self.token_size, now, network)
    }

    /// May an account be asked for from `network`?
    pub(super) fn register(&mut self, now: Duration, network: Network) -> Leave {
        take_one(&mut self.registrations, self.register_size, now, network)
    }

    /// A try that was let go has ended.
    pub(super) fn end(&mut self, now: Duration, name: &str, network: Network, end: End) {
        let key = (name.to_owned(), network);
        let pair = self.pairs.entry(now, key.clone(), Pair::default);
        pair.running = pair.running.saturating_sub(1);
        match end {
            End::Right => pair.failures = 0,
            End::Wrong => {
                pair.failures = pair.failures.saturating_add(1);
                pair.last = now;
            }
            End::Unchecked => {}
        }
        if pair.failures == 0 && pair.running == 0 && pair.waiting.is_empty() {
            self.pairs.remove(&key);
        }
        let (of_network, of_account) = (self.network_size, self.account_size);
        let source = self.networks.get(now, &network);
        if let Some(source) = source {
            source.running = source.running.saturating_sub(1);
            if end != End::Wrong {
                source.bucket.give(of_network);
            }
        }
        if end != End::Wrong
            && let Some(bucket) = self.accounts.get(now, &key.0)
        {
            bucket.give(of_account);
        }
    }

    /// One who waited and need not any longer: it asks [`Throttle::password`] again.
    pub(super) fn next(&mut self, now: Duration, name: &str, network: Network) -> Option<SessionId> {
        let limit = self.limit;
        let pair = self.pairs.get(now, &(name.to_owned(), network));
        let of_pair = pair.filter(|pair| pair.leave(now, limit) != Leave::Wait);
        if let Some(session) = of_pair.and_then(|pair| pair.waiting.pop_front()) {
            return Some(session);
        }
        let size = self.network_size;
        let source = self.networks.get(now, &network)?;
        if source.leave(size, now) == Leave::Wait { None } else { source.waiting.pop_front() }
    }
}

fn take_one(buckets: &mut Fading<Network, Bucket>, size: Size, now: Duration, network: Network) -> Leave {
    let bucket = buckets.entry(now, network, || Bucket::full(size, now));
    let wait = bucket.wait(size, now);
    if !wait.is_zero() {
        return Leave::Later(wait);
    }
    bucket.take(size, now);
    Leave::Go
}

/// Those who must wait stand in a queue of bounded length.
fn wait_in(queue: &mut VecDeque<SessionId>, session: SessionId, leave: Leave) -> Leave {
    if leave == Leave::Wait {
        if queue.len() >= WAITING {
            return Leave::Later(Duration::from_secs(1));
        }
        queue.push_back(session);
    }
    leave
}

impl Source {
    fn new(size: Size, now: Duration) -> Self {
        Self { bucket: Bucket::full(size, now), running: 0, waiting: VecDeque::new() }
    }

    fn leave(&mut self, size: Size, now: Duration) -> Leave {
        let wait = self.bucket.wait(size, now);
        match (wait.is_zero(), self.running) {
            (true, _) => Leave::Go,
            (false, 0) => Leave::Later(wait),
            (false, _) => Leave::Wait,
        }
    }
}

impl Pair {
    fn leave(&self, now: Duration, limit: u32) -> Leave {
        if self.failures < limit {
            return if self.failures + self.running < limit { Leave::Go } else { Leave::Wait };
        }
        if self.running > 0 {
            return Leave::Wait;
        }
        let doublings = (self.failures - limit).min(16);
        let until = self.last + (WAIT_MIN * (1 << doublings)).min(WAIT_MAX);
        if now < until { Leave::Later(until - now) } else { Leave::Go }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> Network {
        Network::from(std::net::IpAddr::from([192, 0, 2, last]))
    }

    fn throttle() -> Throttle {
        Throttle::new(&Limits::default())
    }

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn fail(throttle: &mut Throttle, now: Duration, name: &str, network: Network) -> Leave {
        let leave = throttle.password(now, name, network, 0);
        if leave == Leave::Go {
            throttle.end(now, name, network, End::Wrong);
        }
        leave
    }

    #[test]
    fn five_wrong_passwords_then_one_per_six_seconds_doubling_to_five_minutes() {
        let mut throttle = throttle();
        for _ in 0..5 {
            assert_eq!(fail(&mut throttle, at(0), "a", network(1)), Leave::Go);
        }
        let mut now = at(0);
        for wait in [6, 12, 24, 48, 96, 192, 300, 300] {
            assert_eq!(fail(&mut throttle, now, "a", network(1)), Leave::Later(at(wait)));
            now += at(wait);
            assert_eq!(fail(&mut throttle, now, "a", network(1)), Leave::Go, "after {wait} s");
        }
        assert_eq!(fail(&mut throttle, now, "b", network(1)), Leave::Go);
        assert_eq!(fail(&mut throttle, now, "a", network(2)), Leave::Go);
    }

    #[test]
    fn a_right_password_forgives() {
        let mut throttle = throttle();
        for _ in 0..20 {
            for _ in 0..4 {
                assert_eq!(fail(&mut throttle, at(0), "a", network(1)), Leave::Go);
            }
            assert_eq!(throttle.password(at(0), "a", network(1), 0), Leave::Go);
            throttle.end(at(0), "a", network(1), End::Right);
            throttle.networks.remove(&network(1));
        }
        assert_eq!(throttle.pairs.len(), 0);
    }

    #[test]
    fn trying_in_parallel_wins_nothing_and_loses_nothing() {
        let mut throttle = throttle();
        for session in 0..5 {
            assert_eq!(throttle.password(at(0), "a", network(1), session), Leave::Go);
        }
        for session in 5..10 {
            assert_eq!(throttle.password(at(0), "a", network(1), session), Leave::Wait);
        }
        assert_eq!(throttle.next(at(0), "a", network(1)), None);
        throttle.end(at(0), "a", network(1), End::Wrong);
        assert_eq!(throttle.next(at(0), "a", network(1)), None);
        throttle.end(at(0), "a", network(1), End::Right);
        assert_eq!(throttle.next(at(0), "a", network(1)), Some(5));
        assert_eq!(throttle.password(at(0), "a", network(1), 5), Leave::Go);
    }

    #[test]
    fn thirty_wrong_passwords_a_minute_per_network_whatever_the_account() {
        let mut throttle = throttle();
        for n in 0..30 {
            assert_eq!(fail(&mut throttle, at(0), &n.to_string(), network(1)), Leave::Go);
        }
        assert_eq!(fail(&mut throttle, at(0), "x", network(1)), Leave::Later(at(2)));
        assert_eq!(fail(&mut throttle, at(0), "x", network(2)), Leave::Go);
        assert_eq!(fail(&mut throttle, at(2), "x", network(1)), Leave::Go);
    }

    #[test]
    fn a_hundred_an_hour_per_account_then_known_networks_only() {
        let mut throttle = throttle();
        for n in 0..100 {
            assert_eq!(throttle.password(at(0), "a", network(n), 0), Leave::Go);
            assert_eq!(throttle.account(at(0), "a"), Duration::ZERO);
            throttle.end(at(0), "a", network(n), End::Wrong);
        }
        assert_eq!(throttle.password(at(0), "a", network(100), 0), Leave::Go);
        assert_eq!(throttle.account(at(0), "a"), at(36));
        assert_eq!(throttle.account(at(36), "a"), Duration::ZERO);
        throttle.end(at(36), "a", network(100), End::Unchecked);
    }

    #[test]
    fn trying_many_accounts_in_parallel_wins_nothing_either() {
        let mut throttle = throttle();
        for n in 0..30 {
            assert_eq!(throttle.password(at(0), &n.to_string(), network(1), n), Leave::Go);
        }
        assert_eq!(throttle.password(at(0), "x", network(1), 30), Leave::Wait);
        assert_eq!(throttle.password(at(0), "y", network(1), 31), Leave::Wait);
        assert_eq!(throttle.password(at(0), "x", network(2), 32), Leave::Go);
        throttle.end(at(0), "0", network(1), End::Wrong);
        assert_eq!(throttle.next(at(0), "0", network(1)), None);
        throttle.end(at(0), "1", network(1), End::Right);
        assert_eq!(throttle.next(at(0), "1", network(1)), Some(30));
        assert_eq!(throttle.password(at(0), "x", network(1), 30), Leave::Go);
        assert_eq!(throttle.next(at(0), "1", network(1)), None);
        for n in 2..30 {
            throttle.end(at(0), &n.to_string(), network(1), End::Wrong);
            assert_eq!(throttle.next(at(0), &n.to_string(), network(1)), None);
        }
        throttle.end(at(0), "x", network(1), End::Wrong);
        // Nobody is left to wait for: whoever waited is told when.
        assert_eq!(throttle.next(at(0), "x", network(1)), Some(31));
        assert_eq!(throttle.password(at(0), "y", network(1), 31), Leave::Later(at(2)));
    }

    #[test]
    fn trying_one_account_from_many_networks_in_parallel_wins_nothing() {
        let mut throttle = throttle();
        for n in 0..100 {
            assert_eq!(throttle.password(at(0), "a", network(n), 0), Leave::Go);
            assert_eq!(throttle.account(at(0), "a"), Duration::ZERO);
        }
        assert_eq!(throttle.password(at(0), "a", network(100), 0), Leave::Go);
        assert_eq!(throttle.account(at(0), "a"), at(36));
    }

    #[test]
    fn tokens_have_a_bucket_of_their_own() {
        let mut throttle = throttle();
        for _ in 0..30 {
            fail(&mut throttle, at(0), "a", network(1));
        }
        for _ in 0..600 {
            assert_eq!(throttle.token(at(0), network(1)), Leave::Go);
        }
        assert_eq!(throttle.token(at(0), network(1)), Leave::Later(Duration::from_millis(100)));
    }

    #[test]
    fn ten_registrations_at_once_then_one_in_six_seconds() {
        let mut throttle = throttle();
        for _ in 0..10 {
            assert_eq!(throttle.register(at(0), network(1)), Leave::Go);
        }
        assert_eq!(throttle.register(at(0), network(1)), Leave::Later(at(6)));
        assert_eq!(throttle.register(at(0), network(2)), Leave::Go);
        assert_eq!(throttle.register(at(6), network(1)), Leave::Go);
        assert_eq!(throttle.register(at(6), network(1)), Leave::Later(at(6)));
    }

    #[test]
    fn a_flood_of_names_does_not_grow_it() {
        let mut throttle = throttle();
        for n in 0..100_000_u32 {
            let network = Network::from(std::net::IpAddr::from(n.to_be_bytes()));
            fail(&mut throttle, at(0), &n.to_string(), network);
        }
        assert!(throttle.pairs.len() <= 2 * ENTRIES);
        assert!(throttle.networks.len() <= 2 * ENTRIES);
        assert!(throttle.accounts.len() <= 2 * ENTRIES);
    }
}
