//! The lines of the administrator's socket, and what is refused before the store sees it.

use super::*;
use crate::core::op::InviteState;

#[test]
fn every_wish_and_answer_has_its_frozen_line() {
    let phc = || Phc("$argon2id$x".into());
    let digest = || Digest("00ff".into());
    let add = Wish::AccountAdd { account: "bob".into(), name: "Bob".into(), password: phc() };
    for (wish, line) in [
        (add, r#"{"do":"account.add","account":"bob","name":"Bob","password":"$argon2id$x"}"#),
        (Wish::AccountList, r#"{"do":"account.list"}"#),
        (
            Wish::AccountPasswd { account: "bob".into(), password: phc() },
            r#"{"do":"account.passwd","account":"bob","password":"$argon2id$x"}"#,
        ),
        (Wish::AccountDisable { account: "bob".into() }, r#"{"do":"account.disable","account":"bob"}"#),
        (Wish::AccountEnable { account: "bob".into() }, r#"{"do":"account.enable","account":"bob"}"#),
        (Wish::AccountRemove { account: "bob".into() }, r#"{"do":"account.remove","account":"bob"}"#),
        (
            Wish::AccountLink { account: "bob".into(), code: digest(), time_ms: 5 },
            r#"{"do":"account.link","account":"bob","code":"00ff","time_ms":5}"#,
        ),
        (
            Wish::InviteCreate {
                code: digest(),
                name: Some("bob".into()),
                uses: 1,
                time_ms: None,
                friends: vec!["a".into()],
            },
            r#"{"do":"invite.create","code":"00ff","name":"bob","uses":1,"time_ms":null,"friends":["a"]}"#,
        ),
        (
            Wish::InviteCircle { members: vec![("bob".into(), digest())], time_ms: 5 },
            r#"{"do":"invite.circle","members":[["bob","00ff"]],"time_ms":5}"#,
        ),
        (Wish::InviteList, r#"{"do":"invite.list"}"#),
        (
            Wish::InviteRevoke { which: Named::Id("0f".into()) },
            r#"{"do":"invite.revoke","which":{"id":"0f"}}"#,
        ),
        (
            Wish::InviteRevoke { which: Named::Code(digest()) },
            r#"{"do":"invite.revoke","which":{"code":"00ff"}}"#,
        ),
        (
            Wish::InviteRevoke { which: Named::Name("bob".into()) },
            r#"{"do":"invite.revoke","which":{"name":"bob"}}"#,
        ),
        (Wish::ServerShow, r#"{"do":"server.show"}"#),
        (Wish::FriendAdd { a: "a".into(), b: "b".into() }, r#"{"do":"friend.add","a":"a","b":"b"}"#),
        (Wish::FriendRemove { a: "a".into(), b: "b".into() }, r#"{"do":"friend.remove","a":"a","b":"b"}"#),
    ] {
        assert_eq!(serde_json::to_string(&wish).unwrap(), line);
        assert_eq!(serde_json::from_str::<Wish>(line).unwrap(), wish);
    }
    let trouble = Answer::Error(Trouble::new(Code::NotFound, "nobody"));
    let listening = Listening { tls: "[::]:5290".parse().unwrap(), pin: Some(digest()) };
    let invite = InviteRow {
        id: "0f".into(),
        name: None,
        uses: 2,
        used: 1,
        created_ms: 3,
        expires_ms: Some(4),
        revoked_ms: None,
        state: InviteState::UsedUp,
        friends: vec!["a".into()],
    };
    let member = Member { name: "bob".into(), joined: true };
    for (answer, line) in [
        (Answer::Ok(Report::default()), r#"{"ok":{}}"#),
        (Answer::Ok(Report { accounts: Some(Vec::new()), ..Report::default() }), r#"{"ok":{"accounts":[]}}"#),
        (
            Answer::Ok(Report { server: Some(listening), ..Report::default() }),
            r#"{"ok":{"server":{"tls":"[::]:5290","pin":"00ff"}}}"#,
        ),
        (
            Answer::Ok(Report { invites: Some(vec![invite]), ..Report::default() }),
            r#"{"ok":{"invites":[{"id":"0f","name":null,"uses":2,"used":1,"created_ms":3,"expires_ms":4,"state":"used-up","friends":["a"]}]}}"#,
        ),
        (
            Answer::Ok(Report { circle: Some(vec![member]), ..Report::default() }),
            r#"{"ok":{"circle":[{"name":"bob","joined":true}]}}"#,
        ),
        (trouble, r#"{"error":{"code":"not_found","message":"nobody"}}"#),
    ] {
        assert_eq!(serde_json::to_string(&answer).unwrap(), line);
        assert_eq!(serde_json::from_str::<Answer>(line).unwrap(), answer);
    }
}

#[test]
fn names_are_lower_cased_and_bad_or_reserved_ones_refused_with_a_sentence() {
    let add = |account: &str, name: &str| {
        let wish = Wish::AccountAdd { account: account.into(), name: name.into(), password: Phc("x".into()) };
        wish.into_op(5, 7)
    };
    let AdminOp::AccountAdd { name, shown, .. } = add("Alice", "").unwrap() else { panic!() };
    assert_eq!((name.as_str(), shown.as_str()), ("alice", "Alice"));
    for bad in
        ["", "a b", ".x", "Root", "system", "admin", "relay", "me", "Me", &"x".repeat(65), "a\u{1b}[2J"]
    {
        let trouble = add(bad, "").unwrap_err();
        assert_eq!(trouble.code, Code::Usage);
        assert!(!trouble.message.contains('\u{1b}') && trouble.message.len() < 300, "{trouble}");
    }
    assert!(add("bob", "Bob\nEve").is_err());
    assert!(add("bob", &"x".repeat(65)).is_err());
    assert!(
        Wish::AccountRemove { account: "root".into() }.into_op(5, 7).is_ok(),
        "it may exist from elsewhere"
    );
}

#[test]
fn a_password_hash_is_not_printed() {
    let wish = Wish::AccountPasswd { account: "bob".into(), password: Phc("$argon2id$secret".into()) };
    assert!(!format!("{wish:?}").contains("secret"));
}
