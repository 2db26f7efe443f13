//! The threads that check and hash passwords, apart from the sockets: so many at once, so many waiting, a turn for each
//! network. Who cannot be served in time is told `busy`; nobody waits longer because somebody else knocks often.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use relay_schema::Secret;

use super::{Checked, HashError, Memory, check, hash, hash_prepared};
use crate::core::op::Network;
use crate::core::{Token, Verdict};

/// A thread that has had nothing to do for so long gives its working memory back.
const MEMORY_KEPT: Duration = Duration::from_millis(500);

/// How large the pool is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Checks at once; 0 for as many as there are cores.
    pub threads: usize,
    /// Checks that may wait.
    pub waiting: usize,
    /// The longest wait.
    pub wait: Duration,
}

/// The pool; dropping it ends its threads after the checks that run.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

impl Pool {
    /// Starts the threads. `answer` is called on them; it may block.
    pub fn start(
        settings: Settings,
        answer: impl Fn(Token, Verdict) + Clone + Send + 'static,
    ) -> Result<Self, String> {
        let dummy = hash_prepared(&random_password()?, &mut Memory::default())?;
        let shared =
            Arc::new(Shared { settings, dummy, queue: Mutex::new(Queue::default()), ready: Condvar::new() });
        let mut pool = Self { shared, threads: Vec::new() };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..if settings.threads == 0 { cores } else { settings.threads } {
            let (shared, answer) = (Arc::clone(&pool.shared), answer.clone());
            let thread = std::thread::Builder::new().name("password".to_owned());
            let thread = thread.spawn(move || work(&shared, &answer)).map_err(|error| error.to_string())?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// Puts a check into the queue; the answer comes by the callback. Where the queue is full somebody must be told
    /// [`Verdict::Busy`] at once: this one, or the last of the network that has most checks waiting.
    #[must_use = "the token that is returned must be answered `busy`"]
    pub fn check(
        &self,
        token: Token,
        address: IpAddr,
        password: Secret,
        hash: Option<String>,
    ) -> Option<Token> {
        self.queue(address, Job { token, password, work: Work::Check(hash), since: Instant::now() })
    }

    /// The same with a new password, to be hashed.
    #[must_use = "the token that is returned must be answered `busy`"]
    pub fn hash(&self, token: Token, address: IpAddr, password: Secret) -> Option<Token> {
        self.queue(address, Job { token, password, work: Work::Hash, since: Instant::now() })
    }

    fn queue(&self, address: IpAddr, job: Job) -> Option<Token> {
        let refused = self.shared.lock().push(Network::from(address), job, self.shared.settings.waiting);
        self.shared.ready.notify_one();
        refused.map(|job| job.token)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.ready.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a password thread had panicked");
            }
        }
    }
}

