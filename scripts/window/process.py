"""What processes cost, from /proc: CPU, memory and wake-ups of a program and all that it started."""

import glob
import os
import signal
import time


def tree(pid):
    """The process and its descendants."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as file:
                text = file.read()
        except OSError:
            continue
        parents.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append(int(path.split("/")[2]))
    found, look = [], [pid]
    while look:
        pid = look.pop()
        found.append(pid)
        look += parents.get(pid, [])
    return found


def lines(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


def cpu(pid):
    """CPU seconds so far, of the threads that are there and of children that have ended."""
    total = 0.0
    for one in tree(pid):
        for path in glob.glob(f"/proc/{one}/task/*/schedstat"):
            total += sum(int(line.split()[0]) for line in lines(path)) / 1e9
        for line in lines(f"/proc/{one}/stat"):
            fields = line.rsplit(")", 1)[1].split()
            total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return total


def pss(pid):
    """Proportional set size in MiB."""
    found = [line for one in tree(pid) for line in lines(f"/proc/{one}/smaps_rollup") if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in found) / 1024


def switches(pid):
    """Context switches so far, of every thread, by thread."""
    found = {}
    for one in tree(pid):
        for path in glob.glob(f"/proc/{one}/task/*/status"):
            said = [line for line in lines(path) if "ctxt_switches" in line or line.startswith("Name:")]
            if len(said) == 3:
                name = said[0].split("\t")[1]
                found[(path, name)] = sum(int(line.split()[1]) for line in said[1:])
    return found


def wakes(pid, seconds):
    """Wake-ups a second during so many seconds, and of which threads most."""
    before, begun = switches(pid), time.monotonic()
    time.sleep(seconds)
    after, lasted = switches(pid), time.monotonic() - begun
    names = {}
    for (path, name), count in after.items():
        names[name] = names.get(name, 0) + count - before.get((path, name), 0)
    most = sorted(names.items(), key=lambda item: -item[1])[:3]
    return sum(names.values()) / lasted, ", ".join(f"{name} {count / lasted:.2f}" for name, count in most if count)


def end(process):
    """Ends a program that was started here, with all that it started."""
    pids = tree(process.pid)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        try:
            process.wait(3)
            if number == signal.SIGTERM:
                time.sleep(0.3)
        except Exception:  # it did not listen: the next signal does not ask
            pass
