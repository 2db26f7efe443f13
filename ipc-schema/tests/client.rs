//! The blocking client over a real socket, against a daemon that plays a script.
#![allow(clippy::unwrap_used, reason = "clippy knows #[test] functions only, not what they call")]
#![cfg(feature = "client")]

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ipc_schema::line::{Id, ReplyLine, RequestLine, encode_event};
use ipc_schema::{Call, Client, Code, Envelope, Error, Event, Request, chat, daemon, shake};
use serde::Serialize;

const LONG: Duration = Duration::from_secs(20);

/// The daemon's end of a connection.
struct Peer {
    reader: BufReader<UnixStream>,
}

impl Peer {
    fn request(&mut self) -> (Id, Request) {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line).unwrap();
        let line = RequestLine::decode(&line).unwrap();
        (line.id.unwrap(), Request::parse(&line.method, line.params).unwrap())
    }

    fn write(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    fn reply(&mut self, id: Id, result: Result<impl Serialize, Error>) {
        self.write(&ReplyLine::new(id, result).encode());
    }

    fn greet(&mut self) {
        let (id, request) = self.request();
        assert_eq!(request, daemon::Hello { protocol: 1, client: "test/1".into() }.into());
        self.reply(id, Ok(daemon::Welcome::new("0.1.0", vec!["tea".into()])));
    }
}

struct Fake {
    _dir: tempfile::TempDir,
    path: PathBuf,
    script: JoinHandle<()>,
}

impl Fake {
    /// A daemon that accepts one caller and plays the script.
    fn start(script: impl FnOnce(Peer) + Send + 'static) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ipc.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let script = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            script(Peer { reader: BufReader::new(stream) });
        });
        Self { _dir: dir, path, script }
    }

    fn connect(&self) -> Client {
        Client::connect(&self.path, "test/1", Some(LONG)).unwrap()
    }

    fn done(self) {
        self.script.join().unwrap();
    }
}

fn shaken(seq: u64) -> Envelope {
    let event = Event::ShakeReceived(shake::Received { from: "bob".into() });
    Envelope::new(seq, "2026-01-31T09:30:00.123Z", Some("alice@example.org".into()), event)
}

fn send(text: impl Into<String>) -> chat::Send {
    chat::Send { to: "bob".into(), text: text.into(), ..chat::Send::default() }
}

#[test]
fn a_call_gets_its_typed_reply() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        let (id, request) = peer.request();
        assert_eq!(request, send("hi").into());
        peer.reply(id, Ok(chat::Sent { id: "m1".into(), state: chat::State::Queued, peer: None }));
        let (id, request) = peer.request();
        peer.reply(id, Ok(request));
    });
    let mut client = fake.connect();
    assert_eq!((client.welcome().daemon.as_str(), client.welcome().features.len()), ("0.1.0", 1));
    let sent = client.call(&send("hi")).unwrap();
    assert_eq!((sent.id.as_str(), sent.state, sent.peer), ("m1", chat::State::Queued, None));
    let request: Request = send("again").into();
    let raw = client.call_raw(request.name(), &request).unwrap();
    assert_eq!(raw, serde_json::json!({"to": "bob", "text": "again"}));
    fake.done();
}

#[test]
fn the_daemons_error_arrives_with_code_hint_and_fields() {
    let error = Error::new(Code::Throttled, "wait 8 s").with_retry_after_ms(8_000).with_field("to", "bob");
    let told = error.clone();
    let fake = Fake::start(move |mut peer| {
        peer.greet();
        let (id, _) = peer.request();
        peer.reply(id, Err::<(), _>(told));
    });
    let mut client = fake.connect();
    assert_eq!(client.call(&shake::Send { to: "bob".into() }).unwrap_err(), error);
    fake.done();
}

