//! Links to this relay: its addresses, its key and a fresh code in one line (see [`relay_schema::qiao`]). A code is made
//! here, shown once, and never stored: the relay keeps its hash.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use relay_schema::Secret;
use relay_schema::qiao::{self, Kind, LINK_MAX, Link, PLACES_MAX, Pin, Place};
use sha2::{Digest as _, Sha256};

use super::account::{self, Reached};
use crate::admin::{Answer, Code, Digest, Listening, Trouble, Wish};
use crate::config::{Config, PORT};
use crate::data_dir::{self, DataDir};
use crate::net::{self, Certificates, Files, Reach};

/// What the addresses of a link are made of.
#[derive(Debug, Clone, Args)]
pub(super) struct Public {
    /// The address that people reach the server at, such as relay.example; several are tried at once. Without it, all
    /// addresses of this machine.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) public: Vec<Host>,
}

/// A host, and a port where it is another one than the server's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    host: String,
    port: Option<u16>,
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(Place { host, port }) = text.parse() {
            return Ok(Self { host, port: Some(port) });
        }
        let with_port = match text.parse::<std::net::Ipv6Addr>() {
            Ok(v6) => format!("[{v6}]:{PORT}"),
            Err(_) => format!("{text}:{PORT}"),
        };
        let Place { host, .. } = with_port.parse().map_err(|_| {
            "it must be a host's name or address, such as relay.example or [2001:db8::5]:5290".to_owned()
        })?;
        Ok(Self { host, port: None })
    }
}

/// Where a server listens, or would: told by the one that runs on the directory, else by the configuration.
pub(super) fn listening(data: Option<&Path>, config: Option<&PathBuf>) -> Result<Listening, Trouble> {
    let config = config.map_or_else(|| Ok(Config::default()), |path| Config::load(path))?;
    let dir = data_dir::open(&data_dir::find(data), false)?;
    match account::reach(&dir)? {
        Reached::Server(client) => match client.ask(&Wish::ServerShow) {
            Answer::Ok(report) => report.server.ok_or_else(|| {
                Trouble::new(Code::Unexpected, "the server that runs here does not say where it listens")
            }),
            Answer::Error(trouble) => Err(trouble),
        },
        Reached::Directory(_lock) => would_listen(&dir, &config),
    }
}

/// The certificate is made now if the first start would make it: a link needs its key.
fn would_listen(dir: &DataDir, config: &Config) -> Result<Listening, Trouble> {
    let files = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => Ok(Files { cert: cert.clone(), key: key.clone() }),
        _ => Files::own(dir.path(), config.listen.ip()),
    };
    let certificates = files.and_then(Certificates::load);
    let certificates = certificates.map_err(|error| Trouble::from(crate::shell::StartError::Tls(error)))?;
    Ok(Listening { tls: config.listen, pin: certificates.pin().map(Digest::from) })
}

/// The addresses for links, and from where they can be reached.
pub(super) fn places(public: &[Host], tls: SocketAddr) -> (Vec<Place>, Vec<Reach>) {
    let place =
        |Host { host, port }: &Host| Place { host: host.clone(), port: port.unwrap_or_else(|| port_of(tls)) };
    let mut places: Vec<Place> = public.iter().map(place).collect();
    if places.is_empty() {
        let usable = net::usable(tls.ip()).into_iter();
        places = usable.map(|ip| Place { host: ip.to_string(), port: port_of(tls) }).collect();
    }
    places.truncate(PLACES_MAX);
    let mut reaches: Vec<Reach> = places.iter().map(reach).collect();
    reaches.sort_unstable();
    reaches.dedup();
    (places, reaches)
}

/// Port 0 of a server that does not run yet tells nobody anything.
fn port_of(tls: SocketAddr) -> u16 {
    if tls.port() == 0 { PORT } else { tls.port() }
}

fn reach(place: &Place) -> Reach {
    match place.host.parse() {
        Ok(address) => net::reach(address),
        Err(_) if place.host == "localhost" || place.host.ends_with(".localhost") => Reach::Computer,
        Err(_) => {
            let ends =
                [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| place.host.ends_with(end));
            if ends || !place.host.contains('.') { Reach::Network } else { Reach::Internet }
        }
    }
}

