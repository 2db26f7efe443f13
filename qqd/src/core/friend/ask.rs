//! The verbs that change the list. The relay does it; its rows say what has changed, here as on every other device.

use ipc_schema::friend::{
    Accept, Add, Added, Block, Decline, Done, Move, Remove, Rename, STRANGERS, Unblock, always_there,
};
use ipc_schema::{Code, Error, Method};
use relay_schema::{
    Block as WireBlock, FriendAnswer, FriendMove, FriendRemove, FriendRename, FriendRequest, Id, NackCode,
    Stanza, Unblock as WireUnblock,
};

use crate::core::account::Account;
use crate::core::address::usage;
use crate::core::asking::{Refused, spell};
use crate::core::name::{no_friend, normalise, quote};
use crate::core::profile::line;
use crate::core::request::ReplyTo;

/// The longest words with a request, in characters.
const NOTE_MAX: usize = 256;
/// The longest name of one's own for a friend, in characters.
const REMARK_MAX: usize = 64;

/// What a refusal means where it is about one friend.
type Words = fn(&NackCode, &str) -> Option<Error>;

impl Account {
    /// `friend.add`.
    pub(in crate::core) fn add_friend(&mut self, to: ReplyTo<Add>, params: &Add) {
        let note = params.note.as_deref().map(|note| line(note, NOTE_MAX, "note")).transpose();
        let (friend, note) = match named(&params.friend).and_then(|friend| Ok((friend, note?))) {
            Err(error) => return self.reply(to, Err(error)),
            Ok(checked) => checked,
        };
        if self.account.as_ref().is_some_and(|own| own.account == friend) {
            let message = "that is you yourself; notes to yourself need no friend: qqctl send @me TEXT";
            return self.reply(to, Err(Error::new(Code::Conflict, message)));
        }
        let asked = FriendRequest { friendaccount: friend.clone(), note, ..FriendRequest::default() };
        self.ask_relay(
            |id| FriendRequest { id: Some(id), ..asked }.into(),
            move |account, outcome| {
                let reply = match outcome {
                    Ok(_) => Ok(Added { friends: account.friends.is_friend(&friend), friend }),
                    Err(refused) => Err(in_words(refused, &friend, add_words)),
                };
                account.reply(to, reply);
            },
        );
    }

    /// `friend.accept`.
    pub(in crate::core) fn accept_friend(&mut self, to: ReplyTo<Accept>, params: &Accept) {
        let friend = named(&params.friend).and_then(|friend| self.asking_to_be(friend, "accept"));
        self.answer_friend(to, friend, 1);
    }

    /// `friend.decline`.
    pub(in crate::core) fn decline_friend(&mut self, to: ReplyTo<Decline>, params: &Decline) {
        let friend = named(&params.friend).and_then(|friend| self.asking_to_be(friend, "decline"));
        self.answer_friend(to, friend, 0);
    }

