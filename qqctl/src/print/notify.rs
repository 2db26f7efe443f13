//! The rules for notifications.

use ipc_schema::notify::{Rules, Shows};

use super::Printer;
use crate::Stop;
use crate::text::{one_line, time};

impl Printer {
    /// `notify status`, and what every other verb of it answers.
    pub(crate) fn rules(&self, rules: &Rules) -> Result<(), Stop> {
        self.reply(rules, |_| told(rules))
    }
}

fn told(rules: &Rules) -> String {
    let dnd = match (&rules.dnd_until, rules.dnd) {
        (_, false) => "off".to_owned(),
        (None, true) => "on".to_owned(),
        (Some(until), true) => format!("on, until {}", time(until)),
    };
    let content = match rules.content {
        Shows::Full => "the whole message",
        Shows::Name => "only who wrote",
        Shows::Nothing => "only that something came",
    };
    let muted: Vec<String> = rules.muted.iter().map(|who| one_line(who)).collect();
    let muted = if muted.is_empty() { "nobody".to_owned() } else { muted.join(", ") };
    let quiet = rules.quiet.as_deref().map_or_else(|| "none".to_owned(), one_line);
    format!("Do not disturb: {dnd}\nQuiet hours: {quiet}\nShown: {content}\nMuted: {muted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_a_line() {
        let rules =
            Rules { quiet: Some("22:00-07:00".into()), muted: vec!["a@x/bob".into()], ..Rules::default() };
        assert_eq!(
            told(&rules),
            "Do not disturb: off\nQuiet hours: 22:00-07:00\nShown: the whole message\nMuted: a@x/bob"
        );
        let rules =
            Rules { dnd: true, dnd_until: Some("soon".into()), content: Shows::Name, ..Rules::default() };
        assert_eq!(
            told(&rules),
            "Do not disturb: on, until soon\nQuiet hours: none\nShown: only who wrote\nMuted: nobody"
        );
    }
}