#[test]
fn events_that_arrive_before_a_reply_are_kept_in_order() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        let (id, request) = peer.request();
        assert_eq!(request, daemon::Subscribe { since: Some(5) }.into());
        peer.reply(id, Ok(daemon::Subscribed { seq: 9 }));
        peer.write(&encode_event(&shaken(10)));
        let (id, _) = peer.request();
        peer.write(&encode_event(&shaken(11)));
        peer.write(b"{\"jsonrpc\":\"2.0\",\"method\":\"later.notification\",\"params\":{}}\n");
        peer.reply(id, Ok(shake::Shaken { to: "bob".into() }));
        peer.write(&encode_event(&shaken(12)));
    });
    let mut client = fake.connect();
    assert_eq!(client.subscribe(Some(5)).unwrap().seq, 9);
    client.call(&shake::Send { to: "bob".into() }).unwrap();
    let soon = Some(Instant::now() + LONG);
    assert_eq!(client.next_event(soon).unwrap(), shaken(10));
    let raw = client.next_event_raw(soon).unwrap();
    assert_eq!(raw.get(), serde_json::to_string(&shaken(11)).unwrap());
    let rest: Vec<_> = client.events().collect();
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[0].as_ref().unwrap(), &shaken(12));
    assert_eq!(rest[1].as_ref().unwrap_err().code, Code::NoDaemon);
    fake.done();
}

#[test]
fn a_silent_daemon_is_a_timeout_and_its_late_reply_is_not_taken_for_the_next() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        let (first, _) = peer.request();
        let (second, _) = peer.request();
        peer.reply(first, Ok(shake::Shaken { to: "first".into() }));
        peer.reply(second, Ok(shake::Shaken { to: "second".into() }));
    });
    let mut client = fake.connect();
    client.set_timeout(Some(Duration::from_millis(50)));
    let started = Instant::now();
    let error = client.call(&shake::Send { to: "bob".into() }).unwrap_err();
    assert_eq!(error.code, Code::Timeout);
    assert_eq!(error.message, "there was no answer within 0.1 s");
    assert!(started.elapsed() >= Duration::from_millis(50) && started.elapsed() < LONG);
    client.set_timeout(Some(LONG));
    assert_eq!(client.call(&shake::Send { to: "bob".into() }).unwrap().to, "second");
    fake.done();
}

#[test]
fn no_event_until_the_deadline_is_a_timeout() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        let mut rest = Vec::new();
        peer.reader.read_to_end(&mut rest).unwrap();
    });
    let mut client = fake.connect();
    let error = client.next_event(Some(Instant::now() + Duration::from_millis(20))).unwrap_err();
    assert_eq!(error.code, Code::Timeout);
    assert_eq!(client.next_event(Some(Instant::now())).unwrap_err().code, Code::Timeout);
    drop(client);
    fake.done();
}

#[test]
fn a_daemon_that_never_greets_is_a_timeout() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ipc.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let error = Client::connect(&path, "test/1", Some(Duration::from_millis(50))).unwrap_err();
    assert_eq!(error.code, Code::Timeout);
}

#[test]
fn a_full_queue_of_callers_is_a_timeout_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ipc.sock");
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    socket.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(0).unwrap();
    let _first = UnixStream::connect(&path).unwrap();
    let error = Client::connect(&path, "test/1", Some(Duration::from_millis(50))).unwrap_err();
    assert_eq!(error.code, Code::Timeout, "{error}");
}

#[test]
fn no_daemon_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ipc.sock");
    let error = Client::connect(&path, "test/1", Some(LONG)).unwrap_err();
    assert_eq!((error.code, error.exit()), (Code::NoDaemon, 5));
    assert!(error.message.contains("ipc.sock"), "{error}");
    // A stale socket: the file is there, nobody listens.
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(Client::connect(&path, "test/1", Some(LONG)).unwrap_err().code, Code::NoDaemon);
}

#[test]
fn a_daemon_that_ends_during_a_call_is_no_daemon() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        peer.request();
    });
    let mut client = fake.connect();
    for _ in 0..2 {
        let error = client.call(&shake::Send { to: "bob".into() }).unwrap_err();
        assert_eq!(error.code, Code::NoDaemon);
    }
    fake.done();
}

#[test]
fn a_daemon_of_another_protocol_is_refused_with_advice() {
    let fake = Fake::start(|mut peer| {
        let (id, _) = peer.request();
        let mut welcome = daemon::Welcome::new("9.0.0", vec![]);
        (welcome.protocol, welcome.min_protocol) = (7, 5);
        peer.reply(id, Ok(welcome));
    });
    let error = Client::connect(&fake.path, "test/1", Some(LONG)).unwrap_err();
    assert_eq!(error.code, Code::Version);
    assert!(error.message.contains("update the program"), "{error}");
    assert!(daemon::Hello { protocol: 0, client: String::new() }.check().is_err());
    assert!(daemon::Hello::new("x").check().is_ok());
    fake.done();
}

