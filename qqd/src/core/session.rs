//! What the relay says within a session: each stanza to its feature.

use ipc_schema::{Event, account};
use relay_schema::{Ack, ErrorCode, ErrorStanza, Line, Nack, Notice, Refusal, Stanza};

use super::account::Account;
use super::failure::Failure;
use super::name::quote;

impl Account {
    pub(super) fn on_stanza(&mut self, stanza: Stanza) {
        match stanza {
            Stanza::User(user) => self.on_user(user),
            Stanza::Profile(profile) => self.on_profile(profile),
            Stanza::ListEnd(end) => self.on_list_end(&end),
            stanza @ (Stanza::Friend(_)
            | Stanza::Stranger(_)
            | Stanza::FriendRequest(_)
            | Stanza::FriendAnswer(_)
            | Stanza::FriendRemove(_)
            | Stanza::Blocked(_)
            | Stanza::Group(_)
            | Stanza::GroupRename(_)
            | Stanza::GroupRemove(_)) => self.on_list_stanza(stanza),
            Stanza::Chat(chat) => self.on_chat(chat),
            Stanza::Gap(gap) => self.on_gap(&gap),
            Stanza::Delivered(mark) => self.on_delivered(mark),
            Stanza::Read(mark) => self.on_read_mark(mark),
            Stanza::Typing(typing) => self.on_typing(&typing),
            Stanza::Line(line) => self.on_line(line),
            Stanza::Shake(shake) => self.on_shake(&shake),
            Stanza::Ack(ack) => self.on_ack(ack),
            Stanza::Nack(nack) => self.on_nack(&nack),
            Stanza::Device(device) => {
                let id = device.id.clone();
                self.on_asked_part(&id, device.into(), false);
            }
            Stanza::Picture(picture) => {
                let id = picture.id.clone();
                self.on_asked_part(&id, picture.into(), true);
            }
            Stanza::Ping(ping) => self.on_ping(ping),
            Stanza::ErrorStanza(error) => self.on_error(&error),
            Stanza::Notice(notice) => self.on_notice(&notice),
            Stanza::Pong(pong) => self.on_pong(&pong),
            Stanza::Vidio(asked) => self.on_vidio(asked),
            Stanza::CallRinging(ringing) => self.on_call_ringing(ringing),
            Stanza::RVidio(accepted) => self.on_r_vidio(accepted),
            Stanza::CallEnd(end) => self.on_call_end(end),
            // There is no media that could take such a path; a second answer to the login is unsolicited; the others are
            // what a client says.
            Stanza::CallCandidate(_) => {}
            Stanza::LoginResponse(_) | Stanza::Login(_) | Stanza::Logout(_) | Stanza::Recv(_) => {}
            // What has no feature here: kept as it came and passed, if it is a row.
            other => {
                if let Some(seq) = other.seq() {
                    self.on_unknown_row(seq, other.to_xml().into_bytes());
                }
            }
        }
    }

    /// Something that the account's owner should know; words of the relay are shown, never obeyed.
    fn on_notice(&mut self, notice: &Notice) {
        const REUSED: &str =
            "somebody has used an old login of one of your devices: if it was not you, change your password";
        let message = match (notice.code.as_str(), notice.text.as_str()) {
            ("token-reused", _) => REUSED.to_owned(),
            (code, "") => format!("the server says: {}", quote(code)),
            (_, text) => format!("the server says: {}", quote(text)),
        };
        let device = notice.device.as_deref().map(quote);
        self.tell(Event::AccountNotice(account::Notice { code: quote(&notice.code), message, device }));
    }

    /// An answer that nobody waits for (twice, or unsolicited) changes nothing.
    fn on_ack(&mut self, ack: Ack) {
        let taken =
            self.on_logout_answer(&ack.id, true) || self.on_shake_ack(&ack.id) || self.on_asked_ack(&ack);
        if !taken {
            self.on_chat_ack(ack);
        }
    }

    fn on_nack(&mut self, nack: &Nack) {
        let taken = self.on_logout_answer(&nack.id, false)
            || self.on_shake_nack(nack)
            || self.on_asked_refusal(&nack.id, nack.code.as_str(), nack.retry);
        if !taken {
            self.on_chat_nack(nack);
        }
    }

    /// Without an id it is news, with one an answer: nobody of the receiver is on line.
    fn on_line(&mut self, line: Line) {
        match &line.id {
            None => self.on_presence(&line),
            Some(id) => {
                let taken = self.on_shake_away(id) || self.on_asked_refusal(id, "offline", None);
                if !taken {
                    self.on_chat_away(id);
                }
            }
        }
    }

    fn on_error(&mut self, error: &ErrorStanza) {
        let relay = self.relay();
        match &error.code {
            ErrorCode::Malformed | ErrorCode::TooLong | ErrorCode::TooSlow => {
                self.suspect(error.id.as_ref());
                let what =
                    format!("it could not read what this daemon sent ({})", quote(error.code.as_str()));
                self.fail(Failure::trouble(&what, &relay));
            }
            ErrorCode::Replaced => {
                let often = self.link.pacer.replaced(self.now.mono);
                self.fail(if often { Failure::copied(&relay) } else { Failure::replaced(&relay) });
            }
            ErrorCode::Revoked => {
                // It is worth nothing any more; the password brings the account back.
                self.token = None;
                self.fail(Failure::revoked(&self.local, &relay, self.random_password));
            }
            // The token is good again once the account is enabled.
            ErrorCode::Disabled => self.fail(Failure::disabled(&self.local, &relay)),
            // It only says why this session begins anew.
            ErrorCode::Resume if self.inbox.anew => {}
            ErrorCode::Resume => {
                self.inbox.start_over = true;
                self.fail(Failure::resume(&relay));
            }
            code => {
                let Some(id) = &error.id else { return };
                let taken = self.on_logout_answer(id, false)
                    || self.on_shake_error(id, code.as_str())
                    || self.on_asked_refusal(id, code.as_str(), None);
                if !taken {
                    self.on_chat_refused(id, code.as_str());
                }
            }
        }
    }

    /// What this version cannot read is kept when it is a row, and passed over when it is not.
    pub(super) fn on_unreadable(&mut self, refusal: &Refusal, raw: Vec<u8>) {
        if refusal.fault.closes() {
            self.stumble(raw);
            let relay = self.relay();
            let what = format!("what it says cannot be read ({})", quote(&refusal.text));
            return self.fail(Failure::trouble(&what, &relay));
        }
        if let Some(seq) = refusal.seq {
            self.on_unknown_row(seq, raw);
        }
    }
}
