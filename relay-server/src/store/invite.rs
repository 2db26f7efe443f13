//! Invitations: made, listed, taken back by the administrator; asked about and used by whoever wants an account.

use relay_schema::RegisterReason;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::account;
use super::friend::{self, Person};
use crate::core::op::{
    AccountId, AdminDone, AdminError, CodeHash, FriendKind, Inquired, Inquiry, InviteKey, InviteOp,
    InviteRow, InviteState, Join, Joined, Member, Row,
};

type Answer = std::result::Result<AdminDone, AdminError>;

/// An invitation's row.
struct Invite {
    id: i64,
    short: String,
    name: Option<String>,
    circle: Option<i64>,
    uses: u32,
    used: u32,
    created_ms: i64,
    expires_ms: Option<i64>,
    revoked_ms: Option<i64>,
    /// The account that it is for is there.
    is_taken: bool,
}

const COLUMNS: &str = "SELECT id, short, name, circle, uses, used, created_ms, expires_ms, revoked_ms,
        EXISTS (SELECT 1 FROM account a WHERE a.name = invite.name AND a.removed_ms IS NULL)
    FROM invite";

impl Invite {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            short: row.get(1)?,
            name: row.get(2)?,
            circle: row.get(3)?,
            uses: row.get(4)?,
            used: row.get(5)?,
            created_ms: row.get(6)?,
            expires_ms: row.get(7)?,
            revoked_ms: row.get(8)?,
            is_taken: row.get(9)?,
        })
    }

    fn state(&self, now_ms: i64) -> InviteState {
        if self.revoked_ms.is_some() {
            InviteState::Revoked
        } else if self.used >= self.uses {
            InviteState::UsedUp
        } else if self.expires_ms.is_some_and(|expires| expires <= now_ms) {
            InviteState::Expired
        } else if self.is_taken {
            InviteState::NameTaken
        } else {
            InviteState::Open
        }
    }

    /// Why it makes no account (any more).
    fn refusal(&self, now_ms: i64) -> Option<RegisterReason> {
        match self.state(now_ms) {
            InviteState::Open => None,
            InviteState::Revoked => Some(RegisterReason::Revoked),
            InviteState::UsedUp => Some(RegisterReason::UsedUp),
            InviteState::Expired => Some(RegisterReason::Expired),
            InviteState::NameTaken => Some(RegisterReason::Joined),
        }
    }

    fn row(self, conn: &Connection, now_ms: i64) -> Result<InviteRow> {
        let state = self.state(now_ms);
        let friends = conn
            .prepare_cached(
                "SELECT a.name FROM invite_friend f JOIN account a ON a.id = f.account
                 WHERE f.invite = ?1 AND a.removed_ms IS NULL ORDER BY a.name",
            )?
            .query_map([self.id], |row| row.get(0))?
            .collect::<Result<_>>()?;
        let Self { short: id, name, uses, used, created_ms, expires_ms, revoked_ms, .. } = self;
        Ok(InviteRow { id, name, uses, used, created_ms, expires_ms, revoked_ms, state, friends })
    }
}

/// Whether it only reads.
pub(super) fn is_read(op: &InviteOp) -> bool {
    match op {
        InviteOp::List { .. } => true,
        InviteOp::Create { .. } | InviteOp::Circle { .. } | InviteOp::Revoke { .. } => false,
    }
}

/// Does what the administrator asks, or says why not.
pub(super) fn invite(conn: &Connection, op: &InviteOp) -> Result<Answer> {
    match op {
        InviteOp::Create { code, name, uses, expires_ms, friends, now_ms } => {
            let new =
                New { code, name: name.as_deref(), uses: *uses, expires_ms: *expires_ms, now_ms: *now_ms };
            create(conn, &new, friends)
        }
        InviteOp::Circle { members, expires_ms, now_ms } => circle(conn, members, *expires_ms, *now_ms),
        InviteOp::List { now_ms } => all(conn, *now_ms).map(|rows| Ok(AdminDone::Invites(rows))),
        InviteOp::Revoke { which, now_ms } => revoke(conn, which, *now_ms),
    }
}

/// An invitation to be made.
struct New<'a> {
    code: &'a CodeHash,
    name: Option<&'a str>,
    uses: u32,
    expires_ms: Option<i64>,
    now_ms: i64,
}

fn create(conn: &Connection, new: &New<'_>, friends: &[String]) -> Result<Answer> {
    if let Some(name) = new.name
        && friend::person_named(conn, name)?.is_some()
    {
        return Ok(Err(AdminError::Taken(name.to_owned())));
    }
    let mut people = Vec::with_capacity(friends.len());
    for name in friends {
        match friend::person_named(conn, name)? {
            Some(person) => people.push(person.id),
            None => return Ok(Err(AdminError::NoAccount(name.clone()))),
        }
    }
    let id = insert(conn, new, None)?;
    for person in people {
        conn.prepare_cached("INSERT OR IGNORE INTO invite_friend (invite, account) VALUES (?1, ?2)")?
            .execute([id, person])?;
    }
    let made = conn.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?.query_row([id], Invite::read)?;
    Ok(Ok(AdminDone::Invites(vec![made.row(conn, new.now_ms)?])))
}

