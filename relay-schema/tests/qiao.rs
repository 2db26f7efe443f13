//! `qiao://` links: every one comes back as it was written, and nothing else is taken for one.

use proptest::collection::vec;
use proptest::prelude::*;
use relay_schema::Secret;
use relay_schema::qiao::{Kind, LINK_MAX, Link, NoLink, Pin, Place, canonical, secret};

const CODE: &str = "3v9kq2m8xw4t7ryz0acdefgh1j";
const PIN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn place() -> impl Strategy<Value = Place> {
    let v4 = any::<[u8; 4]>().prop_map(|bytes| std::net::Ipv4Addr::from(bytes).to_string());
    let v6 = any::<[u8; 16]>().prop_map(|bytes| std::net::Ipv6Addr::from(bytes).to_string());
    let name = "[a-z0-9][a-z0-9-]{0,10}(\\.[a-z0-9][a-z0-9-]{0,10}){0,3}";
    (prop_oneof![v4, v6, name], 1..=u16::MAX).prop_map(|(host, port)| Place { host, port })
}

fn link() -> impl Strategy<Value = Link> {
    let pin = proptest::option::of(any::<[u8; 32]>().prop_map(Pin));
    let account = proptest::option::of("[a-z0-9][a-z0-9._-]{0,63}");
    (vec(place(), 1..=16), account, any::<[u8; 16]>(), pin).prop_map(|(places, account, random, pin)| {
        let code = secret(random);
        match account {
            None => Link { kind: Kind::Invite, places, code, pin },
            Some(account) => {
                let code = Secret::new(format!("{account}.{}", code.expose()));
                Link { kind: Kind::Device, places, code, pin }
            }
        }
    })
}

proptest! {
    #[test]
    fn every_link_comes_back_as_it_was_written(link in link()) {
        let text = link.to_string();
        if text.len() <= LINK_MAX {
            prop_assert_eq!(&text.parse::<Link>().unwrap(), &link);
            // As a person may paste it.
            prop_assert_eq!(&format!(" {text}\n").parse::<Link>().unwrap(), &link);
        } else {
            prop_assert_eq!(text.parse::<Link>().unwrap_err(), NoLink::Shape);
        }
        let shown = format!("{link:?}");
        prop_assert!(!shown.contains(link.code.expose()));
    }

    #[test]
    fn no_text_whatever_makes_it_fall_over(text in "(qiao://)?[ -~é]{0,200}") {
        if let Ok(link) = text.parse::<Link>() {
            prop_assert_eq!(link.to_string().parse::<Link>().unwrap(), link);
        }
    }

    #[test]
    fn two_secrets_are_never_written_alike(a in any::<[u8; 16]>(), b in any::<[u8; 16]>()) {
        prop_assert_eq!(secret(a) == secret(b), a == b);
        let text = secret(a).expose().to_owned();
        prop_assert_eq!(canonical(&text), Some(text));
    }
}

#[test]
fn the_frozen_examples() {
    let invite = format!("qiao://relay.example:5290,192.168.1.5:5290,[2001:db8::5]:443/i/{CODE}#{PIN}");
    let link: Link = invite.parse().unwrap();
    assert_eq!(link.kind, Kind::Invite);
    let places: Vec<String> = link.places.iter().map(Place::to_string).collect();
    assert_eq!(places, ["relay.example:5290", "192.168.1.5:5290", "[2001:db8::5]:443"]);
    assert_eq!((link.code.expose(), link.account()), (CODE, None));
    assert_eq!(link.pin.unwrap().0, std::array::from_fn(|at| u8::try_from(at).unwrap()));
    assert_eq!(link.to_string(), invite);

    let device = format!("qiao://127.0.0.1:5290/d/a.b-c.{CODE}");
    let link: Link = device.parse().unwrap();
    assert_eq!((link.kind, link.account(), link.pin), (Kind::Device, Some("a.b-c"), None));
    assert_eq!(link.to_string(), device);

    assert_eq!(secret([0; 16]).expose(), "0".repeat(26));
    assert_eq!(secret([255; 16]).expose(), format!("7{}", "z".repeat(25)));
}

