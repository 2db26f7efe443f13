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
            Stanza::FriendRequest(asked) => self.on_friend_request(now, session, asked),
            Stanza::FriendAnswer(answer) => self.on_friend_answer(now, session, answer),
            Stanza::FriendRemove(removed) => self.on_friend_remove(now, session, removed),
            Stanza::FriendMove(moved) => self.on_friend_move(now, session, moved),
            Stanza::FriendRename(renamed) => self.on_friend_rename(now, session, renamed),
            Stanza::Block(block) => self.on_block_wish(now, session, block),
            Stanza::Unblock(unblock) => self.on_unblock_wish(now, session, unblock),
            Stanza::GroupAdd(added) => self.on_group_add(now, session, added),
            Stanza::GroupRename(renamed) => self.on_group_rename(now, session, renamed),
            Stanza::GroupRemove(removed) => self.on_group_remove(now, session, removed),
            Stanza::Profile(profile) => self.on_profile(now, session, profile),
            Stanza::PicturePut(put) => self.on_picture_put(now, session, put),
            Stanza::PictureGet(get) => self.on_picture_get(now, session, get),
            Stanza::Recv(recv) => self.on_recv(session, recv.seq),
            Stanza::Delivered(mark) => self.on_mark(now, session, MarkKind::Delivered, mark.conv, mark.cseq),
            Stanza::Read(mark) => self.on_mark(now, session, MarkKind::Read, mark.conv, mark.cseq),
            Stanza::Typing(typing) => self.on_typing(now, session, &typing),
            Stanza::History(asked) => self.on_history(now, session, asked),
            Stanza::Logout(logout) => self.on_logout(session, logout),
            Stanza::Ping(Ping { id }) => self.send(session, Pong { id }),
            Stanza::Pong(_) => {}
            Stanza::Login(login) => self.logged_in_already(session, login.id),
            Stanza::Register(register) => self.logged_in_already(session, Some(register.id)),
            Stanza::Passwd(passwd) => self.on_passwd(now, session, passwd),
            Stanza::AccountRemove(remove) => self.on_account_remove(now, session, remove),
            Stanza::DeviceList(list) => self.on_device_list(now, session, list),
            Stanza::DeviceRevoke(revoke) => self.on_device_revoke(now, session, revoke),
            Stanza::DeviceLink(link) => self.on_device_link(now, session, link),
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
