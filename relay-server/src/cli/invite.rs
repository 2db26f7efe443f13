//! `invite …` and `account link`: what the administrator gives to people, so that they come in by themselves.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use relay_schema::qiao::{self, Kind, Link};
use time::OffsetDateTime;
use time::macros::format_description;

use super::link::{self, Public};
use super::{Talk, account, help, list, print, talk};
use crate::admin::{Code, Named, Trouble, Wish};
use crate::core::op::{InviteRow, InviteState};

/// How long `account link` works.
const LINK_MS: i64 = 24 * HOUR;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Ten years: more is `never`.
const LONGEST: i64 = 3_650 * DAY;

#[derive(Debug, Subcommand)]
pub(super) enum Invite {
    /// Make an invitation and print its link; whoever has the link can make an account.
    #[command(after_help = help::INVITE)]
    Create(Create),
    /// List all invitations, the newest first.
    List {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take invitations back; accounts that were made with them stay.
    Revoke {
        /// Its ID from `invite list`, its code, its link, or an account's name: all open invitations for it.
        code: String,
        #[command(flatten)]
        talk: Talk,
    },
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// The account's name; left out, whoever joins chooses one.
    name: Option<String>,
    /// So many accounts.
    #[arg(long, value_name = "N", default_value_t = 1)]
    uses: u32,
    /// How long it works: 30m, 12h, 7d or never.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = time)]
    expires: Time,
    /// Whoever joins is a friend of this account at once; may be given several times.
    #[arg(long, value_name = "NAME")]
    friend: Vec<String>,
    #[command(flatten)]
    public: Public,
    /// The server's configuration file, while it does not run.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the invitation as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    talk: Talk,
}

#[derive(Debug, Args)]
pub(super) struct AccountLink {
    /// Which account.
    name: String,
    #[command(flatten)]
    public: Public,
    /// The server's configuration file, while it does not run.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the link as one JSON object.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    talk: Talk,
}

/// A time in milliseconds; none for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time(Option<i64>);

fn time(text: &str) -> Result<Time, String> {
    if text == "never" {
        return Ok(Time(None));
    }
    let wanted = || "it must be a time such as 30m, 12h or 7d (at most 3650d), or never".to_owned();
    let unit = match text.chars().last() {
        Some('m') => MINUTE,
        Some('h') => HOUR,
        Some('d') => DAY,
        _ => return Err(wanted()),
    };
    let digits = &text[..text.len() - 1];
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten();
    let ms = number.and_then(|number| number.checked_mul(unit)).filter(|ms| (1..=LONGEST).contains(ms));
    ms.map(|ms| Time(Some(ms))).ok_or_else(wanted)
}

impl Invite {
    /// Whether what goes wrong is to be said as JSON.
    pub(super) fn json(&self) -> bool {
        match self {
            Self::Create(create) => create.json,
            Self::List { json } => *json,
            Self::Revoke { .. } => false,
        }
    }
}

/// `relay-server invite …`.
pub(super) fn run(data: Option<&Path>, invite: Invite) -> Result<(), Trouble> {
    match invite {
        Invite::Create(args) => create(data, args),
        Invite::List { json } => show(data, json),
        Invite::Revoke { code, talk } => revoke(data, &code, talk.quiet),
    }
}

fn create(data: Option<&Path>, args: Create) -> Result<(), Trouble> {
    let (code, digest) = link::code()?;
    let Time(time_ms) = args.expires;
    let Create { name, uses, friend: friends, .. } = args;
    let wish = Wish::InviteCreate { code: digest, name, uses, time_ms, friends };
    account::checked(&wish)?;
    // Before anything is made that nobody would hear of.
    let listening = link::listening(data, args.config.as_ref())?;
    let (places, reaches) = link::places(&args.public.public, listening.tls);
    let made = account::carry_out(data, wish)?.invites.and_then(|mut made| made.pop());
    let made = made.ok_or_else(|| Trouble::new(Code::Unexpected, "the server made no invitation"))?;
    let link = link::link(Kind::Invite, code, &places, listening.pin.as_ref());
    if args.json {
        return print_json("invite", serde_json::to_value(&made), &link);
    }
    print(&format!("{link}\n"))?;
    if args.talk.quiet {
        return Ok(());
    }
    talk(&about(&made, time_ms, link::from_where(&reaches)))
}

/// One sentence about a fresh invitation.
fn about(made: &InviteRow, time_ms: Option<i64>, from: &str) -> String {
    let whom = made.name.as_ref().map_or_else(String::new, |name| format!("for {name}: "));
    let times = if made.uses == 1 { "once".to_owned() } else { format!("for {} accounts", made.uses) };
    let time = time_ms.map_or_else(|| "without end".to_owned(), |ms| format!("within {}", time_text(ms)));
    let friends = match made.friends.is_empty() {
        true => String::new(),
        false => format!("whoever joins is a friend of {} at once; ", made.friends.join(", ")),
    };
    format!("{whom}it works {times}, {time}, {from}; {friends}it is shown only here (invitation {})", made.id)
}

/// As people write it, in the largest unit that fits; one day is 24 hours.
pub(super) fn time_text(ms: i64) -> String {
    let (unit, word) = [(DAY, "day"), (HOUR, "hour")]
        .into_iter()
        .find(|(unit, _)| ms % unit == 0 && (*unit, ms) != (DAY, DAY))
        .unwrap_or((MINUTE, "minute"));
    let number = ms / unit;
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn print_json(
    key: &str,
    value: Result<serde_json::Value, serde_json::Error>,
    link: &Link,
) -> Result<(), Trouble> {
    let mut value = value.map_err(|error| Trouble::new(Code::Unexpected, error.to_string()))?;
    value["code"] = link.code.expose().into();
    value["link"] = link.to_string().into();
    print(&format!("{}\n", serde_json::json!({ key: value })))
}

fn show(data: Option<&Path>, json: bool) -> Result<(), Trouble> {
    let invites = account::carry_out(data, Wish::InviteList)?.invites.unwrap_or_default();
    if json {
        return print(&format!("{}\n", serde_json::json!({ "invites": invites })));
    }
    if invites.is_empty() {
        return talk("no invitations yet: relay-server invite create [NAME]");
    }
    let columns = if io::stdout().is_terminal() { list::terminal() } else { None };
    print(&table(&invites, columns.map(|terminal| terminal.columns)))
}

/// Columns for a person; on a terminal no line is longer than that.
fn table(invites: &[InviteRow], columns: Option<usize>) -> String {
    let mut text = format!("{:10}  {:>9}  {:16}  {:10}  FOR\n", "ID", "USED", "UNTIL (UTC)", "STATE");
    for row in invites {
        let used = format!("{}/{}", row.used, row.uses);
        let until = row.expires_ms.map_or_else(|| "never".to_owned(), minute);
        let state = match row.state {
            InviteState::Open => "open",
            InviteState::Revoked => "revoked",
            InviteState::UsedUp => "used up",
            InviteState::Expired => "expired",
            InviteState::NameTaken => "name taken",
        };
        let whom = row.name.as_deref().unwrap_or("anybody");
        let friends = match row.friends.is_empty() {
            true => String::new(),
            false => format!(" (friend of {})", row.friends.join(", ")),
        };
        let line = format!("{:10}  {used:>9}  {until:16}  {state:10}  {whom}{friends}", row.id);
        text.push_str(&columns.map_or_else(|| line.clone(), |columns| list::cut(&line, columns)));
        text.push('\n');
    }
    text
}

fn minute(ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let time = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)).ok();
    time.and_then(|time| time.format(&format).ok()).unwrap_or_else(|| "?".to_owned())
}

