//! The devices of one's own account: listed, logged out, and a link for the next one. The relay keeps them.

use ipc_schema::account::{Device as Shown, DeviceList, Devices, Link, Linked, Revoke, Revoked};
use ipc_schema::{Code, Error};
use relay_schema::qiao::{self, Kind, Pin, Place};
use relay_schema::{Ack, DeviceLink, DeviceList as List, DeviceRevoke, NackCode, Stanza};

use super::account::Account;
use super::asking::{Outcome, Refused};
use super::name::{clip, not_logged_in, quote};
use super::op;
use super::request::ReplyTo;

/// The most characters that are kept of what a device calls its program.
const CLIENT_MAX: usize = 64;

impl Account {
    /// `account.devices`: seen last first.
    pub(super) fn devices(&mut self, to: ReplyTo<Devices>) {
        self.ask_relay(
            |id| List { id }.into(),
            move |account, outcome| {
                let reply = account.devices_heard(outcome).map(|devices| DeviceList { devices });
                account.reply(to, reply);
            },
        );
    }

    fn devices_heard(&self, outcome: Outcome) -> Result<Vec<Shown>, Error> {
        let heard = outcome.map_err(|refused| refused.into_error("the devices"))?;
        let own = self.account.as_ref().map(|account| account.device.as_str());
        let shown = |part| match part {
            Stanza::Device(found) => Some(Shown {
                own: own == Some(found.device.as_str()),
                device: clip(&found.device, CLIENT_MAX),
                client: clip(&found.client, CLIENT_MAX),
                seen: clip(&found.ts, CLIENT_MAX),
                online: found.state == 1,
            }),
            _ => None,
        };
        let mut devices: Vec<Shown> = heard.parts.into_iter().filter_map(shown).collect();
        devices.sort_by(|a, b| b.seen.cmp(&a.seen).then_with(|| b.own.cmp(&a.own)));
        Ok(devices)
    }

    /// `account.revoke`: the one whose UUID begins so.
    pub(super) fn revoke(&mut self, to: ReplyTo<Revoke>, params: &Revoke) {
        let wanted = params.device.trim().to_ascii_lowercase();
        self.ask_relay(
            |id| List { id }.into(),
            move |account, outcome| match account
                .devices_heard(outcome)
                .and_then(|known| which(&known, &wanted))
            {
                Ok(device) => account.revoke_device(to, device),
                Err(error) => account.reply(to, Err(error)),
            },
        );
    }

    fn revoke_device(&mut self, to: ReplyTo<Revoke>, device: String) {
        let named = device.clone();
        self.ask_relay(
            |id| DeviceRevoke { device: named, id }.into(),
            move |account, outcome| {
                let reply = match outcome {
                    // Somebody else was faster: it is gone, which is what was wanted.
                    Ok(_) | Err(Refused::No { code: NackCode::Unknown, .. }) => Ok(Revoked { device }),
                    Err(refused) => Err(refused.into_error("the device")),
                };
                account.reply(to, reply);
            },
        );
    }

    /// `account.link`.
    pub(super) fn device_link(&mut self, to: ReplyTo<Link>) {
        if let Some(account) = self.account.as_ref().filter(|account| account.relay.plain) {
            let message = format!("{} is reached without TLS; a link needs TLS", account.local);
            return self.reply(to, Err(Error::new(Code::Unsupported, message)));
        }
        self.ask_relay(
            |id| DeviceLink { id }.into(),
            move |account, outcome| {
                let reply = outcome
                    .map_err(|refused| refused.into_error("the link"))
                    .and_then(|heard| account.linked(heard.ack.unwrap_or_default()));
                account.reply(to, reply);
            },
        );
    }

    fn linked(&self, ack: Ack) -> Result<Linked, Error> {
        let Some(account) = &self.account else { return Err(not_logged_in()) };
        let code = ack.code.filter(|code| qiao::device_code(code.expose()).is_some());
        let (Some(code), Some(expires)) = (code, ack.expires) else {
            let message = format!("{} gave no code that a link can hold", self.own_relay());
            return Err(Error::new(Code::Unexpected, message));
        };
        let op::Address { host, port, .. } = account.relay.clone();
        let pin = account.pin.as_deref().and_then(pin);
        let link = qiao::Link { kind: Kind::Device, places: vec![Place { host, port }], code, pin };
        Ok(Linked { link: link.to_string(), expires: clip(&expires, CLIENT_MAX) })
    }
}

/// The only device whose UUID begins so, unless it is this one.
fn which(known: &[Shown], wanted: &str) -> Result<String, Error> {
    let fits: Vec<&Shown> = known
        .iter()
        .filter(|device| !wanted.is_empty() && device.device.to_ascii_lowercase().starts_with(wanted))
        .collect();
    match fits[..] {
        [] => Err(Error::new(Code::NotFound, format!("no device of yours begins with {:?}", quote(wanted)))
            .with_hint("`qqctl account devices` lists them")),
        [one] if one.own => Err(Error::new(Code::Conflict, "that is this very device; log it out instead")
            .with_hint("qqctl logout")),
        [one] => Ok(one.device.clone()),
        [..] => {
            let matches: Vec<&str> = fits.iter().map(|device| device.device.as_str()).collect();
            let message = format!("several devices begin with {:?}; write more of it", quote(wanted));
            Err(Error::new(Code::Ambiguous, message).with_field("matches", matches))
        }
    }
}

/// The hexadecimal fingerprint of a key as a link's pin.
fn pin(hex: &str) -> Option<Pin> {
    let byte = |at: usize| hex.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    Some(Pin(bytes?.try_into().ok()?))
}
