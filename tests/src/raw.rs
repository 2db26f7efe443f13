//! A client that knows nothing but raw TCP and `<msg>…</msg>` after `<msg>…</msg>`: what is sent and heard, to the letter.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::wait::PATIENCE;

/// One connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Raw {
    /// Connects to the relay's plain listener.
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the relay listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        Self { stream, read: Vec::new() }
    }

    /// Connects and logs in, in the seed dialect; the profile and the friend list are still to be heard.
    pub fn seed(address: &str, account: &str, password: &str) -> Self {
        let mut raw = Self::connect(address);
        raw.say(&format!("<msg><type>login</type><account>{account}</account><pwd>{password}</pwd></msg>"));
        raw.hears("<type>login_response</type><state>1</state>");
        raw
    }

    /// Connects and logs in, in the full dialect, as a new device; everything up to the end of the friend list is heard.
    pub fn full(address: &str, account: &str, password: &str, device: &str) -> Self {
        let mut raw = Self::connect(address);
        raw.say(&format!(
            "<msg><type>login</type><account>{account}</account><pwd>{password}</pwd><v>1</v><device>{device}</device><client>raw/1</client></msg>"
        ));
        raw.hears("<type>login_response</type><state>1</state>");
        raw.hears_until("<type>list_end</type>");
        raw
    }

    /// Hears stanzas until one contains `part`, and returns it.
    pub fn hears_until(&mut self, part: &str) -> String {
        loop {
            let stanza = self.hear().unwrap_or_else(|| panic!("the relay closed before it said {part}"));
            if stanza.contains(part) {
                return stanza;
            }
        }
    }

    /// Sends the numbers of `range` as chats, and hears until the relay has the last one. The connection may carry no
    /// chats to this account.
    pub fn counts(&mut self, from: &str, to: &str, range: std::ops::Range<usize>) {
        // So many at a time that neither side waits for the other to read.
        for first in range.clone().step_by(100) {
            let numbers = first..range.end.min(first + 100);
            let chat = |number: usize| {
                format!(
                    "<msg><type>chat</type><myaccount>{from}</myaccount><friendaccount>{to}</friendaccount><content>{number}</content><id>n{number}</id></msg>"
                )
            };
            self.say(&numbers.clone().map(chat).collect::<String>());
            for number in numbers {
                let ack = format!("<id>n{number}</id>");
                while !self.hears_until(&ack).contains("<type>ack</type>") {}
            }
        }
    }

    /// Sends bytes as they are.
    pub fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("the relay reads");
    }

    /// Sends bytes; false if the relay has closed.
    pub fn try_say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// The next stanza; None when the relay has closed.
    pub fn hear(&mut self) -> Option<String> {
        const END: &[u8] = b"</msg>";
        let mut chunk = [0; 4096];
        loop {
            if let Some(at) = self.read.windows(END.len()).position(|window| window == END) {
                let stanza: Vec<u8> = self.read.drain(..at + END.len()).collect();
                return Some(String::from_utf8(stanza).expect("UTF-8").trim().to_owned());
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(count) => self.read.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came from the relay: {error}"),
            }
        }
    }

    /// Waits until something has come, but no longer than this.
    pub fn waits(&mut self, at_most: Duration) {
        let limit = Some(at_most.max(Duration::from_millis(1)));
        self.stream.set_read_timeout(limit).expect("a time limit");
        // Whatever it says, the next to be heard says it again.
        let _ = self.stream.peek(&mut [0]);
        self.stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    }

    /// The next stanza, which contains `part`.
    pub fn hears(&mut self, part: &str) -> String {
        let stanza = self.hear().unwrap_or_else(|| panic!("the relay closed instead of saying {part}"));
        assert!(stanza.contains(part), "expected {part}, heard {stanza}");
        stanza
    }

    /// The relay closes without another word.
    pub fn hears_the_end(&mut self) {
        let more = self.hear();
        assert!(more.is_none(), "expected the end, heard {more:?}");
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}
