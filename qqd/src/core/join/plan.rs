//! What somebody who joins has asked for, as far as that is plain before the relay is heard.

use ipc_schema::Error;
use ipc_schema::account::{Join, Register};
use relay_schema::Secret;
use relay_schema::qiao::{self, Kind};

use crate::core::address::{self, usage};
use crate::core::op::{Address, Ticket};
use crate::core::passwd;
use crate::core::profile::line;

/// The longest name that others see, in characters.
const SHOWN_MAX: usize = 64;

/// What somebody may join by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core) enum Way {
    /// An invitation.
    Invite,
    /// The relay lets anybody in.
    Open,
    /// A link of another device of the same account.
    Device,
}

/// What was asked for.
#[derive(Debug)]
pub(in crate::core) struct Plan {
    pub(super) way: Way,
    /// Where the relay may be; all of them are tried.
    pub(super) places: Vec<Address>,
    /// The key that it must have, lower-case hex.
    pub(super) trust: Option<String>,
    pub(super) ticket: Ticket,
    /// The local name, if the address does not make it.
    pub(super) local: Option<String>,
    /// The name that others are to see.
    pub(super) shown: Option<String>,
    /// The password that somebody chose.
    pub(super) password: Option<Secret>,
    /// Who of this computer is logged in there already, by local name.
    pub(super) here: Vec<String>,
}

impl Plan {
    /// What a link says.
    pub(super) fn by_link(params: &Join) -> Result<Self, Error> {
        let link: qiao::Link = params.link.parse().map_err(no_link)?;
        let name = params.new_account.as_deref().map(account_name).transpose()?;
        let (way, name) = match (link.kind, link.account()) {
            (Kind::Invite, _) => (Way::Invite, name),
            (Kind::Device, _) if params.name.is_some() || params.password.is_some() => {
                return Err(usage(
                    "a link for a device needs neither --name nor a password; leave them out".into(),
                ));
            }
            (Kind::Device, Some(own)) if name.as_deref().is_none_or(|name| name == own) => {
                (Way::Device, Some(own.to_owned()))
            }
            (Kind::Device, own) => {
                let own = own.unwrap_or_default();
                return Err(usage(format!(
                    "this link is for another device of {own}; leave the account's name out"
                )));
            }
        };
        Ok(Self {
            way,
            places: link
                .places
                .into_iter()
                .map(|place| Address { host: place.host, port: place.port, plain: false })
                .collect(),
            trust: link.pin.map(|pin| pin.0.iter().map(|byte| format!("{byte:02x}")).collect()),
            ticket: Ticket { code: link.code, name },
            local: None,
            shown: shown(params.name.as_deref())?,
            password: chosen(params.password.as_ref())?,
            here: Vec::new(),
        })
    }

    /// What somebody typed, where anybody may have an account.
    pub(super) fn open(params: &Register) -> Result<Self, Error> {
        let typed = address::account(&params.new_account)?;
        let given = params.relay.as_deref().map(address::relay).transpose()?;
        let local = typed.host.as_ref().map(|host| address::local(&typed.account, host));
        let relay = given.or(typed.host).ok_or_else(|| {
            usage(format!("which server is {} to be at?", typed.account))
                .with_hint("write NAME@HOST, or name it with --relay HOST:PORT")
        })?;
        let trust = params.trust.as_deref().map(address::fingerprint).transpose()?;
        if trust.is_some() && relay.plain {
            return Err(usage("plain:// has no key that could be trusted; leave --trust out".to_owned()));
        }
        let local = local.unwrap_or_else(|| address::local(&typed.account, &relay));
        Ok(Self {
            way: Way::Open,
            places: vec![relay],
            trust,
            ticket: Ticket { code: Secret::new(format!("open {local}")), name: Some(typed.account) },
            local: Some(local),
            shown: shown(params.name.as_deref())?,
            password: chosen(params.password.as_ref())?,
            here: Vec::new(),
        })
    }
}

/// The name of an account to be.
fn account_name(text: &str) -> Result<String, Error> {
    address::account(text).and_then(|typed| match typed.host {
        None => Ok(typed.account),
        Some(_) => Err(usage("the link says where the server is; write the account's name alone".to_owned())),
    })
}

/// As in a profile: what no relay takes is said before it is asked.
fn shown(name: Option<&str>) -> Result<Option<String>, Error> {
    let name = name.map(|name| line(name, SHOWN_MAX, "name that others see")).transpose()?;
    Ok(name.filter(|name| !name.is_empty()))
}

fn chosen(password: Option<&ipc_schema::Secret>) -> Result<Option<Secret>, Error> {
    password.map(|password| passwd::checked(password.expose())).transpose()
}

/// A text that is no link: what is wrong with it, as a sentence and as a word.
fn no_link(no: qiao::NoLink) -> Error {
    usage(no.to_string()).with_field("reason", no.word())
}
