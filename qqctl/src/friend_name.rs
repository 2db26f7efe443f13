//! On a terminal the beginning of a name is enough, if only one friend fits. A script must say the whole name.

use ipc_schema::client::Client;
use ipc_schema::{Code, Error, friend};

use crate::terminal;

/// The name that the person means: as typed, or the only friend whose account, remark or name begins with it.
pub(crate) fn complete(client: &mut Client, typed: &str) -> Result<String, Error> {
    if !terminal::somebody_is_there() || typed.is_empty() || typed.starts_with(['@', '#']) {
        return Ok(typed.to_owned());
    }
    let listed = match client.call(&friend::List {}) {
        // Several accounts, and nobody said which: whose friends are meant is not known.
        Err(error) if error.code == Code::Ambiguous => return Ok(typed.to_owned()),
        listed => listed?,
    };
    let friends: Vec<&friend::Entry> = listed.groups.iter().flat_map(|group| &group.friends).collect();
    choose(&friends, typed)
}

fn choose(friends: &[&friend::Entry], typed: &str) -> Result<String, Error> {
    if friends.iter().any(|friend| friend.account == typed || friend.remark == typed) {
        return Ok(typed.to_owned());
    }
    let wanted = typed.to_lowercase();
    let begins = |name: &str| name.to_lowercase().starts_with(&wanted);
    let fits: Vec<&&friend::Entry> = friends
        .iter()
        .filter(|friend| begins(&friend.account) || begins(&friend.remark) || begins(&friend.name))
        .collect();
    match fits.as_slice() {
        // Nobody: perhaps an account that is no friend; the relay knows.
        [] => Ok(typed.to_owned()),
        [one] => Ok(one.account.clone()),
        several => {
            let names: Vec<&str> = several.iter().take(5).map(|friend| friend.account.as_str()).collect();
            let sentence = format!("{typed:?} could be {}; type more of the name", names.join(", "));
            Err(Error::new(Code::Ambiguous, sentence))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn friend(account: &str, name: &str) -> friend::Entry {
        friend::Entry { account: account.into(), name: name.into(), ..friend::Entry::default() }
    }

    #[test]
    fn the_beginning_of_a_name_is_enough_if_one_friend_fits() {
        let (bob, bert, ming) = (friend("bob", "Bob"), friend("bert", "Bert"), friend("10002", "小明"));
        let friends = [&bob, &bert, &ming];
        assert_eq!(choose(&friends, "bo").unwrap(), "bob");
        assert_eq!(choose(&friends, "小").unwrap(), "10002");
        assert_eq!(choose(&friends, "bob").unwrap(), "bob");
        assert_eq!(choose(&friends, "carol").unwrap(), "carol");
        assert_eq!(choose(&friends, "b").unwrap_err().code, Code::Ambiguous);
    }
}
