//! Tells that the machine woke from sleep, that its clock was set or that its addresses changed, so that the relay is
//! tried at once. The kernel says so; nothing is ever polled.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::libc;
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, socket,
};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use nix::time::{ClockId as Clock, clock_gettime};
use tokio::net::unix::pipe::Receiver;
use tokio::time::{Instant, sleep_until};

/// Events come in bursts: so long after the first of them one is told.
const DEBOUNCE: Duration = Duration::from_millis(100);

/// What the kernel is listened to by: a pipe's end is tokio's safe way to wait for any descriptor and read(2) from it.
type Source = Option<Receiver>;

/// Watches the clock and the network's addresses.
#[derive(Debug)]
pub struct Wake {
    clock: Source,
    routes: Source,
    /// How long the machine has slept since it was started.
    slept: Duration,
    addresses: Option<Addresses>,
    /// An event came; it is told then.
    due: Option<Instant>,
    clock_jumped: bool,
}

/// Every usable address, with its interface.
type Addresses = BTreeSet<(String, IpAddr)>;

impl Wake {
    /// Begins to watch; call it inside a tokio runtime. What the system does not let us watch is logged once and left
    /// out.
    pub fn new() -> Self {
        let clock = watch("the clock", clock_source());
        let routes = watch("the network's addresses", routes_source());
        Self::over(clock, routes)
    }

    fn over(clock: Source, routes: Source) -> Self {
        Self { clock, routes, slept: slept(), addresses: addresses(), due: None, clock_jumped: false }
    }

    /// Returns after each event, a burst of them counting as one; never, if there is nothing to watch. May be dropped
    /// and called again without losing one.
    pub async fn woken(&mut self) {
        loop {
            let due = self.due;
            let told = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ok = heard(&self.clock) => {
                    self.clock_jumped = true;
                    self.note(ok, |wake| &mut wake.clock);
                }
                ok = heard(&self.routes) => self.note(ok, |wake| &mut wake.routes),
                () = told => {
                    self.due = None;
                    if self.is_news() {
                        return;
                    }
                }
            }
        }
    }

    /// An event came from a source, or the source has failed and is given up.
    fn note(&mut self, ok: io::Result<()>, source: impl Fn(&mut Self) -> &mut Source) {
        if let Err(error) = ok {
            tracing::warn!(%error, "sleep or address changes are not noticed any more");
            *source(self) = None;
        }
        self.due.get_or_insert_with(|| Instant::now() + DEBOUNCE);
    }

    /// Whether anything is really another than before. Routers repeat what was known, some drivers tell every scan.
    fn is_news(&mut self) -> bool {
        let before = std::mem::replace(&mut self.addresses, addresses());
        let moved = self.addresses.is_none() || before != self.addresses;
        let jumped = std::mem::take(&mut self.clock_jumped);
        if jumped {
            let before = std::mem::replace(&mut self.slept, slept());
            let slept = self.slept.saturating_sub(before).as_secs();
            tracing::info!(slept, "the machine woke up or its clock was set");
        }
        if moved {
            tracing::info!("the network's addresses changed");
        }
        jumped || moved
    }
}

impl Default for Wake {
    fn default() -> Self {
        Self::new()
    }
}

fn watch(what: &str, source: io::Result<OwnedFd>) -> Source {
    match source.and_then(Receiver::from_owned_fd_unchecked) {
        Ok(fd) => Some(fd),
        Err(error) => {
            tracing::warn!(%error, "the system does not let {what} be watched");
            None
        }
    }
}

/// A timer that never ends, and is cancelled whenever the clock jumps: when it is set, and when the machine wakes up.
fn clock_source() -> io::Result<OwnedFd> {
    let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
    let never = Expiration::OneShot(TimeSpec::new(libc::time_t::MAX, 0));
    timer.set(never, TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET)?;
    Ok(timer.into())
}

/// A socket that gets the kernel's notices about interfaces and addresses.
fn routes_source() -> io::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkRoute)?;
    let groups = libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR | libc::RTMGRP_IPV6_IFADDR;
    let groups = u32::try_from(groups).expect("the groups are small positive numbers");
    bind(fd.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
    Ok(fd)
}

