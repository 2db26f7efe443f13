//! Friends: requests and answers, the end of a friendship, where a friend stands and what one calls it, blocks.

use relay_schema::{Block, FriendAnswer, FriendMove, FriendRemove, FriendRename, FriendRequest, Unblock};

use super::change::other;
use super::group::known_group;
use super::op::Wish;
use super::{Core, Now, SessionId};

/// The most characters of what is said with a request.
const NOTE_MAX: usize = 256;
/// The most characters of one's own name for a friend.
const REMARK_MAX: usize = 64;

impl Core {
    pub(super) fn on_friend_request(&mut self, now: Now, session: SessionId, asked: FriendRequest) {
        let FriendRequest { friendaccount, note, id, .. } = asked;
        let field = ("friend_request", "note");
        let note = note.unwrap_or_default();
        let Some(note) = self.text(session, id.as_ref(), field, &note, NOTE_MAX) else { return };
        let wish = Wish::Request { other: other(&friendaccount), note };
        self.wish(now, session, "friend_request", id, wish);
    }

    pub(super) fn on_friend_answer(&mut self, now: Now, session: SessionId, answer: FriendAnswer) {
        let FriendAnswer { friendaccount, state, id, .. } = answer;
        let wish = Wish::Answer { other: other(&friendaccount), accepted: state == 1 };
        self.wish(now, session, "friend_answer", id, wish);
    }

    pub(super) fn on_friend_remove(&mut self, now: Now, session: SessionId, removed: FriendRemove) {
        let FriendRemove { friendaccount, id, .. } = removed;
        self.wish(now, session, "friend_remove", id, Wish::Remove { other: other(&friendaccount) });
    }

    pub(super) fn on_friend_move(&mut self, now: Now, session: SessionId, moved: FriendMove) {
        let FriendMove { friendaccount, group, id } = moved;
        let wish = Wish::Move { other: other(&friendaccount), group: known_group(&group) };
        self.wish(now, session, "friend_move", Some(id), wish);
    }

    pub(super) fn on_friend_rename(&mut self, now: Now, session: SessionId, renamed: FriendRename) {
        let FriendRename { friendaccount, remark, id } = renamed;
        let field = ("friend_rename", "remark");
        let Some(remark) = self.text(session, Some(&id), field, &remark, REMARK_MAX) else { return };
        let wish = Wish::Rename { other: other(&friendaccount), remark };
        self.wish(now, session, "friend_rename", Some(id), wish);
    }

    pub(super) fn on_block_wish(&mut self, now: Now, session: SessionId, block: Block) {
        let Block { friendaccount, id } = block;
        self.wish(now, session, "block", Some(id), Wish::Block { other: other(&friendaccount) });
    }

    pub(super) fn on_unblock_wish(&mut self, now: Now, session: SessionId, unblock: Unblock) {
        let Unblock { friendaccount, id } = unblock;
        self.wish(now, session, "unblock", Some(id), Wish::Unblock { other: other(&friendaccount) });
    }
}