#[test]
fn a_call_larger_than_the_buffers_gets_through_while_the_daemon_waits_for_its_reader() {
    const EVENTS: u64 = 4_000;
    let fake = Fake::start(|mut peer| {
        peer.greet();
        // The daemon reads nothing before all of this is written: both sides' buffers are full.
        for seq in 1..=EVENTS {
            peer.write(&encode_event(&shaken(seq)));
        }
        let (id, request) = peer.request();
        assert_eq!(request, send("x".repeat(900_000)).into());
        peer.reply(id, Ok(chat::Sent { id: "m".into(), state: chat::State::Queued, peer: None }));
    });
    let mut client = fake.connect();
    client.call(&send("x".repeat(900_000))).unwrap();
    for seq in 1..=EVENTS {
        assert_eq!(client.next_event(Some(Instant::now())).unwrap().seq, seq);
    }
    fake.done();
}

#[test]
fn a_line_in_pieces_and_a_line_of_megabytes_are_read_whole() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        let (id, _) = peer.request();
        let line = ReplyLine::new(id, Ok(shake::Shaken { to: "y".repeat(5 << 20) })).encode();
        for piece in [&line[..10], &line[10..11], &line[11..]] {
            peer.write(piece);
        }
    });
    let mut client = fake.connect();
    assert_eq!(client.call(&shake::Send { to: "bob".into() }).unwrap().to.len(), 5 << 20);
    fake.done();
}

#[test]
fn a_line_without_end_is_cut_off() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        peer.request();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..64 {
            match peer.reader.get_mut().write_all(&piece) {
                Ok(()) => {}
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset));
                    return;
                }
            }
        }
        panic!("nobody stopped the line");
    });
    let mut client = fake.connect();
    let error = client.call(&shake::Send { to: "bob".into() }).unwrap_err();
    assert_eq!(error.code, Code::Unexpected);
    drop(client);
    fake.done();
}

#[test]
fn a_socket_of_another_user_hears_nothing() {
    if !nix::unistd::geteuid().is_root() {
        // Only root can make a socket that belongs to somebody else; `make test` as root and CI do.
        eprintln!("not root: no socket of another user can be made here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let path = dir.path().join("ipc.sock");
    let script = "use Socket; socket(S,AF_UNIX,SOCK_STREAM,0)||die; bind(S,sockaddr_un($ARGV[0]))||die $!; listen(S,1)||die; $|=1; print qq(up\\n); accept(C,S); sysread(C,$_,100); print qq([$_]);";
    let mut other = std::process::Command::new("setpriv")
        .args(["--reuid=65534", "--clear-groups", "perl", "-e", script])
        .arg(&path)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(other.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    let error = Client::connect(&path, "test", Some(Duration::from_secs(5))).unwrap_err();
    assert_eq!(error.code, Code::Denied, "{error}");
    let mut heard = String::new();
    std::io::Read::read_to_string(&mut said, &mut heard).unwrap();
    assert_eq!(heard, "[]");
    other.wait().unwrap();
}

#[test]
fn calls_are_for_the_account_that_was_set_and_for_another_one_when_they_say_so() {
    let fake = Fake::start(|mut peer| {
        peer.greet();
        for expected in [Some("alice"), Some("bob@h"), Some("alice"), None] {
            let mut line = Vec::new();
            peer.reader.read_until(b'\n', &mut line).unwrap();
            let line = RequestLine::decode(&line).unwrap();
            let call = Call::parse(&line.method, line.params).unwrap();
            assert_eq!(call.account.as_deref(), expected);
            assert_eq!(call.request, shake::Send { to: "carol".into() }.into());
            peer.reply(line.id.unwrap(), Ok(shake::Shaken { to: "carol".into() }));
        }
        let (id, request) = peer.request();
        assert_eq!(request, daemon::Subscribe { since: None }.into());
        peer.reply(id, Ok(daemon::Subscribed { seq: 1 }));
    });
    let mut client = fake.connect();
    let shake = shake::Send { to: "carol".into() };
    client.set_account(Some("alice".into()));
    client.call(&shake).unwrap();
    client.call_as("bob@h", &shake).unwrap();
    client.call_raw("shake.send", serde_json::json!({ "to": "carol" })).unwrap();
    client.set_account(None);
    client.call(&shake).unwrap();
    client.set_account(Some("alice".into()));
    client.subscribe(None).unwrap();
    fake.done();
}
