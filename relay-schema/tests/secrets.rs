//! Passwords of every kind fit into the stanza that carries them, and come back as they were.

use relay_schema::qiao::secret;
use relay_schema::{Id, LIMIT_BEFORE_LOGIN, Login, Register, Secret, Stanza};

fn login(password: &str) -> Stanza {
    Login {
        account: "a".repeat(64),
        pwd: Some(Secret::new(password.to_owned())),
        v: Some(1),
        device: Some("6f9619ff-8b86-4d01-b42d-00cf4fc964ff".to_owned()),
        client: Some("qqd/0.1.0".to_owned()),
        resume: Some(i64::MAX as u64),
        epoch: Some("0".repeat(32)),
        ..Login::default()
    }
    .into()
}

#[test]
fn every_password_of_1024_bytes_fits_into_a_stanza_before_login() {
    for part in ["&", "<", ">", "]]>", "]]>&&&&&", "红", "\"", "a"] {
        let password = part.repeat(1_024 / part.len());
        let xml = login(&password).to_xml();
        assert!(xml.len() <= LIMIT_BEFORE_LOGIN, "{part}: {} bytes", xml.len());
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap(), login(&password), "{part}");
    }
}

#[test]
fn an_ordinary_password_is_written_as_it_always_was() {
    assert!(login("红豆&绿豆").to_xml().contains("<pwd>红豆&amp;绿豆</pwd>"));
}

#[test]
fn every_password_fits_into_a_registration_too() {
    for part in ["&", "<", "]]>", "红", "\"", "a"] {
        let register: Stanza = Register {
            account: Some("a".repeat(64)),
            name: Some("&".repeat(128)),
            pwd: Secret::new(part.repeat(1_024 / part.len())),
            invite: Some(secret([255; 16])),
            id: Id::new(&"x".repeat(64)).unwrap(),
        }
        .into();
        let xml = register.to_xml();
        assert!(xml.len() <= LIMIT_BEFORE_LOGIN, "{part}: {} bytes", xml.len());
        assert_eq!(Stanza::parse(xml.as_bytes()).unwrap(), register, "{part}");
    }
}