struct Shared {
    settings: Settings,
    /// Checked for an account that does not exist, so that it costs what another costs.
    dummy: String,
    queue: Mutex<Queue>,
    ready: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job; none at the end.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.pop() {
                return Some(job);
            }
            let (again, waited) =
                self.ready.wait_timeout(queue, MEMORY_KEPT).unwrap_or_else(PoisonError::into_inner);
            queue = again;
            if waited.timed_out() && queue.waiting == 0 {
                memory.free();
                queue = self.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

struct Job {
    token: Token,
    password: Secret,
    work: Work,
    since: Instant,
}

/// What is done with a password.
enum Work {
    /// Compared with an account's PHC string; none for an unknown account.
    Check(Option<String>),
    /// Hashed.
    Hash,
}

/// First in, first out for each network, one of each network in turn.
#[derive(Default)]
struct Queue {
    by_network: HashMap<Network, VecDeque<Job>>,
    turns: VecDeque<Network>,
    waiting: usize,
    closed: bool,
}

impl Queue {
    /// Takes a job in; returns the one that has to go.
    fn push(&mut self, network: Network, job: Job, most: usize) -> Option<Job> {
        let mut refused = None;
        if self.waiting >= most {
            let own = self.by_network.get(&network).map_or(0, VecDeque::len);
            let busiest = self.by_network.iter().map(|(network, jobs)| (jobs.len(), *network)).max();
            match busiest {
                Some((jobs, other)) if jobs > own + 1 => refused = self.drop_last(other),
                _ => return Some(job),
            }
        }
        let jobs = self.by_network.entry(network).or_default();
        if jobs.is_empty() {
            self.turns.push_back(network);
        }
        jobs.push_back(job);
        self.waiting += 1;
        refused
    }

    fn pop(&mut self) -> Option<Job> {
        let network = self.turns.pop_front()?;
        let jobs = self.by_network.get_mut(&network)?;
        let job = jobs.pop_front()?;
        self.waiting -= 1;
        if jobs.is_empty() {
            self.by_network.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        Some(job)
    }

    fn drop_last(&mut self, network: Network) -> Option<Job> {
        let jobs = self.by_network.get_mut(&network)?;
        let job = jobs.pop_back()?;
        self.waiting -= 1;
        if jobs.is_empty() {
            self.by_network.remove(&network);
            self.turns.retain(|other| *other != network);
        }
        Some(job)
    }
}

fn work(shared: &Shared, answer: &impl Fn(Token, Verdict)) {
    let mut memory = Memory::default();
    while let Some(job) = shared.next(&mut memory) {
        let verdict = if job.since.elapsed() > shared.settings.wait {
            Verdict::Busy
        } else {
            verdict(&job, &shared.dummy, &mut memory)
        };
        answer(job.token, verdict);
    }
}

fn verdict(job: &Job, dummy: &str, memory: &mut Memory) -> Verdict {
    let known = match &job.work {
        Work::Check(known) => known,
        Work::Hash => return made(hash(&job.password, memory)),
    };
    let checked = check(&job.password, known.as_deref().unwrap_or(dummy), memory);
    match (checked, known) {
        (Checked::Right(rehash), Some(_)) => Verdict::Right { rehash },
        (Checked::Right(_), None) | (Checked::Wrong, _) => Verdict::Wrong,
    }
}

fn made(hash: Result<String, HashError>) -> Verdict {
    match hash {
        Ok(phc) => Verdict::Made { phc },
        Err(HashError::Unfit(_)) => Verdict::Unfit,
        Err(HashError::Machine(error)) => {
            tracing::error!(%error, "a password could not be hashed");
            Verdict::Busy
        }
    }
}

/// Nobody knows it.
fn random_password() -> Result<Secret, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn job(token: Token) -> Job {
        Job { token, password: Secret::new("x".into()), work: Work::Check(None), since: Instant::now() }
    }

    fn network(last: u8) -> Network {
        Network::from(IpAddr::from([192, 0, 2, last]))
    }

    fn order(queue: &mut Queue) -> Vec<Token> {
        std::iter::from_fn(|| queue.pop()).map(|job| job.token).collect()
    }

    fn pool(settings: Settings) -> (Pool, mpsc::Receiver<(Token, Verdict)>) {
        let (tell, told) = mpsc::channel();
        let pool = Pool::start(settings, move |token, verdict| drop(tell.send((token, verdict)))).unwrap();
        (pool, told)
    }

    const SMALL: Settings = Settings { threads: 1, waiting: 4, wait: Duration::from_secs(60) };

    fn told(told: &mpsc::Receiver<(Token, Verdict)>) -> (Token, Verdict) {
        told.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    #[test]
    fn each_network_has_its_turn_however_many_checks_another_has_waiting() {
        let mut queue = Queue::default();
        for token in 0..5 {
            assert!(queue.push(network(1), job(token), 256).is_none());
        }
        assert!(queue.push(network(2), job(10), 256).is_none());
        assert!(queue.push(network(3), job(20), 256).is_none());
        assert_eq!(order(&mut queue), [0, 10, 20, 1, 2, 3, 4]);
        assert_eq!(queue.waiting, 0);
    }

    #[test]
    fn a_full_queue_makes_room_for_a_new_network_at_the_cost_of_the_busiest() {
        let mut queue = Queue::default();
        for token in 0..4 {
            assert!(queue.push(network(1), job(token), 4).is_none());
        }
        assert_eq!(queue.push(network(1), job(4), 4).unwrap().token, 4, "the busiest one itself is refused");
        assert_eq!(queue.push(network(2), job(10), 4).unwrap().token, 3, "its last one gives way");
        assert_eq!(queue.push(network(2), job(11), 4).unwrap().token, 2);
        assert_eq!(queue.push(network(2), job(12), 4).unwrap().token, 12, "two and two is fair");
        assert_eq!(order(&mut queue), [0, 10, 1, 11]);
    }

    #[test]
    fn one_ipv6_subscriber_counts_as_one_network() {
        let mut queue = Queue::default();
        for (token, last) in (0..3).zip(1..) {
            let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, last);
            assert!(queue.push(Network::from(IpAddr::from(address)), job(token), 256).is_none());
        }
        assert_eq!(queue.turns.len(), 1);
    }

    #[test]
    fn a_password_is_checked_and_an_unknown_account_is_never_right() {
        let (pool, answers) = pool(SMALL);
        let address = IpAddr::from([192, 0, 2, 1]);
        let password = || Secret::new("p2".into());
        let phc = super::super::hash(&password(), &mut Memory::default()).unwrap();
        assert_eq!(pool.check(1, address, password(), Some(phc.clone())), None);
        assert!(matches!(told(&answers), (1, Verdict::Right { rehash: None })));
        assert_eq!(pool.check(2, address, Secret::new("other".into()), Some(phc)), None);
        assert!(matches!(told(&answers), (2, Verdict::Wrong)));
        assert_eq!(pool.check(3, address, password(), None), None);
        assert!(matches!(told(&answers), (3, Verdict::Wrong)));
    }

    #[test]
    fn an_unknown_account_is_wrong_even_if_the_dummy_matched() {
        let memory = &mut Memory::default();
        let dummy = super::super::hash(&Secret::new("x".into()), memory).unwrap();
        assert!(matches!(verdict(&job(1), &dummy, memory), Verdict::Wrong));
        let known = Job { work: Work::Check(Some(dummy.clone())), ..job(1) };
        assert!(matches!(verdict(&known, &dummy, memory), Verdict::Right { rehash: None }));
    }

    #[test]
    fn a_new_password_is_hashed_if_it_is_one() {
        let (pool, answers) = pool(SMALL);
        let address = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(pool.hash(1, address, Secret::new("p2".into())), None);
        let (1, Verdict::Made { phc }) = told(&answers) else { panic!() };
        assert_eq!(pool.check(2, address, Secret::new("p2".into()), Some(phc)), None);
        assert!(matches!(told(&answers), (2, Verdict::Right { rehash: None })));
        for unfit in ["", "a\u{7}b", &"x".repeat(1_025)] {
            assert_eq!(pool.hash(3, address, Secret::new(unfit.into())), None);
            assert!(matches!(told(&answers), (3, Verdict::Unfit)), "{unfit:?}");
        }
    }

    #[test]
    fn the_dummy_costs_what_a_real_hash_costs() {
        let (pool, _answers) = pool(SMALL);
        assert!(pool.shared.dummy.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn who_waited_too_long_is_told_busy() {
        let (pool, answers) = pool(Settings { wait: Duration::ZERO, ..SMALL });
        let address = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(pool.check(1, address, Secret::new("p2".into()), None), None);
        assert!(matches!(told(&answers), (1, Verdict::Busy)));
    }

    #[test]
    fn the_last_check_that_finds_no_room_is_told_busy() {
        let (pool, answers) = pool(SMALL);
        let address = IpAddr::from([192, 0, 2, 1]);
        let refused: Vec<Token> =
            (0..100).filter_map(|token| pool.check(token, address, Secret::new("p2".into()), None)).collect();
        assert!(refused.len() > 50, "a check takes longer than asking for one: {}", refused.len());
        for _ in refused.len()..100 {
            assert!(matches!(told(&answers), (token, Verdict::Wrong) if !refused.contains(&token)));
        }
    }
}
