//! Friend groups: one's own sections of the friend list. The relay keeps them; its rows say what has changed.

use ipc_schema::friend::always_there;
use ipc_schema::group::{Add, Done, NAME_MAX_CHARS, Remove, Rename};
use ipc_schema::{Code, Error, Method};
use relay_schema::{GroupAdd, GroupRemove, GroupRename, Id, NackCode, Stanza};

use super::account::Account;
use super::address::usage;
use super::asking::Refused;
use super::name::quote;
use super::profile::line;
use super::request::ReplyTo;

impl Account {
    /// `group.add`.
    pub(super) fn add_group(&mut self, to: ReplyTo<Add>, params: &Add) {
        match checked(&params.group) {
            Err(error) => self.reply(to, Err(error)),
            Ok(group) => {
                let named = group.clone();
                self.ask_group(to, group, |id| GroupAdd { group: named, id }.into());
            }
        }
    }

    /// `group.rename`.
    pub(super) fn rename_group(&mut self, to: ReplyTo<Rename>, params: &Rename) {
        let group = params.group.trim().to_owned();
        match checked(&params.new) {
            Err(error) => self.reply(to, Err(error)),
            Ok(_) if !self.friends.has_group(&group) => self.reply(to, Err(no_group(&quote(&group)))),
            Ok(new) => {
                let named = new.clone();
                self.ask_group(to, new, |id| {
                    GroupRename { group, new: named, id: Some(id), seq: None, ts: None }.into()
                });
            }
        }
    }

    /// `group.remove`.
    pub(super) fn remove_group(&mut self, to: ReplyTo<Remove>, params: &Remove) {
        let group = params.group.trim().to_owned();
        // The relay calls it done when there is no such group; a misspelt name is to be told.
        if !self.friends.has_group(&group) {
            return self.reply(to, Err(no_group(&quote(&group))));
        }
        let named = group.clone();
        self.ask_group(to, group, |id| {
            GroupRemove { group: named, id: Some(id), seq: None, ts: None }.into()
        });
    }

    fn ask_group<M: Method<Reply = Done> + 'static>(
        &mut self,
        to: ReplyTo<M>,
        group: String,
        stanza: impl FnOnce(Id) -> Stanza,
    ) {
        self.ask_relay(stanza, move |account, outcome| {
            let reply = outcome.map(|_| Done { group: group.clone() });
            account.reply(to, reply.map_err(|refused| refusal(refused, &group)));
        });
    }
}

/// A group's name as the relay keeps it.
fn checked(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(usage("a group needs a name".to_owned()));
    }
    if always_there(name).is_some() {
        let message = format!("{name:?} is the name of a group that is always there; choose another name");
        return Err(Error::new(Code::Conflict, message).with_hint("`qqctl friends` shows the groups"));
    }
    line(name, NAME_MAX_CHARS, "group's name")
}

fn no_group(group: &str) -> Error {
    Error::new(Code::NotFound, format!("there is no group of yours called {group:?}"))
        .with_hint("`qqctl friends` lists them; My Friends and Strangers are always there")
}

fn refusal(refused: Refused, group: &str) -> Error {
    let group = quote(group);
    match refused {
        Refused::No { code: NackCode::Unknown, .. } => no_group(&group),
        Refused::No { code: NackCode::Conflict, .. } => {
            Error::new(Code::Conflict, format!("there is a group called {group:?} already"))
        }
        Refused::No { code: NackCode::Forbidden, .. } => Error::new(
            Code::Denied,
            format!("the server does not allow that with {group:?}: a default group, or one too many"),
        ),
        refused @ (Refused::No { .. } | Refused::Unheard(_)) => {
            refused.into_error(&format!("the group {group:?}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_of_ones_own_is_called_like_one_that_everybody_has() {
        for taken in [
            "friend",
            "stranger",
            "My Friends",
            "my friends",
            "我的好友",
            "My Friends 我的好友",
            " Strangers ",
            "陌生人",
        ] {
            assert_eq!(checked(taken).unwrap_err().code, Code::Conflict, "{taken}");
        }
        for free in ["Friends", "同学", "好友", "My Friends 2"] {
            assert_eq!(checked(free).unwrap(), free);
        }
    }
}
