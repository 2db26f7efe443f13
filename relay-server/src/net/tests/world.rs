//! A listening relay without a core, its clients, and what was heard.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use relay_schema::{ErrorStanza, Stanza};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;

use super::super::{Certificates, Files, Greeting, Host, Net, accept, bind};
use crate::config::Config;
use crate::core::{Class, Dialect, Input, SessionId};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const LOGIN: &str = "<msg><type>login</type><account>a</account><pwd>p</pwd></msg>";
pub(super) const FULL_LOGIN: &str =
    "<msg><type>login</type><account>a</account><pwd>p</pwd><v>1</v><device>d</device></msg>";
pub(super) const PING: &str = "<msg><type>ping</type><id>x</id></msg>";

type Act = Box<dyn Fn(&Net, &Input)>;

/// Notes what it hears; logs everybody in; answers `error`.
pub(super) struct Stub {
    net: Rc<Net>,
    heard: RefCell<Vec<String>>,
    changed: Notify,
    /// What it does besides.
    act: Act,
}

impl Host for Stub {
    fn hear(&self, input: Input) {
        let word = match &input {
            Input::Opened { session, .. } => format!("{session} opened"),
            Input::Stanza { session, stanza } => format!("{session} {}", stanza.word()),
            Input::Refused { session, refusal } => format!("{session} {}", refusal.fault.code()),
            Input::Quiet { session } => format!("{session} quiet"),
            Input::Room { session } => format!("{session} room"),
            Input::Acknowledged { session } => format!("{session} acknowledged"),
            Input::Closed { session } => format!("{session} closed"),
            other => panic!("connections never say {other:?}"),
        };
        self.heard.borrow_mut().push(word);
        self.changed.notify_waiters();
        match &input {
            Input::Stanza { session, stanza: Stanza::Login(login) } => {
                let dialect = if login.v.is_some() { Dialect::Full } else { Dialect::Seed };
                self.net.logged_in(*session, dialect);
            }
            Input::Refused { session, refusal } => {
                self.net.send(*session, Class::Kept, &Stanza::from(refusal.to_error()));
                if refusal.fault.closes() {
                    self.net.close(*session);
                }
            }
            _ => {}
        }
        (self.act)(&self.net, &input);
    }

    fn settle(&self) {
        let mut heard = Vec::new();
        loop {
            self.net.flush(&mut heard);
            if heard.is_empty() {
                return;
            }
            heard.drain(..).for_each(|input| self.hear(input));
        }
    }
}

/// See the module.
pub(super) struct World {
    pub(super) net: Rc<Net>,
    pub(super) stub: Rc<Stub>,
    pub(super) plain: SocketAddr,
    pub(super) tls: SocketAddr,
}

impl World {
    /// Runs a script in a new world.
    pub(super) fn play(
        config: Config,
        act: impl Fn(&Net, &Input) + 'static,
        script: impl AsyncFnOnce(World),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let data = tempfile::tempdir().unwrap();
        let certificates =
            Certificates::load(Files::own(data.path(), [127, 0, 0, 1].into()).unwrap()).unwrap();
        LocalSet::new().block_on(&runtime, async {
            let net = Net::new(&config, 1_024);
            let stub = Rc::new(Stub {
                net: Rc::clone(&net),
                heard: RefCell::default(),
                changed: Notify::new(),
                act: Box::new(act),
            });
            let listen = |greeting| {
                let listener = bind(([127, 0, 0, 1], 0).into(), config.idle_max).unwrap();
                let address = listener.local_addr().unwrap();
                spawn_local(accept(listener, greeting, Rc::clone(&net), Rc::clone(&stub) as Rc<dyn Host>));
                address
            };
            let (plain, tls) = (listen(Greeting::Plain), listen(Greeting::Tls(Rc::new(certificates))));
            script(World { net, stub, plain, tls }).await;
        });
    }

    /// A client without encryption that has said so much.
    pub(super) async fn client(&self, says: &str) -> Client {
        let mut stream = TcpStream::connect(self.plain).await.unwrap();
        stream.write_all(says.as_bytes()).await.unwrap();
        Client(stream)
    }

    /// Waits until this was heard.
    pub(super) async fn hears(&self, word: &str) {
        self.until(&format!("{word:?} to be heard"), || self.heard().iter().any(|other| other == word)).await;
    }

    pub(super) fn heard(&self) -> Vec<String> {
        self.stub.heard.borrow().clone()
    }

    /// Waits for something, which is looked at whenever something was heard, and often besides.
    pub(super) async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let wait = async {
            while !is_so() {
                let _ = timeout(Duration::from_millis(5), self.stub.changed.notified()).await;
            }
        };
        assert!(timeout(PATIENCE, wait).await.is_ok(), "waited for {what}; heard {:?}", self.heard());
    }

    /// Writes what waits.
    pub(super) fn stub_settle(&self) {
        self.stub.settle();
    }

    /// Sends from the relay's side.
    pub(super) fn send(&self, session: SessionId, class: Class, text: &str) {
        let stanza = ErrorStanza { text: text.to_owned(), ..ErrorStanza::default() };
        self.net.send(session, class, &stanza.into());
        self.stub.settle();
    }
}

/// A peer.
pub(super) struct Client(pub(super) TcpStream);

impl Client {
    pub(super) async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Everything up to the end of the connection.
    pub(super) async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        timeout(PATIENCE, self.0.read_to_end(&mut text)).await.expect("the relay closes").unwrap();
        String::from_utf8(text).unwrap()
    }

    /// Waits for the end, however it comes.
    pub(super) async fn end(&mut self) {
        let mut text = Vec::new();
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut text)).await.expect("the relay closes");
    }
}

/// Something that happens to nobody else.
pub(super) fn nothing(_: &Net, _: &Input) {}