fn revoke(data: Option<&Path>, text: &str, quiet: bool) -> Result<(), Trouble> {
    let named = which(text)?;
    let is_id = matches!(named, Named::Id(_));
    let report = match account::carry_out(data, Wish::InviteRevoke { which: named }) {
        // Ten digits and letters from a to f may be somebody's name, too.
        Err(trouble) if is_id && trouble.code == Code::NotFound => {
            let which = Named::Name(text.trim().to_owned());
            account::carry_out(data, Wish::InviteRevoke { which }).map_err(|_| trouble)?
        }
        other => other?,
    };
    let (rows, already) = (report.invites.unwrap_or_default(), report.already.unwrap_or_default());
    if quiet { Ok(()) } else { talk(&taken_back(&rows, already)) }
}

/// Which were taken back, now or before.
fn taken_back(rows: &[InviteRow], already: bool) -> String {
    if already {
        let line = |row: &InviteRow| {
            let when = row.revoked_ms.map_or_else(String::new, |ms| format!(", {} UTC", minute(ms)));
            format!("invitation {} was revoked already{when}", about_whom(row))
        };
        return rows.iter().map(line).collect::<Vec<_>>().join("\n");
    }
    let whole: Vec<_> = rows.iter().map(about_whom).collect();
    match &whole[..] {
        [one] => format!("invitation {one} was revoked; accounts that were made with it stay"),
        many => {
            format!("invitations {} were revoked; accounts that were made with them stay", many.join(", "))
        }
    }
}