    fn answer_friend<M: Method<Reply = Done> + 'static>(
        &mut self,
        to: ReplyTo<M>,
        friend: Result<String, Error>,
        state: i32,
    ) {
        self.ask_friend(to, friend, answer_words, |friendaccount, id| {
            FriendAnswer { friendaccount, state, id: Some(id), ..FriendAnswer::default() }.into()
        });
    }

    /// `friend.remove`.
    pub(in crate::core) fn take_out(&mut self, to: ReplyTo<Remove>, params: &Remove) {
        let friend = self.listed(&params.friend).map_err(|error| self.only_asked(&params.friend, error));
        self.ask_friend(to, friend, list_words, |friendaccount, id| {
            FriendRemove { friendaccount, id: Some(id), seq: None, ts: None }.into()
        });
    }

    /// `friend.move`.
    pub(in crate::core) fn move_friend(&mut self, to: ReplyTo<Move>, params: &Move) {
        let group = params.group.trim();
        let always = always_there(group);
        let group = always.unwrap_or(group).to_owned();
        let known = always.is_some() || self.friends.groups.contains(&group);
        let friend = self.listed(&params.friend).and_then(|friend| match () {
            () if group == STRANGERS => Err(usage(
                "nobody can be put among the strangers; `qqctl friend remove` ends a friendship".to_owned(),
            )),
            () if !known => {
                Err(Error::new(Code::NotFound, format!("there is no group called {:?}", quote(&group)))
                    .with_hint("`qqctl group add GROUP` makes one"))
            }
            () => Ok(friend),
        });
        self.ask_friend(to, friend, move_words, |friendaccount, id| {
            FriendMove { friendaccount, group, id }.into()
        });
    }

    /// `friend.rename`.
    pub(in crate::core) fn rename_friend(&mut self, to: ReplyTo<Rename>, params: &Rename) {
        let remark = line(params.remark.as_deref().unwrap_or_default(), REMARK_MAX, "name");
        let checked = self.listed(&params.friend).and_then(|friend| Ok((friend, remark?)));
        match checked {
            Err(error) => self.reply(to, Err(error)),
            Ok((friend, remark)) => self.ask_friend(to, Ok(friend), list_words, |friendaccount, id| {
                FriendRename { friendaccount, remark, id }.into()
            }),
        }
    }

    /// `friend.block`.
    pub(in crate::core) fn block(&mut self, to: ReplyTo<Block>, params: &Block) {
        let friend = self.resolve(&params.friend);
        self.ask_friend(to, friend, block_words, |friendaccount, id| WireBlock { friendaccount, id }.into());
    }

    /// `friend.unblock`.
    pub(in crate::core) fn unblock(&mut self, to: ReplyTo<Unblock>, params: &Unblock) {
        let friend = self.resolve(&params.friend).and_then(|friend| {
            if self.is_list_current() && !self.friends.blocked.contains(&friend) {
                return Err(Error::new(Code::NotFound, format!("{friend} is not blocked"))
                    .with_hint("`qqctl friends` shows who is"));
            }
            Ok(friend)
        });
        self.ask_friend(to, friend, block_words, |friendaccount, id| {
            WireUnblock { friendaccount, id }.into()
        });
    }

    fn ask_friend<M: Method<Reply = Done> + 'static>(
        &mut self,
        to: ReplyTo<M>,
        friend: Result<String, Error>,
        words: Words,
        stanza: impl FnOnce(String, Id) -> Stanza,
    ) {
        let friend = match friend {
            Err(error) => return self.reply(to, Err(error)),
            Ok(friend) => friend,
        };
        let named = friend.clone();
        self.ask_relay(
            |id| stanza(named, id),
            move |account, outcome| {
                let reply = match outcome {
                    Ok(_) => Ok(Done { friend }),
                    Err(refused) => Err(in_words(refused, &friend, words)),
                };
                account.reply(to, reply);
            },
        );
    }

    /// Somebody who asks to be friends, unless only the relay knows. It confirms an answer that came twice, so what is not
    /// so is said here.
    fn asking_to_be(&self, friend: String, verb: &str) -> Result<String, Error> {
        let asks = || self.friends.requests.iter().any(|asked| asked.incoming && asked.friend == friend);
        if !self.is_list_current() || asks() {
            return Ok(friend);
        }
        if self.friends.is_friend(&friend) {
            let message = format!("{friend} is a friend of yours already; there is nothing to {verb}");
            return Err(Error::new(Code::Conflict, message)
                .with_hint(format!("`qqctl friend remove {friend}` ends the friendship")));
        }
        Err(no_request(&friend))
    }

    /// Whether the list is as the relay has it, but for what is on its way this moment.
    fn is_list_current(&self) -> bool {
        self.link.is_online() && !self.friends.is_due() && self.inbox.is_caught_up()
    }

    /// Why somebody cannot be taken out of the list with whom there is nothing but a request.
    fn only_asked(&self, friend: &str, error: Error) -> Error {
        let Ok(name) = self.resolve(friend) else { return error };
        match self.friends.requests.iter().find(|asked| asked.friend == name) {
            None => error,
            Some(asked) if asked.incoming => Error::new(
                Code::Conflict,
                format!("{name} is no friend yet, but asks to be one; decline that"),
            )
            .with_hint(format!("qqctl friend decline {name}")),
            Some(_) => {
                let message = format!(
                    "{name} is no friend yet: you have asked, and what was asked cannot be taken back; should {name} \
                     accept, remove {name} then, or block {name} now"
                );
                Error::new(Code::Conflict, message).with_hint(format!("qqctl friend block {name}"))
            }
        }
    }

    /// Somebody who stands in the list.
    fn listed(&self, friend: &str) -> Result<String, Error> {
        let name = self.resolve(friend)?;
        if self.friends.has(&name) { Ok(name) } else { Err(no_friend(&name, false)) }
    }
}

