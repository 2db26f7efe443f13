//! The devices of one's own account, and the link for the next one.

use ipc_schema::account::{Device, DeviceList, Linked, Revoked};

use super::table::{Column, Table};
use super::{Printer, Style, qr};
use crate::Stop;
use crate::text::{one_line, time};

/// So much of a device's UUID tells it from the others.
const SHORT: usize = 8;

impl Printer {
    /// `account link`: the link for a program, and for a camera where there is a terminal. The rest is one line and comes
    /// last: of a code that is as high as the window only the upper margin scrolls away.
    pub(crate) fn linked(&self, linked: &Linked) -> Result<(), Stop> {
        let link = one_line(&linked.link);
        self.reply(linked, |paint| match qr::code(&linked.link, self.width, paint) {
            Some(code) => format!("{code}\n{link}"),
            None => link,
        })?;
        self.talk(&until(&time(&linked.expires)));
        Ok(())
    }

    /// `account revoke`
    pub(crate) fn revoked(&self, reply: &Revoked) -> Result<(), Stop> {
        let device: String = one_line(&reply.device).chars().take(SHORT).collect();
        self.talk(&format!(
            "The device {device} is logged out; it needs the password, or a new link, to come back."
        ));
        self.reply(reply, |_| String::new())
    }

    /// `account devices`
    pub(crate) fn devices(&self, list: &DeviceList) -> Result<(), Stop> {
        self.reply(list, |_| {
            let columns =
                [Column::text("DEVICE"), Column::text("PROGRAM"), Column::text("SEEN"), Column::text("")];
            let mut table = Table::new(columns);
            list.devices.iter().for_each(|device| table.row(cells(device)));
            self.table(&table)
        })
    }
}

/// What is to be done with a link, and how long: fits into 80 columns.
fn until(time: &str) -> String {
    format!("Next device: qqctl join LINK (once, until {time}). It logs in as you.")
}

fn cells(device: &Device) -> [(String, Style); 4] {
    let short: String = one_line(&device.device).chars().take(SHORT).collect();
    let seen =
        if device.online { ("on line".to_owned(), Style::Green) } else { (time(&device.seen), Style::Plain) };
    let own = if device.own { "this one" } else { "" };
    [(short, Style::Bold), (one_line(&device.client), Style::Plain), seen, (own.to_owned(), Style::Dim)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_a_link_is_one_line() {
        assert!(until("2026-11-23 09:40").len() < 80);
        assert_eq!(
            until("09:40:12"),
            "Next device: qqctl join LINK (once, until 09:40:12). It logs in as you."
        );
    }
}