fn about_whom(row: &InviteRow) -> String {
    row.name.as_ref().map_or_else(|| row.id.clone(), |name| format!("{} (for {name})", row.id))
}

/// A link says what it is, a code has twenty-six digits, an ID ten; everything else is an account's name.
fn which(text: &str) -> Result<Named, Trouble> {
    let text = text.trim();
    if let Ok(link) = text.parse::<Link>() {
        return match link.kind {
            Kind::Invite => Ok(Named::Code(link::digest(link.code.expose()))),
            Kind::Device => Err(Trouble::new(
                Code::Usage,
                "that is a link for a device, not an invitation; a new password ends it (account passwd)",
            )),
        };
    }
    if let Some(code) = qiao::canonical(text) {
        return Ok(Named::Code(link::digest(&code)));
    }
    if text.len() == 10 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Named::Id(text.to_ascii_lowercase()));
    }
    match account::plain(text) {
        name if name.is_empty() => Err(Trouble::new(
            Code::Usage,
            "that is neither an ID from `invite list`, nor the whole code or link of an invitation, nor an account's \
             name",
        )),
        name => Ok(Named::Name(name)),
    }
}

/// `relay-server account link`.
pub(super) fn account_link(data: Option<&Path>, args: AccountLink) -> Result<(), Trouble> {
    let (secret, digest) = link::code()?;
    let name = account::plain(&args.name);
    let wish = Wish::AccountLink { account: args.name, code: digest, time_ms: LINK_MS };
    account::checked(&wish)?;
    let listening = link::listening(data, args.config.as_ref())?;
    let (places, reaches) = link::places(&args.public.public, listening.tls);
    account::carry_out(data, wish)?;
    let code = relay_schema::Secret::new(format!("{name}.{}", secret.expose()));
    let link = link::link(Kind::Device, code, &places, listening.pin.as_ref());
    if args.json {
        return print_json("account_link", Ok(serde_json::json!({ "account": name })), &link);
    }
    print(&format!("{link}\n"))?;
    if args.talk.quiet {
        return Ok(());
    }
    let (time, from) = (time_text(LINK_MS), link::from_where(&reaches));
    talk(&format!(
        "for {name}: it logs one device in without a password, once, within {time}, {from}; it is shown only here"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, name: Option<&str>, state: InviteState) -> InviteRow {
        InviteRow {
            id: id.into(),
            name: name.map(str::to_owned),
            uses: 5,
            used: 2,
            created_ms: 0,
            expires_ms: Some(1_764_000_000_000),
            revoked_ms: None,
            state,
            friends: Vec::new(),
        }
    }

    #[test]
    fn a_time_is_read_as_people_write_it() {
        for (text, ms) in [("30m", 30 * MINUTE), ("12h", 12 * HOUR), ("7d", 7 * DAY), ("3650d", LONGEST)] {
            assert_eq!(time(text), Ok(Time(Some(ms))), "{text}");
        }
        assert_eq!(time("never"), Ok(Time(None)));
        for bad in
            ["", "7", "d", "0d", "-1d", "+1d", "1.5h", "3651d", "7 d", "7w", "99999999999999999999d", "7é"]
        {
            assert!(time(bad).is_err(), "{bad}");
        }
        let texts = [
            (DAY, "24 hours"),
            (HOUR, "1 hour"),
            (36 * HOUR, "36 hours"),
            (90 * MINUTE, "90 minutes"),
            (7 * DAY, "7 days"),
        ];
        for (ms, text) in texts {
            assert_eq!(time_text(ms), text);
        }
    }

    #[test]
    fn a_fresh_invitation_names_the_friends() {
        let made = InviteRow { uses: 1, ..row("ab", Some("carol"), InviteState::Open) };
        assert_eq!(
            about(&made, None, "from nowhere"),
            "for carol: it works once, without end, from nowhere; it is shown only here (invitation ab)"
        );
        let made = InviteRow { friends: vec!["alice".into(), "bob".into()], ..made };
        let said = about(&made, None, "from nowhere");
        assert!(said.contains("; whoever joins is a friend of alice, bob at once; it is shown"), "{said}");
    }

    #[test]
    fn the_list_fits_the_terminal() {
        let mut named = row("0123456789", Some("alice"), InviteState::Open);
        named.friends = vec!["bob".into(), "carol".into()];
        let forever = InviteRow { expires_ms: None, ..row("abcdef0123", None, InviteState::UsedUp) };
        assert_eq!(
            table(&[named.clone(), forever], None),
            "ID               USED  UNTIL (UTC)       STATE       FOR\n\
             0123456789        2/5  2025-11-24 16:00  open        alice (friend of bob, carol)\n\
             abcdef0123        2/5  never             used up     anybody\n"
        );
        assert!(table(&[named], Some(60)).lines().all(|line| line.chars().count() <= 60));
    }

    #[test]
    fn what_was_taken_back_is_named_and_a_second_time_says_since_when() {
        let one = row("0123456789", Some("bob"), InviteState::Revoked);
        let other =
            InviteRow { revoked_ms: Some(1_764_000_000_000), ..row("ff", None, InviteState::Revoked) };
        assert_eq!(
            taken_back(&[one.clone(), row("ab", Some("bob"), InviteState::Revoked)], false),
            "invitations 0123456789 (for bob), ab (for bob) were revoked; accounts that were made with them stay"
        );
        assert_eq!(
            taken_back(std::slice::from_ref(&one), false),
            "invitation 0123456789 (for bob) was revoked; accounts that were made with it stay"
        );
        assert_eq!(taken_back(&[other], true), "invitation ff was revoked already, 2025-11-24 16:00 UTC");
    }

    #[test]
    fn an_invitation_is_named_by_its_id_its_code_or_its_link() {
        let code = "3v9kq2m8xw4t7ryz0acdefgh1j";
        let by_code = Named::Code(link::digest(code));
        for text in [code.to_owned(), code.to_uppercase(), format!(" qiao://h:1/i/{code}\n")] {
            assert_eq!(which(&text).unwrap(), by_code, "{text}");
        }
        assert_eq!(which("0123456789").unwrap(), Named::Id("0123456789".into()));
        assert_eq!(which(" Alice").unwrap(), Named::Name("alice".into()));
        for bad in ["", "a b", "qiao://h:1/i/what", "qiao://h:1/d/a.3v9kq2m8xw4t7ryz0acdefgh1j"] {
            assert_eq!(which(bad).unwrap_err().code, Code::Usage, "{bad}");
        }
    }
}
