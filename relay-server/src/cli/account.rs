//! Accounts and friendships from the command line: through the server's socket where one runs on the directory, else
//! in the store itself.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

use super::password;
use crate::admin::client::Client;
use crate::admin::{Answer, Code, Phc, Report, Trouble, Wish};
use crate::config::Config;
use crate::core::AdminRefusal;
use crate::core::op::{AccountRow, Done, Op};
use crate::data_dir::{self, DataDir};
use crate::store::Direct;

/// A server that starts or stops holds the directory, but does not answer yet or any more.
const IN_BETWEEN: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The wish for a new account; its password is asked for once the rest is known to be right.
pub(super) fn add(account: String, name: String, from_stdin: bool) -> Result<Wish, Trouble> {
    let wish = |password| Wish::AccountAdd { account: account.clone(), name: name.clone(), password };
    checked(&wish(Phc(String::new())))?;
    password::ask(from_stdin).map(wish)
}

/// The wish for a new password.
pub(super) fn passwd(account: String, from_stdin: bool) -> Result<Wish, Trouble> {
    let wish = |password| Wish::AccountPasswd { account: account.clone(), password };
    checked(&wish(Phc(String::new())))?;
    password::ask(from_stdin).map(wish)
}

fn checked(wish: &Wish) -> Result<(), Trouble> {
    wish.clone().into_op(1, 0).map(drop)
}

/// Has a wish carried out. Only the wish for a new account makes the data directory.
pub(super) fn carry_out(data: Option<&Path>, wish: Wish) -> Result<Report, Trouble> {
    checked(&wish)?;
    let create = matches!(wish, Wish::AccountAdd { .. });
    let dir = data_dir::open(&data_dir::find(data), create)?;
    match reach(&dir)? {
        Reached::Server(client) => match client.ask(&wish) {
            Answer::Ok(report) => Ok(report),
            Answer::Error(trouble) => Err(trouble),
        },
        Reached::Directory(_lock) => directly(&dir, wish),
    }
}

/// Who can carry out wishes on a directory.
enum Reached {
    /// The server that runs on it.
    Server(Client),
    /// We, as nobody else uses it.
    Directory(data_dir::Lock),
}

fn reach(dir: &DataDir) -> Result<Reached, Trouble> {
    let deadline = Instant::now() + IN_BETWEEN;
    loop {
        match Client::connect(&dir.socket()) {
            Ok(Some(client)) => return Ok(Reached::Server(client)),
            Ok(None) => {}
            Err(error) => {
                let code = if error.kind() == io::ErrorKind::PermissionDenied {
                    Code::Denied
                } else {
                    Code::Unexpected
                };
                let text = format!("the server's socket {:?} cannot be used: {error}", dir.socket());
                return Err(Trouble::new(code, text));
            }
        }
        // As root, so that what is made belongs to the directory's owner.
        data_dir::drop_privileges(dir.path())?;
        match dir.lock() {
            Ok(lock) => return Ok(Reached::Directory(lock)),
            Err(data_dir::Error::InUse(_)) if Instant::now() < deadline => std::thread::sleep(LOOK_AGAIN),
            Err(error) => return Err(error.into()),
        }
    }
}

fn directly(dir: &DataDir, wish: Wish) -> Result<Report, Trouble> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let op = wish.into_op(Config::default().friends, now_ms)?;
    let unexpected = |text: String| Trouble::new(Code::Unexpected, text);
    let mut store = Direct::open(dir.path()).map_err(|error| unexpected(error.to_string()))?;
    let granted = match store.apply(Op::Admin(op)) {
        Ok(Done::Admin(granted)) => granted.map_err(AdminRefusal::Wish),
        Ok(_) => return Err(unexpected("the store answered something else".to_owned())),
        Err(error) => Err(AdminRefusal::Store(error)),
    };
    match Answer::from(granted) {
        Answer::Ok(report) => Ok(report),
        Answer::Error(trouble) => Err(trouble),
    }
}

/// All accounts, for a person or as one JSON object.
pub(super) fn table(accounts: &[AccountRow], json: bool) -> Result<String, Trouble> {
    if json {
        let line = serde_json::to_string(&serde_json::json!({ "accounts": accounts }));
        return line
            .map(|line| line + "\n")
            .map_err(|error| Trouble::new(Code::Unexpected, error.to_string()));
    }
    let width = accounts.iter().map(|row| row.account.len()).max().unwrap_or(0).max("ACCOUNT".len());
    let mut text = format!("{:width$}  ONLINE  FRIENDS  DEVICES  SINCE       NAME\n", "ACCOUNT");
    for row in accounts {
        let AccountRow { account, name, disabled, friends, devices, created_ms, online } = row;
        let name: String = name.chars().filter(|c| crate::log::is_inert(*c)).collect();
        let disabled = if *disabled { " (disabled)" } else { "" };
        let since = date(*created_ms);
        text.push_str(&format!(
            "{account:width$}  {online:>6}  {friends:>7}  {devices:>7}  {since:10}  {name}{disabled}\n"
        ));
    }
    Ok(text)
}

fn date(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000))
        .map_or_else(|_| "?".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AccountRow {
        AccountRow {
            account: "alice".into(),
            name: "Al\u{1b}[2Jice\u{202e}".into(),
            disabled: true,
            friends: 3,
            devices: 2,
            created_ms: 1_764_000_000_000,
            online: 1,
        }
    }

    #[test]
    fn a_shown_name_cannot_command_the_terminal() {
        assert_eq!(
            table(&[row()], false).unwrap(),
            "ACCOUNT  ONLINE  FRIENDS  DEVICES  SINCE       NAME\n\
             alice         1        3        2  2025-11-24  Al[2Jice (disabled)\n"
        );
    }

    #[test]
    fn the_list_as_json_is_exact() {
        assert_eq!(
            table(&[row()], true).unwrap(),
            "{\"accounts\":[{\"account\":\"alice\",\"name\":\"Al\\u001b[2Jice\u{202e}\",\"disabled\":true,\
             \"friends\":3,\"devices\":2,\"created_ms\":1764000000000,\"online\":1}]}\n"
        );
    }
}