/// An account at this relay, whoever it is.
fn named(text: &str) -> Result<String, Error> {
    normalise(text.strip_prefix('@').unwrap_or(text)).ok_or_else(|| {
        usage(format!(
            "{:?} is no account name: those have a-z, 0-9, '.', '_' and '-', and no @HOST, for only accounts of one \
             server can be friends",
            quote(text)
        ))
    })
}

fn in_words(refused: Refused, friend: &str, words: Words) -> Error {
    let own = match &refused {
        Refused::No { code, retry } => words(code, friend).map(|error| match retry {
            Some(retry) => {
                let message = format!("{}; try again in {}", error.message, spell(*retry));
                Error { message, ..error }.with_retry_after_ms(*retry)
            }
            None => error,
        }),
        Refused::Unheard(_) => None,
    };
    own.unwrap_or_else(|| refused.into_error(friend))
}

fn add_words(code: &NackCode, friend: &str) -> Option<Error> {
    match code {
        NackCode::Unknown => Some(Error::new(
            Code::Unreachable,
            format!("{friend} cannot be asked: no such account, or it takes nothing from you"),
        )),
        NackCode::Conflict => {
            Some(Error::new(Code::Conflict, format!("{friend} is a friend of yours already")))
        }
        NackCode::Rate => Some(Error::new(
            Code::Throttled,
            format!(
                "{friend} cannot be asked now: it has declined lately, or you have asked too many people"
            ),
        )),
        NackCode::Forbidden => Some(
            Error::new(
                Code::Denied,
                format!("{friend} cannot be asked: you block {friend}, or one of you has too many friends"),
            )
            .with_hint(format!("qqctl friend unblock {friend}")),
        ),
        _ => None,
    }
}

fn answer_words(code: &NackCode, friend: &str) -> Option<Error> {
    match code {
        NackCode::Unknown => Some(no_request(friend)),
        NackCode::Forbidden => Some(
            Error::new(
                Code::Denied,
                format!(
                    "{friend} cannot be answered: you block {friend}, or one of you has too many friends"
                ),
            )
            .with_hint(format!("qqctl friend unblock {friend}")),
        ),
        _ => None,
    }
}

fn no_request(friend: &str) -> Error {
    Error::new(Code::NotFound, format!("{friend} does not ask to be friends"))
        .with_hint("`qqctl friends` shows who does")
}

fn list_words(code: &NackCode, friend: &str) -> Option<Error> {
    match code {
        NackCode::Unknown => Some(no_friend(friend, false)),
        _ => None,
    }
}

fn move_words(code: &NackCode, friend: &str) -> Option<Error> {
    match code {
        NackCode::Unknown => {
            Some(Error::new(Code::NotFound, format!("{friend} or that group is not there any more")))
        }
        NackCode::Forbidden => Some(
            Error::new(Code::Denied, format!("{friend} is a stranger; only friends stand in groups"))
                .with_hint(format!("qqctl friend add {friend}")),
        ),
        _ => None,
    }
}

fn block_words(code: &NackCode, friend: &str) -> Option<Error> {
    match code {
        NackCode::Unknown => {
            Some(Error::new(Code::NotFound, format!("there is no account called {friend} on this server")))
        }
        NackCode::Conflict => Some(Error::new(Code::Conflict, "nobody can block their own account")),
        NackCode::Forbidden => {
            Some(Error::new(Code::Denied, "too many accounts are blocked already; unblock one first"))
        }
        _ => None,
    }
}
