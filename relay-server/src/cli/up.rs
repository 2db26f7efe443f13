//! `up`: the first minute of a relay. It serves, as `serve` does, and prints a link for each person that is to come.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use clap::Args;
use relay_schema::Secret;
use relay_schema::qiao::Kind;

use super::link::{self, Host, Public};
use super::{Serve, account, complain, invite, print, wrap};
use crate::admin::socket;
use crate::admin::{Answer, Digest, Listening, Trouble, Wish};
use crate::core::op::Member;
use crate::shell::FirstMinute;

/// How long the links work.
const TIME_MS: i64 = 7 * 24 * 60 * 60_000;

#[derive(Debug, Args)]
pub(super) struct Up {
    /// The people that come: the names of their accounts.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    invite: Vec<String>,
    #[command(flatten)]
    public: Public,
    #[command(flatten)]
    pub(super) serve: Serve,
}

/// Somebody who is to come, and the code of his link.
struct Guest {
    name: String,
    code: Secret,
    digest: Digest,
}

impl Up {
    /// What is to be done once the relay serves. A name that nobody can have is refused before it starts.
    pub(super) fn first_minute(&self) -> Result<FirstMinute, Trouble> {
        let mut guests: Vec<Guest> = Vec::new();
        for name in &self.invite {
            let (name, (code, digest)) = (name.trim().to_owned(), link::code()?);
            if guests.iter().all(|guest| !guest.name.eq_ignore_ascii_case(&name)) {
                guests.push(Guest { name, code, digest });
            }
        }
        account::checked(&wish(&guests))?;
        let public = self.public.public.clone();
        Ok(Box::new(move |host, listening| in_a_minute(host, listening, guests, public)))
    }
}

fn wish(guests: &[Guest]) -> Wish {
    let members = guests.iter().map(|guest| (guest.name.clone(), guest.digest.clone())).collect();
    Wish::InviteCircle { members, time_ms: TIME_MS }
}

fn in_a_minute(
    host: Rc<dyn socket::Host>,
    listening: Listening,
    guests: Vec<Guest>,
    public: Vec<Host>,
) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        let members = match host.grant(wish(&guests)).await {
            Answer::Ok(report) => report.circle.unwrap_or_default(),
            Answer::Error(trouble) => return complain(&trouble, false),
        };
        // Nobody may be listening; the relay serves all the same.
        let _ = print(&welcome(&members, guests, &listening, &public));
    })
}

/// What is printed: a link for each who has not joined, from where they can, and what to do next.
fn welcome(members: &[Member], guests: Vec<Guest>, listening: &Listening, public: &[Host]) -> String {
    let (places, reaches) = link::places(public, listening.tls);
    let mut text = "The server runs at:\n".to_owned();
    for place in &places {
        let _ = writeln!(text, "  {place}");
    }
    let reached = format!("It can be reached {}.\n", link::from_where(&reaches));
    text.push_str(&wrap::lines(&reached, Some(wrap::COLUMNS)));
    if let Some(pin) = &listening.pin {
        let _ = writeln!(
            text,
            "Its key, which the links carry; compare it where a window asks:\n  SHA256:{}",
            pin.0
        );
    }
    let mut links = 0;
    for (member, guest) in members.iter().zip(guests) {
        if member.joined {
            let _ = writeln!(text, "\n{} has an account already.", member.name);
            continue;
        }
        links += 1;
        let link = link::link(Kind::Invite, guest.code, &places, listening.pin.as_ref());
        let _ = writeln!(text, "\nFor {}:\n{link}", member.name);
    }
    text.push('\n');
    if links == 0 && !members.is_empty() {
        text.push_str("A new device for somebody who is there: `relay-server account link NAME`.\n");
    }
    text.push_str(&next(links));
    text
}

