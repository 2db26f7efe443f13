//! What a person writes to say which account at which relay: `NAME`, `NAME@HOST[:PORT]`, `HOST[:PORT]`,
//! `plain://127.0.0.1:PORT`, `SHA256:HEX`.

use std::net::IpAddr;

use ipc_schema::account::DEFAULT_PORT;
use ipc_schema::{Code, Error};

use super::name::{normalise, quote};
use super::op::Address;

/// An account as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// The account's name at the relay.
    pub(super) account: String,
    /// The relay that was typed behind it.
    pub(super) host: Option<Address>,
}

/// Reads ACCOUNT.
pub(super) fn account(text: &str) -> Result<Typed, Error> {
    let (name, host) = match text.split_once('@') {
        Some((name, host)) => (name, Some(relay(host)?)),
        None => (text, None),
    };
    let account = normalise(name).ok_or_else(|| {
        usage(format!(
            "{:?} is no account name: it has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit",
            quote(name)
        ))
    })?;
    Ok(Typed { account, host })
}

/// Reads a relay's address.
pub(super) fn relay(text: &str) -> Result<Address, Error> {
    let (rest, plain) = match text.strip_prefix("plain://") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let bad = || usage(format!("{:?} is no server address; write HOST or HOST:PORT", quote(text)));
    let (host, port) = split(rest).ok_or_else(bad)?;
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) => return Err(bad()),
        Some(port) => port.parse().ok().filter(|&port| port > 0).ok_or_else(|| {
            usage(format!("{} in {:?} is no port: a port is 1 to 65535", quote(port), quote(text)))
        })?,
    };
    if plain && !host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()) {
        return Err(usage(
            "plain:// sends the password without encryption and works on this machine only, \
             as plain://127.0.0.1:PORT; leave it out for any other server"
                .to_owned(),
        ));
    }
    Ok(Address { host: host.to_ascii_lowercase(), port, plain })
}

/// Host and port of `HOST`, `HOST:PORT`, `[IPv6]`, `[IPv6]:PORT`.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        return matches!(host.parse(), Ok(IpAddr::V6(_))).then_some((host, port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let valid = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    let shape = (1..=253).contains(&host.len()) && host.bytes().all(valid) && !host.starts_with(['-', '.']);
    shape.then_some((host, port))
}

/// Reads `SHA256:HEX`: the hex in lower case.
pub(super) fn fingerprint(text: &str) -> Result<String, Error> {
    let hex = text.get(..7).filter(|head| head.eq_ignore_ascii_case("SHA256:")).and_then(|_| text.get(7..));
    hex.filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(str::to_ascii_lowercase)
        .ok_or_else(|| {
            usage(
                "a fingerprint is SHA256: and 64 hexadecimal digits; ask whoever runs the server".to_owned(),
            )
        })
}

/// `host:port` for people: without `plain://`, IPv6 in brackets.
pub(super) fn shown(address: &Address) -> String {
    format!("{}:{}", bracketed(&address.host), address.port)
}

/// The account's local name: `name@HOST`, with `:PORT` when it is not 5290.
pub(super) fn local(account: &str, address: &Address) -> String {
    let host = bracketed(&address.host);
    match address.port {
        DEFAULT_PORT => format!("{account}@{host}"),
        port => format!("{account}@{host}:{port}"),
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

pub(super) fn usage(message: String) -> Error {
    Error::new(Code::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(host: &str, port: u16, plain: bool) -> Address {
        Address { host: host.into(), port, plain }
    }

    #[test]
    fn a_relay_is_a_host_and_perhaps_a_port() {
        let good = [
            ("example.org", address("example.org", 5290, false)),
            ("Example.org:6000", address("example.org", 6000, false)),
            ("10.0.0.1", address("10.0.0.1", 5290, false)),
            ("[::1]:6000", address("::1", 6000, false)),
            ("[2001:db8::1]", address("2001:db8::1", 5290, false)),
            ("plain://127.0.0.1:1", address("127.0.0.1", 1, true)),
            ("plain://[::1]:1", address("::1", 1, true)),
        ];
        for (text, expected) in good {
            assert_eq!(relay(text), Ok(expected), "{text}");
        }
        let bad = [
            "", ":1", "a:0", "a:65536", "a:", "::1", "[::1", "[::1]x", "[a]", "a b", "a/b", "tls://a", "-a",
            "é",
        ];
        for text in bad {
            assert_eq!(relay(text).unwrap_err().code, Code::Usage, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_or_a_name_is_told() {
        let message = relay("127.0.0.1:99999").unwrap_err().message;
        assert_eq!(message, r#"99999 in "127.0.0.1:99999" is no port: a port is 1 to 65535"#);
        assert!(relay("a:0").unwrap_err().message.contains("1 to 65535"));
        assert!(relay("tls://a").unwrap_err().message.contains("is no server address"));
        let message = account("al ice").unwrap_err().message;
        assert!(message.contains("a-z 0-9 . _ - and begins with a letter or digit"), "{message}");
    }

    #[test]
    fn a_relay_without_tls_must_be_on_this_machine() {
        for text in
            ["plain://10.0.0.1:5290", "plain://example.org", "plain://localhost:1", "plain://[2001:db8::1]:1"]
        {
            assert!(relay(text).unwrap_err().message.contains("this machine only"), "{text}");
        }
    }

    #[test]
    fn an_account_may_name_its_relay() {
        let typed = account("Alice@Example.org:6000").unwrap();
        assert_eq!(
            (typed.account.as_str(), typed.host),
            ("alice", Some(address("example.org", 6000, false)))
        );
        assert_eq!(account("alice").unwrap().host, None);
        for bad in ["", "@host", "a b", "alice@", "ålice"] {
            assert_eq!(account(bad).unwrap_err().code, Code::Usage, "{bad}");
        }
    }

    #[test]
    fn a_local_name_has_a_port_only_when_it_is_unusual() {
        assert_eq!(local("alice", &address("example.org", 5290, false)), "alice@example.org");
        assert_eq!(local("alice", &address("::1", 6000, false)), "alice@[::1]:6000");
        assert_eq!(shown(&address("::1", 6000, true)), "[::1]:6000");
    }

    #[test]
    fn a_fingerprint_is_read_in_either_case() {
        let hex = "AB".repeat(32);
        assert_eq!(fingerprint(&format!("sha256:{hex}")), Ok("ab".repeat(32)));
        for bad in ["", "SHA256:", "SHA256:zz", &hex, &format!("SHA256:{hex}0"), "日本語日本語日"] {
            assert_eq!(fingerprint(bad).unwrap_err().code, Code::Usage, "{bad}");
        }
    }
}