/// From where, for a sentence. It is what the addresses tell: nobody has tried whether the Internet reaches them.
pub(super) fn from_where(reaches: &[Reach]) -> &'static str {
    let has = |reach: Reach| reaches.contains(&reach);
    match (has(Reach::Network), has(Reach::Internet)) {
        (false, false) => "from this computer only",
        (true, false) => "from your local network",
        (false, true) => "from the Internet if no firewall is in between",
        (true, true) => "from your local network, and from the Internet if no firewall is in between",
    }
}

/// A fresh code, and what the relay keeps of it.
pub(super) fn code() -> Result<(Secret, Digest), Trouble> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        Trouble::new(Code::Unexpected, format!("this machine has no random bytes: {error}"))
    })?;
    let code = qiao::secret(random);
    let digest = digest(code.expose());
    Ok((code, digest))
}

/// What the relay keeps of a code.
pub(super) fn digest(code: &str) -> Digest {
    Digest::from(<[u8; 32]>::from(Sha256::digest(code)))
}

/// The link. Addresses that are too many for one are left out, from the last.
pub(super) fn link(kind: Kind, code: Secret, places: &[Place], pin: Option<&Digest>) -> Link {
    let pin = pin.and_then(|pin| pin.bytes()).map(Pin);
    let mut link = Link { kind, places: places.to_vec(), code, pin };
    while link.places.len() > 1 && link.to_string().len() > LINK_MAX {
        link.places.pop();
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    const INTERNET: &str = "from the Internet if no firewall is in between";

    #[test]
    fn a_public_address_may_have_a_port() {
        let own = |text: &str| {
            let (places, reaches) = places(&[host(text)], "0.0.0.0:7000".parse().unwrap());
            (places[0].to_string(), from_where(&reaches))
        };
        assert_eq!(own("Relay.Example"), ("relay.example:7000".into(), INTERNET));
        assert_eq!(own("relay.example:443"), ("relay.example:443".into(), INTERNET));
        assert_eq!(own("192.168.1.5"), ("192.168.1.5:7000".into(), "from your local network"));
        assert_eq!(own("2001:db8::5"), ("[2001:db8::5]:7000".into(), INTERNET));
        assert_eq!(own("[::1]:9"), ("[::1]:9".into(), "from this computer only"));
        assert_eq!(own("nas"), ("nas:7000".into(), "from your local network"));
        assert_eq!(own("nas.local"), ("nas.local:7000".into(), "from your local network"));
        assert_eq!(own("localhost"), ("localhost:7000".into(), "from this computer only"));
        for bad in ["", "a b", "x:y", "http://x", "x:0", "[::1"] {
            assert!(bad.parse::<Host>().is_err(), "{bad}");
        }
    }

    #[test]
    fn without_a_public_address_the_machines_own_are_taken() {
        let (own, reaches) = places(&[], "127.0.0.1:0".parse().unwrap());
        assert_eq!(own, [Place { host: "127.0.0.1".into(), port: PORT }]);
        assert_eq!(from_where(&reaches), "from this computer only");
        assert_eq!(
            from_where(&[Reach::Network, Reach::Internet]),
            "from your local network, and from the Internet if no firewall is in between"
        );
    }

    #[test]
    fn a_link_that_would_be_too_long_leaves_its_last_addresses_out() {
        let hosts: Vec<Host> = (0..20).map(|n| host(&format!("{}{n}.example", "x".repeat(60)))).collect();
        let (places, _) = places(&hosts, "0.0.0.0:1".parse().unwrap());
        assert_eq!(places.len(), PLACES_MAX);
        let (code, digest) = code().unwrap();
        let link = link(Kind::Invite, code, &places, Some(&digest));
        assert_eq!(link.to_string().parse::<Link>().unwrap(), link);
        assert!((8..PLACES_MAX).contains(&link.places.len()), "{}", link.places.len());
    }
}
