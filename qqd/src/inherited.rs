//! Descriptors that a detached daemon gets from whoever started it: a shell's locks and pipes, which would stay held as
//! long as it lives. They are closed; standard input, output and error stay, and so do sockets of the service manager.
#![allow(unsafe_code, reason = "closing a descriptor that nobody in this process has opened")]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::{env, fs, io, process};

/// The first descriptor behind standard error, and the first one that `LISTEN_FDS` counts (sd_listen_fds(3)).
const FIRST: RawFd = 3;

/// Closes them. To be called before this process has opened anything or started a thread.
///
/// # Errors
/// The system does not say what is open.
pub(crate) fn close() -> io::Result<()> {
    let word = |name| env::var(name).ok();
    let from = FIRST.saturating_add(listened(word("LISTEN_FDS"), word("LISTEN_PID"), process::id()));
    for fd in open_from(from)? {
        // The descriptor of the listing itself is closed by now.
        if is_open(fd) {
            // SAFETY: nothing in this process has opened a descriptor yet (the caller's promise), so nobody owns this
            // one, which was inherited and is open, and nobody can use it afterwards.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
    }
    Ok(())
}

/// How many descriptors from the first on are the service manager's, if it means this process.
fn listened(fds: Option<String>, pid: Option<String>, own: u32) -> RawFd {
    let ours = pid.is_none_or(|pid| pid.parse() == Ok(own));
    fds.filter(|_| ours).and_then(|fds| fds.parse().ok()).filter(|&fds| fds > 0).unwrap_or_default()
}

/// The descriptors from `from` on, in order.
fn open_from(from: RawFd) -> io::Result<Vec<RawFd>> {
    let mut open = Vec::new();
    for entry in fs::read_dir("/proc/self/fd")? {
        let fd = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        open.extend(fd.filter(|&fd: &RawFd| fd >= from));
    }
    open.sort_unstable();
    Ok(open)
}

fn is_open(fd: RawFd) -> bool {
    Path::new(&format!("/proc/self/fd/{fd}")).symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn sockets_of_the_service_manager_are_counted_only_when_they_are_ours() {
        let word = |text: &str| Some(text.to_owned());
        assert_eq!(listened(word("2"), word("7"), 7), 2);
        assert_eq!(listened(word("2"), None, 7), 2);
        for (fds, pid) in [("2", "8"), ("2", "x"), ("-1", "7"), ("x", "7"), ("", "7")] {
            assert_eq!(listened(word(fds), word(pid), 7), 0, "{fds} {pid}");
        }
        assert_eq!(listened(None, word("7"), 7), 0);
    }

    #[test]
    fn what_is_open_is_listed_in_order_and_what_is_closed_is_not() {
        let file = fs::File::open("/dev/null").unwrap();
        let fd = file.as_raw_fd();
        let open = open_from(FIRST).unwrap();
        assert!(open.contains(&fd) && is_open(fd) && open.is_sorted() && open[0] >= FIRST);
        assert!(!open_from(fd + 1).unwrap().contains(&fd));
        assert!(!is_open(RawFd::MAX));
    }
}
