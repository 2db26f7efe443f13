//! What the machine says: a process's CPU time and memory, the load, the limit of open files.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

/// The CPU time of a process so far: nanoseconds of all its threads from `schedstat`; where the kernel does not count
/// those, `utime` and `stime` of `stat`, in hundredths of a second.
pub fn cpu(pid: u32) -> Result<Duration> {
    match cpu_of_tasks(pid) {
        Some(time) => Ok(time),
        None => cpu_of_stat(pid),
    }
}

fn cpu_of_tasks(pid: u32) -> Option<Duration> {
    let mut sum = 0_u64;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may end between the two looks; the servers' threads stay.
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        sum += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    (sum > 0).then(|| Duration::from_nanos(sum))
}

fn cpu_of_stat(pid: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // Fields 14 and 15 of proc(5), counted from behind the name, which may hold anything.
    let after = text.rsplit_once(')').context("stat has no name")?.1;
    let ticks: u64 = after.split_whitespace().skip(11).take(2).map(|field| field.parse().unwrap_or(0)).sum();
    let a_second = u64::try_from(sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100))?;
    Ok(Duration::from_millis(ticks * 1_000 / a_second))
}

/// The resident memory of a process, in bytes.
pub fn rss(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("status has no VmRSS")?;
    let kib: u64 = line.split_whitespace().next().context("VmRSS is empty")?.parse()?;
    Ok(kib * 1_024)
}

/// Raises the limit of open files as far as it goes, and says how far that is.
pub fn raise_file_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1_024 };
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_) => soft,
    }
}

/// Where and when the numbers were taken.
#[derive(Debug, Clone, Serialize)]
pub struct Host {
    /// The processor's name.
    pub processor: String,
    /// How many cores this process may use.
    pub cores: usize,
    /// The kernel's release.
    pub kernel: String,
    /// The file system below the database.
    pub disk: String,
    /// Load averages of 1, 5 and 15 minutes before the first scenario.
    pub load_before: String,
    /// The same behind the last one.
    pub load_after: String,
    /// What share of the machine others used meanwhile, in percent.
    pub others_percent: f64,
}

impl Host {
    /// Looks at the machine; `data` is where the databases will lie.
    pub fn look(data: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let processor = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .and_then(|rest| rest.split_once(':'))
            .map_or("unknown", |(_, name)| name.trim());
        Self {
            processor: processor.to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            disk: disk(data, &read("/proc/mounts")),
            load_before: load(),
            load_after: String::new(),
            others_percent: 0.0,
        }
    }
}

/// Load averages of 1, 5 and 15 minutes.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// `type on device`, of the mount that holds a path.
fn disk(data: &Path, mounts: &str) -> String {
    let data = fs::canonicalize(data).unwrap_or_else(|_| data.to_owned());
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace();
            Some((fields.next()?, Path::new(fields.next()?), fields.next()?))
        })
        .filter(|(_, at, _)| data.starts_with(at))
        .max_by_key(|(_, at, _)| at.as_os_str().len());
    mount.map_or_else(|| "unknown".to_owned(), |(device, _, kind)| format!("{kind} on {device}"))
}

/// How busy all cores have been since the start of the machine.
#[derive(Debug, Clone, Copy)]
pub struct Busy {
    busy: u64,
    all: u64,
}

impl Busy {
    /// Now.
    pub fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; guest time is counted in user already.
        let all: u64 = ticks.iter().take(8).sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        Self { busy: all - idle, all }
    }

    /// The share of all cores since then, in percent, that was not `own`.
    pub fn others_since(self, own: Duration) -> f64 {
        let now = Self::now();
        let a_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100) as f64;
        let (busy, all) = ((now.busy - self.busy) as f64, (now.all - self.all) as f64);
        if all == 0.0 {
            0.0
        } else {
            ((busy - own.as_secs_f64() * a_second).max(0.0) / all * 1_000.0).round() / 10.0
        }
    }
}

/// CPU time of this process and of its children that have ended.
pub fn own_cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let time = |who| {
        let usage = getrusage(who).ok();
        let of = |time: nix::sys::time::TimeVal| {
            Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0))
        };
        usage.map_or(Duration::ZERO, |usage| of(usage.user_time()) + of(usage.system_time()))
    };
    time(UsageWho::RUSAGE_SELF) + time(UsageWho::RUSAGE_CHILDREN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_time_and_memory() {
        let pid = std::process::id();
        let before = cpu(pid).unwrap();
        let mut sum = 0_u64;
        while cpu(pid).unwrap() < before + Duration::from_millis(20) {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(cpu_of_stat(pid).unwrap() > Duration::ZERO);
        assert!(rss(pid).unwrap() > 100_000);
    }

    #[test]
    fn the_disk_is_that_of_the_longest_mount() {
        let mounts = "a / ext4 rw 0 0\nb /tmp tmpfs rw 0 0\n";
        assert_eq!(disk(Path::new("/tmp"), mounts), "tmpfs on b");
        assert_eq!(disk(Path::new("/"), mounts), "ext4 on a");
    }
}
