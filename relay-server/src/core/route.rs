//! Where each stanza goes: before a login, in the full dialect, in the seed dialect; and the answer to those that
//! nobody may send.

use relay_schema::{Direction, ErrorCode, Id, Ping, Pong, Row, Stanza};

use super::op::MarkKind;
use super::{Core, Now, SessionId};

impl Core {
    pub(super) fn before_login(&mut self, now: Now, session: SessionId, stanza: Stanza) {
        match stanza {
            Stanza::Login(login) => self.on_login(now, session, login),
            Stanza::Register(register) => self.on_register(now, session, register),
            Stanza::Ping(Ping { id }) => self.send(session, Pong { id }),
            other => self.login_first(now, session, other.id().cloned()),
        }
    }

    /// What a session of the full dialect says.
    pub(super) fn of_full(&mut self, now: Now, session: SessionId, stanza: Stanza) {
        let word = stanza.word();
        match stanza {
            Stanza::Chat(chat) => self.on_chat(now, session, chat),
            Stanza::Shake(shake) => self.on_shake(now, session, shake),
            Stanza::Vidio(call) => self.on_full_vidio(now, session, call),
            Stanza::RVidio(call) => self.on_full_r_vidio(now, session, call),
            Stanza::CallRinging(ringing) => self.on_call_ringing(now, session, ringing),
            Stanza::CallCandidate(candidate) => self.on_call_candidate(now, session, candidate),
            Stanza::CallEnd(end) => self.on_call_end(now, session, end),
            Stanza::Line(line) => self.on_line(now, session, &line),
            Stanza::Recv(recv) => self.on_recv(session, recv.seq),
            Stanza::Delivered(mark) => self.on_mark(session, MarkKind::Delivered, mark.conv, mark.cseq),
            Stanza::Read(mark) => self.on_mark(session, MarkKind::Read, mark.conv, mark.cseq),
            Stanza::Typing(typing) => self.on_typing(now, session, &typing),
            Stanza::History(asked) => self.on_history(now, session, asked),
            Stanza::Logout(logout) => self.on_logout(session, logout),
            Stanza::Ping(Ping { id }) => self.send(session, Pong { id }),
            Stanza::Pong(_) => {}
            Stanza::Login(login) => self.logged_in_already(session, login.id),
            Stanza::Register(register) => self.logged_in_already(session, Some(register.id)),
            Stanza::Passwd(passwd) => self.on_passwd(now, session, passwd),
            Stanza::AccountRemove(remove) => self.on_account_remove(now, session, remove),
            Stanza::DeviceList(list) => self.on_device_list(session, list),
            Stanza::DeviceRevoke(revoke) => self.on_device_revoke(session, revoke),
            Stanza::DeviceLink(link) => self.on_device_link(now, session, link),
            Stanza::Profile(_)
            | Stanza::PicturePut(_)
            | Stanza::PictureGet(_)
            | Stanza::FriendRequest(_)
            | Stanza::FriendAnswer(_)
            | Stanza::FriendRemove(_)
            | Stanza::FriendMove(_)
            | Stanza::FriendRename(_)
            | Stanza::Block(_)
            | Stanza::Unblock(_)
            | Stanza::GroupAdd(_)
            | Stanza::GroupRename(_)
            | Stanza::GroupRemove(_) => self.has_no(session, word, stanza.id().cloned()),
            Stanza::LoginResponse(_)
            | Stanza::RegisterResponse(_)
            | Stanza::User(_)
            | Stanza::Device(_)
            | Stanza::Picture(_)
            | Stanza::Friend(_)
            | Stanza::Stranger(_)
            | Stanza::Blocked(_)
            | Stanza::Group(_)
            | Stanza::ErrorStanza(_)
            | Stanza::Ack(_)
            | Stanza::Nack(_)
            | Stanza::ListEnd(_)
            | Stanza::Gap(_)
            | Stanza::Notice(_) => self.forbidden(session, word, stanza.id().cloned()),
        }
    }

    /// What is in the table of stanzas and not in this relay.
    fn has_no(&mut self, session: SessionId, word: &str, id: Option<Id>) {
        self.error(session, ErrorCode::UnknownType, format!("this relay has no {word}"), id);
    }

    /// What a session of the seed dialect says.
    pub(super) fn of_seed(&mut self, now: Now, session: SessionId, stanza: Stanza) {
        let word = stanza.word();
        match stanza {
            Stanza::Chat(chat) => self.on_chat(now, session, chat),
            Stanza::Shake(shake) => self.on_shake(now, session, shake),
            Stanza::Vidio(call) => self.on_vidio(now, session, call),
            Stanza::RVidio(call) => self.on_r_vidio(now, session, call),
            Stanza::Ping(Ping { id }) => self.send(session, Pong { id }),
            Stanza::Pong(_) => {}
            Stanza::Login(login) => self.logged_in_already(session, login.id),
            // Its words are fixed for ever; all others belong to the full dialect or to the relay.
            other => match Row::of(word).map(|row| (row.direction, row.heritage)) {
                Some((Direction::Down, _) | (_, true)) => {
                    self.forbidden(session, word, other.id().cloned());
                }
                Some(_) | None => {
                    let text = format!("the seed dialect has no {word}; log in with <v> to use it");
                    self.error(session, ErrorCode::UnknownType, text, other.id().cloned());
                }
            },
        }
    }

    fn logged_in_already(&mut self, session: SessionId, id: Option<Id>) {
        let text = "this connection is logged in already; open another one for another account";
        self.error(session, ErrorCode::AlreadyLoggedIn, text, id);
    }

    fn forbidden(&mut self, session: SessionId, word: &str, id: Option<Id>) {
        self.error(session, ErrorCode::Forbidden, format!("only the relay sends {word}"), id);
    }
}
