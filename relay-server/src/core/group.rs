//! One's own groups: made, renamed, removed.

use relay_schema::{ErrorCode, GroupAdd, GroupRemove, GroupRename, Id};

use super::op::Wish;
use super::{Core, Now, SessionId};

/// The most characters of a group's name.
const NAME_MAX: usize = 64;

impl Core {
    pub(super) fn on_group_add(&mut self, now: Now, session: SessionId, added: GroupAdd) {
        let GroupAdd { group, id } = added;
        let Some(group) = self.group_name(session, Some(&id), ("group_add", "group"), &group) else {
            return;
        };
        self.wish(now, session, "group_add", Some(id), Wish::GroupAdd { group });
    }

    pub(super) fn on_group_rename(&mut self, now: Now, session: SessionId, renamed: GroupRename) {
        let GroupRename { group, new, id, .. } = renamed;
        let Some(new) = self.group_name(session, id.as_ref(), ("group_rename", "new"), &new) else {
            return;
        };
        let wish = Wish::GroupRename { group: known_group(&group), new };
        self.wish(now, session, "group_rename", id, wish);
    }

    pub(super) fn on_group_remove(&mut self, now: Now, session: SessionId, removed: GroupRemove) {
        let GroupRemove { group, id, .. } = removed;
        self.wish(now, session, "group_remove", id, Wish::GroupRemove { group: known_group(&group) });
    }

    /// A name that a group may have; none if it is refused, and answered.
    fn group_name(
        &mut self,
        session: SessionId,
        id: Option<&Id>,
        (word, field): (&str, &str),
        name: &str,
    ) -> Option<String> {
        let name = self.text(session, id, (word, field), name, NAME_MAX)?;
        if name.is_empty() {
            let why = format!("<{field}> of {word} is only white space; a group needs a name");
            self.error(session, ErrorCode::BadField, why, id.cloned());
            return None;
        }
        Some(name)
    }
}

/// The name of a group that should be there; empty for what is too long for one: no group has it.
pub(super) fn known_group(text: &str) -> String {
    let text = text.trim();
    if text.chars().nth(NAME_MAX).is_some() { String::new() } else { text.to_owned() }
}
