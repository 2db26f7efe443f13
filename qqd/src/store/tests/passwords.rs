//! Random passwords, and tries to join whose end is not known: on disk, for this user alone, gone when they are worth nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::core::op::{Offer, Ticket};
use crate::store::open::open;
use crate::store::writer::Writer;

const CODE: &str = "3v9kq2m8xw4t7ryz0acdefgh1j";

fn writer(dir: &Path) -> Writer {
    Writer::new(open(dir).unwrap())
}

fn carried(writer: &mut Writer, op: Op) -> Done {
    writer.commit(&[asked(0, op)]).pop().unwrap().1.unwrap()
}

fn ticket(name: Option<&str>) -> Ticket {
    Ticket { code: Secret::new(CODE.into()), name: name.map(str::to_owned) }
}

fn offer(device: &str, password: Option<&str>) -> Offer {
    Offer { device: device.into(), password: password.map(|text| Secret::new(text.to_owned())) }
}

fn begun(writer: &mut Writer, name: Option<&str>, offered: Offer) -> Offer {
    match carried(writer, Op::BeginJoin { ticket: ticket(name), offer: offered }) {
        Done::Joining(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

fn password(writer: &mut Writer) -> Option<String> {
    match carried(writer, Op::Password) {
        Done::Password(found) => found.map(|password| password.expose().to_owned()),
        other => panic!("{other:?}"),
    }
}

/// The files that hold a password, with their modes.
fn secrets(dir: &Path) -> Vec<(String, u32)> {
    let mut found: Vec<(String, u32)> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().permissions().mode())
        })
        .filter(|(name, _)| name.starts_with("password.") || name.starts_with("joining."))
        .map(|(name, mode)| (name.split('.').next().unwrap().to_owned(), mode & 0o777))
        .collect();
    found.sort();
    found
}

#[test]
fn the_first_offer_of_a_try_stays_until_the_try_is_over() {
    let dir = TempDir::new().unwrap();
    let mut store = writer(dir.path());
    let first = offer("d1", Some("one"));
    assert_eq!(begun(&mut store, None, first.clone()), first);
    assert_eq!(secrets(dir.path()), [("joining".to_owned(), 0o600)]);
    drop(store);
    let mut store = writer(dir.path());
    assert_eq!(begun(&mut store, None, offer("d2", Some("two"))), first, "also after a restart");
    let other = offer("d3", None);
    assert_eq!(begun(&mut store, Some("bob"), other.clone()), other, "another name is another try");
    assert_eq!(begun(&mut store, Some("bob"), first), other);
    carried(&mut store, Op::EndJoin(ticket(None)));
    carried(&mut store, Op::EndJoin(ticket(None)));
    assert_eq!(secrets(dir.path()).len(), 1);
    assert_eq!(begun(&mut store, None, offer("d4", None)).device, "d4");
}

#[test]
fn an_offer_that_was_not_written_whole_is_none() {
    let dir = TempDir::new().unwrap();
    let mut store = writer(dir.path());
    begun(&mut store, None, offer("d1", None));
    let file = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = { file }.find(|path| path.to_string_lossy().contains("joining.")).unwrap();
    for rest in ["", "no line's end"] {
        fs::write(&file, rest).unwrap();
        assert_eq!(begun(&mut store, None, offer(rest, Some("p"))).device, rest);
    }
}

#[test]
fn a_random_password_lies_beside_the_token_and_goes_with_the_account() {
    for end in [Op::DropPassword, Op::Logout { wipe: true }] {
        let dir = TempDir::new().unwrap();
        let mut store = writer(dir.path());
        assert_eq!(password(&mut store), None);
        carried(&mut store, Op::KeepPassword { password: Secret::new("kept".into()) });
        carried(&mut store, Op::SaveAccount(account("alice")));
        assert_eq!(secrets(dir.path()), [("password".to_owned(), 0o600)]);
        drop(store);
        let mut store = writer(dir.path());
        assert_eq!(password(&mut store).as_deref(), Some("kept"));
        let Done::All(all) = carried(&mut store, Op::LoadAll) else { panic!() };
        assert!(all.present[0].random_password && all.random.is_empty());
        carried(&mut store, end);
        assert!(secrets(dir.path()).is_empty());
    }
}

#[test]
fn a_log_out_keeps_it_and_a_password_of_nobody_is_removed_at_the_start() {
    let dir = TempDir::new().unwrap();
    let mut store = writer(dir.path());
    carried(&mut store, Op::KeepPassword { password: Secret::new("kept".into()) });
    carried(&mut store, Op::SaveAccount(account("alice")));
    carried(&mut store, Op::Logout { wipe: false });
    drop(store);
    let mut store = writer(dir.path());
    let Done::All(all) = carried(&mut store, Op::LoadAll) else { panic!() };
    assert_eq!(all.random, ["alice@example.org"]);
    carried(&mut store, Op::Forget);
    assert!(secrets(dir.path()).is_empty(), "nobody can use it any more");
    carried(&mut store, Op::KeepPassword { password: Secret::new("of a login that was cut off".into()) });
    drop(store);
    drop(writer(dir.path()));
    assert!(secrets(dir.path()).is_empty());
}
