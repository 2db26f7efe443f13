"""A relay and people's daemons, with directories of their own: the real programs, and the local API."""

import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import time

# People never meet these limits; a thousand messages a second do.
CONFIG = "chats_per_second = 100000\nchats_burst = 100000\nmarks_per_second = 100000\nmarks_burst = 100000\n"


class Person:
    """One user: the environment of their programs, and a connection to their daemon."""

    def __init__(self, place, name, built):
        self.name, self.home, self.built = name, place / name, built
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("XDG_") and key != "QQD_SOCKET"}
        self.env |= {"HOME": str(self.home)}
        for key, part in (("RUNTIME_DIR", "run"), ("DATA_HOME", "data"), ("STATE_HOME", "state"), ("CONFIG_HOME", "config"),
                          ("CACHE_HOME", "cache")):
            path = self.home / part
            path.mkdir(mode=0o700, parents=True)
            self.env[f"XDG_{key}"] = str(path)

    def ctl(self, *words):
        out = subprocess.run([self.built / "qqctl", *words], env=self.env, capture_output=True, text=True)
        if out.returncode:
            raise SystemExit(f"{self.name}: qqctl {' '.join(words[:2])}: {out.stderr}")
        return out.stdout

    def daemon(self):
        """The process id of the daemon, which is started if need be."""
        return json.loads(self.ctl("--json", "status"))["daemon"]["pid"]

    def stop(self):
        try:
            pid = json.loads(self.ctl("--json", "--no-start", "status"))["daemon"]["pid"]
        except SystemExit:
            return
        os.kill(pid, signal.SIGTERM)
        while os.path.exists(f"/proc/{pid}"):
            time.sleep(0.01)

    def connect(self):
        """A connection that has greeted: a file to read lines from, and the socket."""
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(self.home / "run/qqd/ipc.sock"))
        lines = link.makefile("rb")
        call(link, 1, "hello", {"protocol": 1, "client": "bench-window"})
        lines.readline()
        return link, lines

    def fill(self, peer, count):
        """Puts so many messages of a friend into the daemon's database, as if they had come over months."""
        self.stop()
        path = next(pathlib.Path(self.env["XDG_DATA_HOME"]).rglob("*.sqlite*"), None) or next(
            path for path in pathlib.Path(self.env["XDG_DATA_HOME"]).rglob("*") if is_sqlite(path))
        base = sqlite3.connect(path)
        owner, = base.execute("SELECT row FROM account").fetchone()
        first, = base.execute("SELECT coalesce(max(place), 0) + 1 FROM message").fetchone()

        def rows():
            for n in range(count):
                mine, ts = n % 3 == 0, time.gmtime(1_700_000_000 + n * 60)
                pair = (self.name, peer) if mine else (peer, self.name)
                text = f"{n}: " + "What about dinner at seven? 晚上一起吃饭吗 " * (1 + n % 4)
                yield (owner, peer, int(mine), f"fill-{n}", *pair, text, "text", "read",
                       time.strftime("%Y-%m-%dT%H:%M:%S.000Z", ts), first + n)

        base.executemany("INSERT INTO message (owner, peer, mine, id, sender, recipient, text, kind, state, ts, place) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows())
        base.commit()
        base.close()
        self.daemon()


def is_sqlite(path):
    return path.is_file() and path.open("rb").read(15) == b"SQLite format 3"


def call(link, number, method, params):
    link.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")


class World:
    """The relay, and people who are on line and friends of each other; `alice` and `bob` are always among them."""

    def __init__(self, place, built, names=("alice", "bob")):
        config = place / "relay.toml"
        config.write_text(CONFIG)
        self.relay = subprocess.Popen(
            [built / "relay-server", "up", "--invite", ",".join(names), "--data", place / "relay", "--listen", "127.0.0.1:0",
             "--config", config], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        links, name = {}, None
        for line in self.relay.stdout:
            if line.startswith("For "):
                name = line[4:].strip().rstrip(":")
            elif line.startswith("qiao://"):
                links[name] = line.strip()
            elif line.startswith("Keep this running"):
                break
        self.people = {name: Person(place, name, built) for name in names}
        self.alice, self.bob = self.people["alice"], self.people["bob"]
        for person in self.people.values():
            person.ctl("join", links[person.name], "--name", person.name.title())

    def close(self):
        for person in self.people.values():
            person.stop()
        self.relay.terminate()
        self.relay.wait()
