//! How clients get in: with a password or a token at the relay, with their number at the reference.

use anyhow::{Result, bail};
use relay_schema::{Id, Login, Secret, Stanza};

use crate::raw;
use crate::wire::{self, Door, Wire};
use crate::world::{PASSWORD, name};

/// An account with a device that has a token.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account.
    pub name: String,
    device: String,
    token: String,
    epoch: String,
    /// The last row that the device has.
    pub has: u64,
}

/// The first login of a device, with the password. The relay knows afterwards that the token has arrived.
pub async fn new_device(door: &Door, number: usize) -> Result<Person> {
    let mut person = Person {
        name: name(number),
        device: format!("00000000-0000-4000-8000-{number:012}"),
        token: String::new(),
        epoch: String::new(),
        has: 0,
    };
    let pwd = Some(Secret::new(PASSWORD.to_owned()));
    let mut wire = Wire::connect(door).await?;
    wire.say(&written(Login { pwd, ..full(&person) })).await?;
    answer(&mut wire, &mut person).await?;
    person.has = 0;
    wire.until(|stanza| {
        person.has = person.has.max(wire::number(stanza, "<seq>").unwrap_or(0));
        wire::word(stanza) == b"list_end"
    })
    .await?;
    confirm(&mut wire).await?;
    Ok(person)
}

/// A login with the password on a device that nobody has seen; nothing more is said.
pub async fn with_password(door: &Door, number: usize, device: usize) -> Result<Wire> {
    let device = format!("00000000-0000-4000-9000-{device:012}");
    let mut person =
        Person { name: name(number), device, token: String::new(), epoch: String::new(), has: 0 };
    let pwd = Some(Secret::new(PASSWORD.to_owned()));
    let mut wire = Wire::connect(door).await?;
    wire.say(&written(Login { pwd, ..full(&person) })).await?;
    answer(&mut wire, &mut person).await?;
    Ok(wire)
}

/// A login in the seed dialect.
pub async fn seed(door: &Door, account: &str) -> Result<Wire> {
    let (account, pwd) = (account.to_owned(), Some(Secret::new(PASSWORD.to_owned())));
    let mut wire = Wire::connect(door).await?;
    wire.say(&written(Login { account, pwd, ..Login::default() })).await?;
    welcome(&mut wire, |_| {}).await?;
    Ok(wire)
}

/// A login with the token. The person has the next one afterwards, and the relay knows it.
pub async fn with_token(door: &Door, person: &mut Person) -> Result<Wire> {
    let mut wire = Wire::connect(door).await?;
    let token = Some(Secret::new(person.token.clone()));
    let (resume, epoch) = (Some(person.has), Some(person.epoch.clone()));
    wire.say(&written(Login { token, resume, epoch, ..full(person) })).await?;
    answer(&mut wire, person).await?;
    Ok(wire)
}

/// As a daemon does before long: by its first stanza the relay knows that the new token is kept.
pub async fn confirm(wire: &mut Wire) -> Result<()> {
    wire.say(b"<msg><type>ping</type><id>p1</id></msg>").await?;
    wire.until(|stanza| wire::word(stanza) == b"pong").await
}

/// Tells the reference who this is.
pub async fn at_raw(door: &Door, number: u32) -> Result<Wire> {
    let mut wire = Wire::connect(door).await?;
    wire.say(&raw::frame(raw::HELLO, &number.to_le_bytes())).await?;
    wire.until(|frame| raw::first(frame).is_some_and(|(_, target)| target == raw::HELLO)).await?;
    Ok(wire)
}

fn full(person: &Person) -> Login {
    Login {
        account: person.name.clone(),
        id: Id::new("l1"),
        v: Some(1),
        device: Some(person.device.clone()),
        client: Some("relay-bench/1".to_owned()),
        ..Login::default()
    }
}

fn written(login: Login) -> Vec<u8> {
    let mut bytes = Vec::new();
    Stanza::from(login).write(&mut bytes);
    bytes
}

async fn answer(wire: &mut Wire, person: &mut Person) -> Result<()> {
    welcome(wire, |response| {
        let text = |open| String::from_utf8_lossy(wire::text(response, open)).into_owned();
        (person.token, person.epoch) = (text("<token>"), text("<epoch>"));
        person.has = wire::number(response, "<from>").unwrap_or(0);
    })
    .await
}

/// Waits for the answer and the own profile behind it.
async fn welcome(wire: &mut Wire, mut on_response: impl FnMut(&[u8])) -> Result<()> {
    let mut refused = None;
    wire.until(|stanza| {
        if wire::word(stanza) == b"login_response" {
            if wire::text(stanza, "<state>") == b"1" {
                on_response(stanza);
            } else {
                refused = Some(String::from_utf8_lossy(stanza).into_owned());
            }
        }
        refused.is_some() || wire::word(stanza) == b"user"
    })
    .await?;
    match refused {
        Some(answer) => bail!("a login was refused: {answer}"),
        None => Ok(()),
    }
}
