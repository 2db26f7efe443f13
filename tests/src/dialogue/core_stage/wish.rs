//! What a dialogue's administrator asks for, as the core hears it.

use relay_server::core::Limits;
use relay_server::core::op::{AdminOp, InviteKey, InviteOp};

use super::{hash, phc};
use crate::dialogue::{Invite, Wish, code};

/// See the module; `now_ms` is the wall clock.
pub(super) fn op(wish: Wish, limits: &Limits, now_ms: i64) -> AdminOp {
    match wish {
        Wish::Friends { a, b } => AdminOp::FriendAdd { a, b, friends_max: limits.friends, now_ms },
        Wish::Unfriend { a, b } => AdminOp::FriendRemove { a, b, now_ms },
        Wish::Passwd { name, password } => AdminOp::AccountPasswd { name, password: phc(&password) },
        Wish::Remove { name } => AdminOp::AccountRemove { name, now_ms },
        Wish::Invite(Invite { word, name, uses, minutes, friends }) => AdminOp::Invite(InviteOp::Create {
            code: hash(&code(&word)),
            name,
            uses,
            expires_ms: minutes.map(|minutes| now_ms + minutes * 60_000),
            friends,
            now_ms,
        }),
        Wish::Circle { members } => AdminOp::Invite(InviteOp::Circle {
            members: members.iter().map(|name| (name.clone(), hash(&code(name)))).collect(),
            expires_ms: now_ms + 7 * 24 * 60 * 60_000,
            now_ms,
        }),
        Wish::Revoke { word } => {
            let which = InviteKey::Code(hash(&code(&word)));
            AdminOp::Invite(InviteOp::Revoke { which, now_ms })
        }
        Wish::Link { name, word } => AdminOp::AccountLink {
            name,
            code: hash(&code(&word)),
            expires_ms: now_ms + 24 * 60 * 60_000,
            now_ms,
        },
    }
}