fn insert(conn: &Connection, new: &New<'_>, circle: Option<i64>) -> Result<i64> {
    let short: String = new.code.0.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    conn.prepare_cached(
        "INSERT INTO invite (short, hash, name, circle, uses, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .insert(params![short, new.code.0, new.name, circle, new.uses, new.now_ms, new.expires_ms])
}

/// One invitation for each who has no account yet. Who was in a circle with one of them before stays in it.
fn circle(conn: &Connection, members: &[(String, CodeHash)], expires_ms: i64, now_ms: i64) -> Result<Answer> {
    let mut known: Option<i64> = None;
    for (name, _) in members {
        let newest: Option<i64> = conn
            .prepare_cached("SELECT max(circle) FROM invite WHERE name = ?1")?
            .query_row([name], |row| row.get(0))?;
        known = known.max(newest);
    }
    let circle = match known {
        Some(circle) => circle,
        None => conn
            .prepare_cached("SELECT coalesce(max(circle), 0) + 1 FROM invite")?
            .query_row([], |row| row.get(0))?,
    };
    let mut seats = Vec::with_capacity(members.len());
    for (name, code) in members {
        let joined = friend::person_named(conn, name)?.is_some();
        if !joined {
            let new = New { code, name: Some(name), uses: 1, expires_ms: Some(expires_ms), now_ms };
            insert(conn, &new, Some(circle))?;
        }
        seats.push(Member { name: name.clone(), joined });
    }
    Ok(Ok(AdminDone::Circle(seats)))
}

fn all(conn: &Connection, now_ms: i64) -> Result<Vec<InviteRow>> {
    let invites: Vec<Invite> = conn
        .prepare_cached(&format!("{COLUMNS} ORDER BY id DESC"))?
        .query_map([], Invite::read)?
        .collect::<Result<_>>()?;
    invites.into_iter().map(|invite| invite.row(conn, now_ms)).collect()
}

/// Takes one back, or all that may still make an account of that name. Where none is left to be taken back, those that
/// were before.
fn revoke(conn: &Connection, which: &InviteKey, now_ms: i64) -> Result<Answer> {
    let (found, all) = match which {
        InviteKey::Code(code) => (by_code(conn, code)?.into_iter().collect(), None),
        InviteKey::Short(short) => {
            let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE short = ?1"))?;
            (select.query_map([short], Invite::read)?.collect::<Result<Vec<_>>>()?, None)
        }
        InviteKey::Name(name) => {
            let mut select = conn.prepare_cached(&format!("{COLUMNS} WHERE name = ?1 ORDER BY id"))?;
            (select.query_map([name], Invite::read)?.collect::<Result<Vec<_>>>()?, Some(name))
        }
    };
    let (before, mut found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|invite| invite.revoked_ms.is_some());
    if all.is_some() {
        let ends =
            |invite: &Invite| matches!(invite.state(now_ms), InviteState::Open | InviteState::NameTaken);
        found.retain(ends);
    }
    let already = found.is_empty();
    if already && before.is_empty() {
        return Ok(Err(all.map_or(AdminError::NoInvite, |name| AdminError::NoInviteFor(name.clone()))));
    }
    let mut rows = Vec::new();
    for invite in if already { before } else { found } {
        conn.prepare_cached("UPDATE invite SET revoked_ms = coalesce(revoked_ms, ?2) WHERE id = ?1")?
            .execute(params![invite.id, now_ms])?;
        let revoked_ms = invite.revoked_ms.or(Some(now_ms));
        rows.push(Invite { revoked_ms, ..invite }.row(conn, now_ms)?);
    }
    Ok(Ok(AdminDone::Revoked { invites: rows, already }))
}

fn by_code(conn: &Connection, code: &CodeHash) -> Result<Option<Invite>> {
    conn.prepare_cached(&format!("{COLUMNS} WHERE hash = ?1"))?.query_row([code.0], Invite::read).optional()
}

/// What becomes of somebody who wants an account. Whoever shows no code that was ever made learns nothing of any
/// account.
pub(super) fn inquire(conn: &Connection, op: &Inquiry) -> Result<Inquired> {
    Ok(match look(conn, op)? {
        Look::Free(name, _) => Inquired::Free(name),
        Look::Else(other) => other,
    })
}

/// What was found, with the invitation where it makes the account.
enum Look {
    Free(String, Option<Invite>),
    Else(Inquired),
}

fn look(conn: &Connection, op: &Inquiry) -> Result<Look> {
    let refused = |reason| Ok(Look::Else(Inquired::Refused(reason)));
    let invite = match &op.code {
        Some(code) => match by_code(conn, code)? {
            Some(invite) => Some(invite),
            None => return refused(RegisterReason::Invite),
        },
        None => None,
    };
    let own = invite.as_ref().and_then(|invite| invite.name.clone());
    let is_other = own.as_ref().is_some_and(|own| op.name.as_ref().is_some_and(|name| name != own));
    let Some(name) = op.name.clone().or(own) else { return refused(RegisterReason::Name) };
    let refusal = invite.as_ref().and_then(|invite| invite.refusal(op.now_ms));
    // An invitation for somebody makes the account of that name, and no other.
    let refusal = refusal.or_else(|| is_other.then_some(RegisterReason::OtherName));
    let Some(account) = friend::find(conn, &name, op.network, op.now_ms)? else {
        return match refusal {
            Some(reason) => refused(reason),
            None => Ok(Look::Free(name, invite)),
        };
    };
    let reason = refusal.unwrap_or(RegisterReason::Taken);
    if came_by(conn, account.id, invite.as_ref())? {
        return Ok(Look::Else(Inquired::Joined(Box::new(account), reason)));
    }
    refused(reason)
}

/// Whether the account was made with this very invitation, or by open registration if there is none.
fn came_by(conn: &Connection, account: AccountId, invite: Option<&Invite>) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM joined WHERE account = ?1 AND invite IS ?2")?
        .exists(params![account, invite.map(|invite| invite.id)])
}