#[test]
fn what_people_type_wrongly_is_put_right() {
    let typed =
        format!("QIAO://Relay.Example:5290/i/{}", CODE.to_uppercase().replace('1', "I").replace('0', "o"));
    assert_eq!(typed.parse::<Link>().unwrap().to_string(), format!("qiao://relay.example:5290/i/{CODE}"));
    let device = format!("qiao://h:1/d/Alice.{}", CODE.to_uppercase());
    assert_eq!(device.parse::<Link>().unwrap().code.expose(), format!("alice.{CODE}"));
}

#[test]
fn what_is_no_link_is_refused_with_what_is_wrong() {
    let short = &CODE[1..];
    let many = vec!["h:1"; 17].join(",");
    let long = format!("qiao://{}/i/{CODE}", vec![format!("{}.example:1", "x".repeat(63)); 15].join(","));
    for (text, why) in [
        ("", NoLink::Scheme),
        ("https://h:1/i/x", NoLink::Scheme),
        ("qiao:/", NoLink::Scheme),
        ("qiao:/é", NoLink::Scheme),
        (&format!("qiao://h :1/i/{CODE}"), NoLink::Shape),
        (&format!("qiao://é:1/i/{CODE}"), NoLink::Shape),
        (&long, NoLink::Shape),
        ("qiao://h:1", NoLink::Kind),
        (&format!("qiao://h:1/x/{CODE}"), NoLink::Kind),
        (&format!("qiao://h:1/{CODE}"), NoLink::Kind),
        (&format!("qiao:///i/{CODE}"), NoLink::Place),
        (&format!("qiao://h/i/{CODE}"), NoLink::Place),
        (&format!("qiao://h:0/i/{CODE}"), NoLink::Place),
        (&format!("qiao://h:+1/i/{CODE}"), NoLink::Place),
        (&format!("qiao://h:65536/i/{CODE}"), NoLink::Place),
        (&format!("qiao://::1:1/i/{CODE}"), NoLink::Place),
        (&format!("qiao://[::g]:1/i/{CODE}"), NoLink::Place),
        (&format!("qiao://-h:1/i/{CODE}"), NoLink::Place),
        (&format!("qiao://u@h:1/i/{CODE}"), NoLink::Place),
        (&format!("qiao://h:1,/i/{CODE}"), NoLink::Place),
        (&format!("qiao://{many}/i/{CODE}"), NoLink::Place),
        ("qiao://h:1/i/", NoLink::Code),
        (&format!("qiao://h:1/i/{short}"), NoLink::Code),
        (&format!("qiao://h:1/i/u{short}"), NoLink::Code),
        (&format!("qiao://h:1/i/8{short}"), NoLink::Code),
        (&format!("qiao://h:1/i/{CODE}/"), NoLink::Code),
        (&format!("qiao://h:1/d/{CODE}"), NoLink::Code),
        (&format!("qiao://h:1/d/.{CODE}"), NoLink::Code),
        (&format!("qiao://h:1/d/a b.{CODE}"), NoLink::Shape),
        (&format!("qiao://h:1/d/a/b.{CODE}"), NoLink::Code),
        (&format!("qiao://h:1/i/{CODE}#"), NoLink::Pin),
        (&format!("qiao://h:1/i/{CODE}#{}", &PIN[1..]), NoLink::Pin),
        (&format!("qiao://h:1/i/{CODE}#{PIN}="), NoLink::Pin),
        (&format!("qiao://h:1/i/{CODE}#{PIN}#"), NoLink::Pin),
    ] {
        assert_eq!(text.parse::<Link>().unwrap_err(), why, "{text}");
    }
}
