//! The people of the benchmark: made once through the administrator's socket, logged in once with their passwords, and
//! then copied, database and all, for every round, so that each begins at the same place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use argon2::Argon2;
use argon2::password_hash::PasswordHasher as _;
use rustls::ClientConfig;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use crate::login::{self, Person};
use crate::server::Server;
use crate::size::Size;
use crate::tasks;
use crate::tls;
use crate::wire::{Cut, Door};

/// Everybody's.
pub const PASSWORD: &str = "correct horse battery staple";

/// The limits that a benchmark meets and people do not. What costs time (Argon2id) stays.
pub const RAISED: &[(&str, &str)] = &[
    ("chats_per_second", "1000000"),
    ("chats_burst", "1000000"),
    ("shake_interval", "\"0s\""),
    ("typing_per_second", "1000000"),
    ("typing_burst", "1000000"),
    ("marks_per_second", "1000000"),
    ("marks_burst", "1000000"),
    ("token_logins_per_address", "1000000"),
    ("unauthenticated_per_address", "8192"),
    ("unauthenticated_max", "8192"),
];

/// Conversations with the administrator's socket at once: it takes 16.
const ADMINS: usize = 8;

/// Passwords that are checked at once; more would only wait in the relay's queue.
pub const AT_ONCE: usize = 8;

/// See the module.
#[derive(Debug)]
pub struct World {
    folder: TempDir,
    program: PathBuf,
    config: PathBuf,
    people: Vec<Person>,
    /// What clients greet a server with.
    pub tls: Arc<ClientConfig>,
    /// How much is to be done.
    pub size: Size,
}

/// A server for one round.
#[derive(Debug)]
pub struct Place {
    /// The process.
    pub server: Server,
    /// Those who can log in; none at the reference.
    pub people: Vec<Person>,
    tls: Arc<ClientConfig>,
    cut: Cut,
    /// The round's database.
    data: Option<PathBuf>,
}

impl World {
    /// Makes the accounts and friendships, and a device for each.
    pub async fn make(program: PathBuf, size: Size, say: impl Fn(&str)) -> Result<Self> {
        let folder = TempDir::with_prefix("relay-bench-")?;
        let config = folder.path().join("relay.toml");
        fs::write(&config, configuration())?;
        let mut world = Self { folder, program, config, people: Vec::new(), tls: tls::client()?, size };
        let data = world.origin();
        let server = Server::relay(&world.program, &data, &world.config)?;
        say(&format!("making {} accounts through the administrator's socket", size.people));
        populate(&data.join("admin.sock"), size).await?;
        say(&format!("logging each in with its password once, {AT_ONCE} at a time"));
        let door = Door { address: server.plain, tls: None, cut: Cut::Stanzas };
        world.people = tasks::at_most(AT_ONCE, 0..size.people, move |number| {
            let door = door.clone();
            async move { login::new_device(&door, number).await }
        })
        .await?;
        server.settle().await?;
        server.stop()?;
        Ok(world)
    }

    /// The relay, with everything as it was when the people had been made.
    pub fn relay(&self, label: &str) -> Result<Place> {
        let data = self.folder.path().join(label);
        copy(&self.origin(), &data)?;
        let server = Server::relay(&self.program, &data, &self.config)?;
        let (people, tls) = (self.people.clone(), Arc::clone(&self.tls));
        Ok(Place { server, people, tls, cut: Cut::Stanzas, data: Some(data) })
    }

    /// The reference.
    pub fn raw(&self) -> Result<Place> {
        let server = Server::raw(self.folder.path())?;
        Ok(Place { server, people: Vec::new(), tls: Arc::clone(&self.tls), cut: Cut::Frames, data: None })
    }

    /// Where the databases lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn origin(&self) -> PathBuf {
        self.folder.path().join("origin")
    }
}

impl Place {
    /// Its door with TLS, or the one without.
    pub fn door(&self, tls: bool) -> Door {
        match tls {
            true => Door { address: self.server.tls, tls: Some(Arc::clone(&self.tls)), cut: self.cut },
            false => Door { address: self.server.plain, tls: None, cut: self.cut },
        }
    }

    /// Ends the server, and removes its database.
    pub fn leave(self) -> Result<()> {
        self.server.stop()?;
        self.data.map_or(Ok(()), |data| Ok(fs::remove_dir_all(data)?))
    }
}

/// The name of the account of that number.
pub fn name(number: usize) -> String {
    format!("u{number:05}")
}

fn configuration() -> String {
    let raised = RAISED.iter().map(|(key, value)| format!("{key} = {value}\n"));
    let fixed = "listen = \"127.0.0.1:0\"\nlisten_plain = \"127.0.0.1:0\"\nlog = \"warn\"\n".to_owned();
    std::iter::once(fixed).chain(raised).collect()
}

/// Accounts, each even one a friend of the next, and the first one of many.
async fn populate(socket: &Path, size: Size) -> Result<()> {
    let phc = phc()?;
    let add = |number: usize| {
        let (account, password) = (name(number), phc.as_str());
        serde_json::json!({ "do": "account.add", "account": account, "name": "", "password": password })
    };
    let befriend =
        |(a, b): (usize, usize)| serde_json::json!({ "do": "friend.add", "a": name(a), "b": name(b) });
    let pairs = (0..size.people / 2).map(|pair| (2 * pair, 2 * pair + 1));
    let popular = (2..=size.friends).map(|friend| (0, friend));
    for wishes in
        [(0..size.people).map(add).collect::<Vec<_>>(), pairs.chain(popular).map(befriend).collect()]
    {
        let share = wishes.len().div_ceil(ADMINS);
        let shares: Vec<_> = wishes.chunks(share.max(1)).map(<[_]>::to_vec).collect();
        let socket = socket.to_owned();
        tasks::at_most(ADMINS, shares, move |wishes| administer(socket.clone(), wishes)).await?;
    }
    Ok(())
}

/// What the command `account add` would make of the password. Everybody has the same, so it is made once.
fn phc() -> Result<String> {
    let hashed = Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), b"relay-bench-salt");
    Ok(hashed.map_err(|error| anyhow::anyhow!("Argon2id: {error}"))?.to_string())
}

async fn administer(socket: PathBuf, wishes: Vec<serde_json::Value>) -> Result<()> {
    let stream = UnixStream::connect(&socket).await.context("the administrator's socket")?;
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from).lines();
    for wish in wishes {
        to.write_all(format!("{wish}\n").as_bytes()).await?;
        let answer =
            tokio::time::timeout(Duration::from_secs(30), from.next_line()).await??.unwrap_or_default();
        if !answer.starts_with("{\"ok\"") {
            bail!("the administrator's wish {} is not granted: {answer}", wish["do"]);
        }
    }
    Ok(())
}

/// A directory's files, and those of the directories in it, as they are while nobody uses them.
fn copy(from: &Path, to: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_hashed_as_the_relay_hashes_it() {
        // Else each login would hash anew, and the first ones would cost twice.
        assert!(phc().unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}