/// What to do next, in lines of at most 80 columns, after what the links are good for.
fn next(links: usize) -> String {
    let time = invite::time_text(TIME_MS);
    match links {
        0 => "Next: invite people with `relay-server invite create`, in another terminal.\n\
              Keep this running: Ctrl+C stops the server, the same command starts it again.\n"
            .to_owned(),
        1 => format!(
            "The link works once, within {time}.\n\
             Next: send it to its person, who runs `qqctl join 'LINK'`.\n\
             Keep this running: Ctrl+C stops the server, the same command starts it again.\n"
        ),
        _ => format!(
            "Each link works once, within {time}. All who join by them are friends at once:\n\
             each sees the others appear in his list as they join.\n\
             Next: send each link to its person, who runs `qqctl join 'LINK'`.\n\
             Keep this running: Ctrl+C stops the server, the same command starts it again.\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guests(names: &[&str]) -> Vec<Guest> {
        let guest = |name: &&str| {
            let (code, digest) = link::code().unwrap();
            Guest { name: (*name).to_owned(), code, digest }
        };
        names.iter().map(guest).collect()
    }

    fn member(name: &str, joined: bool) -> Member {
        Member { name: name.into(), joined }
    }

    #[test]
    fn each_who_has_not_joined_gets_a_link_and_all_else_fits_into_80_columns() {
        let listening = Listening { tls: "127.0.0.1:5290".parse().unwrap(), pin: None };
        let members = [member("alice", true), member("bob", false), member("carol", false)];
        let text = welcome(&members, guests(&["alice", "bob", "carol"]), &listening, &[]);
        let (links, prose): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with("qiao://"));
        assert_eq!(links.len(), 2);
        assert!(links.iter().all(|link| link.parse::<relay_schema::qiao::Link>().is_ok()), "{links:?}");
        assert!(prose.iter().all(|line| line.chars().count() <= 80), "{prose:#?}");
        assert_eq!(
            prose.join("\n"),
            "The server runs at:\n  127.0.0.1:5290\nIt can be reached from this computer only.\n\n\
             alice has an account already.\n\nFor bob:\n\nFor carol:\n\n\
             Each link works once, within 7 days. All who join by them are friends at once:\n\
             each sees the others appear in his list as they join.\n\
             Next: send each link to its person, who runs `qqctl join 'LINK'`.\n\
             Keep this running: Ctrl+C stops the server, the same command starts it again."
        );
        for links in [0, 1] {
            assert!(next(links).lines().all(|line| line.chars().count() <= 80));
        }
    }

    #[test]
    fn the_links_say_the_public_address_and_the_key() {
        let pin = Some(Digest::from([7; 32]));
        let listening = Listening { tls: "0.0.0.0:5290".parse().unwrap(), pin };
        let text = welcome(
            &[member("bob", false)],
            guests(&["bob"]),
            &listening,
            &["relay.example".parse().unwrap()],
        );
        let link = text.lines().find(|line| line.starts_with("qiao://relay.example:5290/i/")).unwrap();
        assert!(link.ends_with("#BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"), "{link}");
        // As the login window shows an unknown key, and `serve` prints it.
        assert!(text.contains(&format!("\n  SHA256:{}\n", "07".repeat(32))), "{text}");
        assert!(text.lines().all(|line| line.starts_with("qiao://") || line.chars().count() <= 80), "{text}");
        assert!(text.contains("from the Internet if no firewall is in between"), "{text}");
    }

    #[test]
    fn who_has_an_account_already_gets_a_link_for_a_device() {
        let listening = Listening { tls: "0.0.0.0:5290".parse().unwrap(), pin: None };
        let hosts = ["nas".parse().unwrap(), "relay.example".parse().unwrap()];
        let text = welcome(&[member("alice", true)], guests(&["alice"]), &listening, &hosts);
        assert!(text.contains("`relay-server account link NAME`"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let text = welcome(&[], Vec::new(), &listening, &hosts);
        assert!(!text.contains("account link"), "{text}");
    }
}
