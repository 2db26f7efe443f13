//! A real relay-server and real sockets: the plain listener, one client address per dialogue line that names one.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use relay_server::admin;
use sha2::Digest as _;

use super::{Change, Heard, Invite, Setup, Stage, Wish, code};
use crate::program;
use crate::relay::Relay;
use crate::wait::PATIENCE;

/// How long it must stay silent until nothing more is believed to come.
const SILENCE: Duration = Duration::from_millis(300);
/// How long what the administrator makes in a dialogue works.
const DAY_MS: i64 = 24 * 60 * 60_000;

/// See the module. The relay starts when somebody connects.
#[derive(Debug, Default)]
pub struct SocketStage {
    limits: String,
    accounts: Vec<[String; 3]>,
    friends: Vec<[String; 2]>,
    relay: Option<Relay>,
    clients: HashMap<String, Client>,
}

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Stage for SocketStage {
    fn set_up(&mut self, setup: &Setup) {
        match setup {
            Setup::Limit { key, value } => {
                let is_number = value.parse::<u64>().is_ok();
                let shown = if is_number { value.clone() } else { format!("\"{value}\"") };
                writeln!(self.limits, "{key} = {shown}").expect("a string takes everything");
            }
            Setup::Account { name, password, shown } => {
                self.accounts.push([name.clone(), shown.clone(), password.clone()]);
            }
            Setup::Friends { a, b } => self.friends.push([a.clone(), b.clone()]),
        }
    }

    fn connect(&mut self, who: &str, from: IpAddr) {
        let to: SocketAddr = self.relay().plain.parse().expect("an address");
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::new(from, 0).into()).expect("all of 127.0.0.0/8 is this computer");
        socket.connect(&to.into()).expect("the relay listens");
        self.clients.insert(who.to_owned(), Client { stream: socket.into(), read: Vec::new() });
    }

    fn send(&mut self, who: &str, bytes: &[u8]) {
        // A relay that has closed already is heard at the next line.
        let _ = self.client(who).stream.write_all(bytes);
    }

    fn hear(&mut self, who: &str) -> Heard {
        self.client(who).hear(PATIENCE)
    }

    fn overhear(&mut self, who: &str) -> Heard {
        self.client(who).hear(SILENCE)
    }

    fn close(&mut self, who: &str) {
        let mut client = self.clients.remove(who).expect("it is connected");
        // The relay closes its side once it has seen ours closed: only then do the others' words come after it.
        if client.stream.shutdown(Shutdown::Write).is_ok() {
            while let Heard::Stanza(_) = client.hear(PATIENCE) {}
        }
    }

    fn admin(&mut self, wish: &Wish) {
        match wish {
            Wish::Friends { a, b } => self.relay().friends(a, b),
            Wish::Unfriend { a, b } => self.command(&["friend", "remove", a, b]),
            Wish::Passwd { name, password } => self.relay().passwd(name, password),
            Wish::Remove { name } => self.command(&["account", "remove", name]),
            Wish::Invite(Invite { word, name, uses, minutes, friends }) => {
                self.wish(&admin::Wish::InviteCreate {
                    code: digest(word),
                    name: name.clone(),
                    uses: *uses,
                    time_ms: minutes.map(|minutes| minutes * 60_000),
                    friends: friends.clone(),
                });
            }
            Wish::Circle { members } => self.wish(&admin::Wish::InviteCircle {
                members: members.iter().map(|name| (name.clone(), digest(name))).collect(),
                time_ms: DAY_MS,
            }),
            Wish::Revoke { word } => {
                let which = admin::Named::Code(digest(word));
                self.wish(&admin::Wish::InviteRevoke { which });
            }
            Wish::Link { name, word } => {
                let (account, code) = (name.clone(), digest(word));
                self.wish(&admin::Wish::AccountLink { account, code, time_ms: DAY_MS });
            }
        }
    }

    fn change(&mut self, _who: Option<&str>, change: &Change) -> Result<(), String> {
        Err(format!("{change:?} cannot be had with a real relay"))
    }
}

impl SocketStage {
    fn relay(&mut self) -> &Relay {
        let (accounts, friends, limits) = (&self.accounts, &self.friends, &self.limits);
        self.relay.get_or_insert_with(|| {
            let mut relay = Relay::prepared(limits);
            accounts.iter().for_each(|[name, shown, password]| relay.account(name, shown, password));
            friends.iter().for_each(|[a, b]| relay.friends(a, b));
            relay.restart();
            relay
        })
    }

    fn command(&mut self, args: &[&str]) {
        let data = self.relay().data();
        let out =
            program::command("relay-server").args(args).arg("--data").arg(data).output().expect("it starts");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// What no command can say, as codes are random there.
    fn wish(&mut self, wish: &admin::Wish) {
        let socket = self.relay().data().join("admin.sock");
        let client = admin::client::Client::connect(&socket).expect("the relay's socket");
        match client.expect("the relay runs").ask(wish) {
            admin::Answer::Ok(_) => {}
            admin::Answer::Error(trouble) => panic!("{wish:?}: {trouble}"),
        }
    }

    fn client(&mut self, who: &str) -> &mut Client {
        self.clients.get_mut(who).unwrap_or_else(|| panic!("{who} is not connected"))
    }
}

fn digest(word: &str) -> admin::Digest {
    admin::Digest::from(<[u8; 32]>::from(sha2::Sha256::digest(code(word))))
}

impl Client {
    fn hear(&mut self, patience: Duration) -> Heard {
        const END: &[u8] = b"</msg>";
        let until = Instant::now() + patience;
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(at) = self.read.windows(END.len()).position(|window| window == END) {
                let stanza: Vec<u8> = self.read.drain(..at + END.len()).collect();
                return Heard::Stanza(String::from_utf8(stanza).expect("UTF-8").trim().to_owned());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Heard::Nothing;
            }
            self.stream.set_read_timeout(Some(left)).expect("a time limit");
            match self.stream.read(&mut chunk) {
                Ok(0) => return Heard::End,
                Ok(count) => self.read.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Heard::Nothing,
                Err(_) => return Heard::End,
            }
        }
    }
}
