//! Accounts and friendships from the command line: through the server's socket where one runs on the directory, else
//! in the store itself.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{list, password, question};
use crate::admin::client::Client;
use crate::admin::{Answer, Code, Phc, Report, Trouble, Wish};
use crate::config::Config;
use crate::core::op::{AccountRow, AdminError, Done, Op};
use crate::core::{AdminRefusal, normalise};
use crate::data_dir::{self, DataDir};
use crate::store::Direct;

/// A server that starts or stops holds the directory, but does not answer yet or any more.
const IN_BETWEEN: Duration = Duration::from_secs(6);
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The wish for a new account; its password is asked for once the rest is known to be right.
pub(super) fn add(
    data: Option<&Path>,
    account: String,
    name: String,
    from_stdin: bool,
) -> Result<Wish, Trouble> {
    let wish = |password| Wish::AccountAdd { account: account.clone(), name: name.clone(), password };
    checked(&wish(Phc(String::new())))?;
    if question::is_possible() && !from_stdin {
        match find(data, &account) {
            Ok(row) => return Err(AdminRefusal::Wish(AdminError::Taken(row.account)).into()),
            // Not even a directory, perhaps.
            Err(trouble) if trouble.code == Code::NotFound => {}
            Err(trouble) => return Err(trouble),
        }
    }
    password::ask(from_stdin).map(wish)
}

/// The wish for a new password.
pub(super) fn passwd(data: Option<&Path>, account: String, from_stdin: bool) -> Result<Wish, Trouble> {
    let wish = |password| Wish::AccountPasswd { account: account.clone(), password };
    checked(&wish(Phc(String::new())))?;
    if question::is_possible() && !from_stdin {
        find(data, &account)?;
    }
    password::ask(from_stdin).map(wish)
}

/// The wish for an account's end. Only a person at a terminal is asked, and only without `--yes`.
pub(super) fn remove(data: Option<&Path>, account: String, yes: bool) -> Result<Wish, Trouble> {
    let wish = Wish::AccountRemove { account };
    checked(&wish)?;
    if let Wish::AccountRemove { account } = &wish
        && question::is_possible()
        && !yes
    {
        let AccountRow { account, name, .. } = find(data, account)?;
        let shown = if name == account { String::new() } else { format!(" ({})", list::harmless(&name)) };
        if !question::ask(&format!("Remove {account}{shown}, its devices and its messages?"))? {
            return Err(Trouble::new(Code::Unexpected, format!("{account} was not removed")));
        }
    }
    Ok(wish)
}

/// The account of this name; a refusal if there is none.
fn find(data: Option<&Path>, name: &str) -> Result<AccountRow, Trouble> {
    let name = plain(name);
    let accounts = carry_out(data, Wish::AccountList)?.accounts.unwrap_or_default();
    let row = accounts.into_iter().find(|row| row.account == name);
    row.ok_or_else(|| AdminRefusal::Wish(AdminError::NoAccount(name)).into())
}

/// What to say once a wish is carried out.
pub(super) fn done(wish: &Wish) -> String {
    match wish {
        Wish::AccountAdd { account, .. } => {
            let name = plain(account);
            format!("{name} was added; log in with: qqctl login {name} --relay HOST:PORT")
        }
        // What these have to show is told by whoever asks for them.
        Wish::AccountList
        | Wish::AccountLink { .. }
        | Wish::InviteCreate { .. }
        | Wish::InviteCircle { .. }
        | Wish::InviteList
        | Wish::InviteRevoke { .. }
        | Wish::ServerShow => String::new(),
        Wish::AccountPasswd { account, .. } => {
            format!("{} has a new password; its devices must log in anew", plain(account))
        }
        Wish::AccountDisable { account } => {
            let name = plain(account);
            format!("{name} is disabled and logged out; undo it with: relay-server account enable {name}")
        }
        Wish::AccountEnable { account } => format!("{} can log in again", plain(account)),
        Wish::AccountRemove { account } => format!("{} was removed", plain(account)),
        Wish::FriendAdd { a, b } => format!("{} and {} are friends now", plain(a), plain(b)),
        Wish::FriendRemove { a, b } => format!("{} and {} are no longer friends", plain(a), plain(b)),
    }
}

/// A name as the relay knows it; one that is none is refused before anybody reads it.
pub(super) fn plain(name: &str) -> String {
    normalise(name).unwrap_or_default()
}

pub(super) fn checked(wish: &Wish) -> Result<(), Trouble> {
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
pub(super) enum Reached {
    /// The server that runs on it.
    Server(Client),
    /// We, as nobody else uses it.
    Directory(data_dir::Lock),
}

pub(super) fn reach(dir: &DataDir) -> Result<Reached, Trouble> {
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