/// Makes the account, and the friendships that come with the invitation. A refusal has written nothing.
pub(super) fn join(conn: &Connection, op: &Join) -> Result<Joined> {
    // Nobody's network: how it is known does not matter here.
    let network = crate::core::op::Network(std::net::IpAddr::from([0, 0, 0, 0]));
    let inquiry = Inquiry { name: Some(op.name.clone()), code: op.code, network, now_ms: op.now_ms };
    let invite = match look(conn, &inquiry)? {
        Look::Free(_, invite) => invite,
        Look::Else(Inquired::Joined(_, reason) | Inquired::Refused(reason)) => return Ok(Err(reason)),
        Look::Else(Inquired::Free(_)) => return Ok(Err(RegisterReason::Taken)),
    };
    let id = account::make(conn, &op.name, &op.shown, &op.password, op.now_ms)?;
    conn.prepare_cached("INSERT INTO joined (account, invite) VALUES (?1, ?2)")?
        .execute(params![id, invite.as_ref().map(|invite| invite.id)])?;
    let Some(invite) = invite else { return Ok(Ok(Vec::new())) };
    conn.prepare_cached("UPDATE invite SET used = used + 1 WHERE id = ?1")?.execute([invite.id])?;
    if let (Some(circle), Some(name)) = (invite.circle, &invite.name) {
        // An earlier or later link for the same person has done its work, too.
        conn.prepare_cached("UPDATE invite SET used = uses WHERE circle = ?1 AND name = ?2")?
            .execute(params![circle, name])?;
    }
    let Some(mut person) = friend::person(conn, id)? else { return Ok(Ok(Vec::new())) };
    let friends = friends_of(conn, &invite, id)?;
    Ok(Ok(befriend(conn, &mut person, &friends, op.friends_max, op.now_ms)?))
}

/// Those whose friend comes by this invitation: who was named, and who came by the circle before.
fn friends_of(conn: &Connection, invite: &Invite, but: AccountId) -> Result<Vec<AccountId>> {
    conn.prepare_cached(
        "SELECT account FROM invite_friend WHERE invite = ?1
         UNION
         SELECT j.account FROM joined j JOIN invite i ON i.id = j.invite WHERE i.circle = ?2 AND j.account <> ?3
         ORDER BY 1",
    )?
    .query_map(params![invite.id, invite.circle, but], |row| row.get(0))?
    .collect()
}

/// Friends on both sides, as far as the lists have room.
fn befriend(
    conn: &Connection,
    person: &mut Person,
    friends: &[AccountId],
    max: u32,
    now_ms: i64,
) -> Result<Vec<(AccountId, Row)>> {
    let mut rows = Vec::with_capacity(2 * friends.len());
    let is_full =
        |account| friend::count(conn, account, FriendKind::Friend).map(|count| count >= u64::from(max));
    for other in friends {
        let Some(mut other) = friend::person(conn, *other)? else { continue };
        if is_full(other.id)? || is_full(person.id)? {
            continue;
        }
        rows.push((other.id, friend::put(conn, &mut other, person.id, FriendKind::Friend, now_ms)?));
        rows.push((person.id, friend::put(conn, person, other.id, FriendKind::Friend, now_ms)?));
    }
    Ok(rows)
}