/// Waits until the kernel says something and takes all of it.
async fn heard(source: &Source) -> io::Result<()> {
    let Some(source) = source else { return std::future::pending().await };
    source.readable().await?;
    let mut notice = [0; 4096];
    loop {
        let Err(error) = source.try_read(&mut notice).and_then(not_ended) else { continue };
        match error.raw_os_error().map(Errno::from_raw) {
            _ if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            // Cancelled: the clock jumped. No buffers: notices were lost, which is one, too.
            Some(Errno::ECANCELED | Errno::ENOBUFS | Errno::EINTR) => {}
            _ => return Err(error),
        }
    }
}

fn not_ended(count: usize) -> io::Result<()> {
    if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// CLOCK_BOOTTIME goes on while the machine sleeps, CLOCK_MONOTONIC does not.
fn slept() -> Duration {
    let read = |clock| clock_gettime(clock).map(Duration::from).unwrap_or_default();
    read(Clock::CLOCK_BOOTTIME).saturating_sub(read(Clock::CLOCK_MONOTONIC))
}

/// The addresses of all interfaces that run; none if the system does not tell.
fn addresses() -> Option<Addresses> {
    let running = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
    let all = getifaddrs().ok()?.filter(|interface| interface.flags.contains(running));
    Some(
        all.filter_map(|interface| Some((interface.interface_name, ip(interface.address.as_ref()?)?)))
            .collect(),
    )
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use tokio::time::timeout;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);
    /// Set in the process that has a network of its own.
    const INSIDE: &str = "QQD_TEST_OWN_NETWORK";

    fn source() -> (UnixStream, Source) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        (ours, watch("a test", Ok(theirs.into())))
    }

    #[tokio::test]
    async fn a_burst_of_events_is_told_once() {
        let ((mut clock, watched), (mut routes, watched_too)) = (source(), source());
        let mut wake = Wake::over(watched, watched_too);
        clock.write_all(&[1; 10_000]).unwrap();
        routes.write_all(b"2").unwrap();
        timeout(DEADLINE, wake.woken()).await.expect("it is told");
        assert!(timeout(DEBOUNCE * 3, wake.woken()).await.is_err(), "it is told once");
    }

    #[tokio::test]
    async fn an_event_is_not_lost_when_nobody_waits_for_a_while() {
        let (mut clock, watched) = source();
        let mut wake = Wake::over(watched, None);
        clock.write_all(b"1").unwrap();
        assert!(timeout(DEBOUNCE / 2, wake.woken()).await.is_err(), "too early");
        timeout(DEADLINE, wake.woken()).await.expect("it is told");
    }

    #[tokio::test]
    async fn addresses_that_are_as_before_are_no_news() {
        let (mut routes, watched) = source();
        let mut wake = Wake::over(None, watched);
        routes.write_all(b"1").unwrap();
        assert!(timeout(DEBOUNCE * 3, wake.woken()).await.is_err());
    }

    #[tokio::test]
    async fn a_source_that_ends_is_given_up_and_costs_nothing_more() {
        let (clock, watched) = source();
        let mut wake = Wake::over(watched, None);
        drop(clock);
        let _ = timeout(DEBOUNCE * 2, wake.woken()).await;
        assert!(wake.clock.is_none());
    }

    #[tokio::test]
    async fn the_kernel_lets_both_be_watched() {
        let wake = Wake::new();
        assert!(wake.clock.is_some() && wake.routes.is_some());
    }

    /// In a network of its own, for an address of the real one is not a test's to change.
    #[test]
    fn a_new_address_is_told() {
        if std::env::var_os(INSIDE).is_none() {
            let mut inside = Command::new("unshare");
            inside.args(["--map-root-user", "--net"]).arg(std::env::current_exe().unwrap());
            inside.args(["--exact", "relay::wake::tests::a_new_address_is_told"]).env(INSIDE, "1");
            let done = inside.output().expect("this test needs unshare (package util-linux)");
            let said =
                String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "needs user namespaces and ip (package iproute2): {said}");
            assert!(said.contains("1 passed"), "{said}");
            return;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut wake = Wake::new();
            for change in
                ["link set lo up", "address add 192.0.2.1/32 dev lo", "address del 192.0.2.1/32 dev lo"]
            {
                let done = Command::new("ip").args(change.split(' ')).status().expect("ip is there");
                assert!(done.success(), "{change}");
                timeout(DEADLINE, wake.woken()).await.expect(change);
            }
        });
    }
}
