//! Drafts: what was typed to somebody and not sent, kept until it is.

use serde::{Deserialize, Serialize};

/// How many characters of a draft a list shows: the mirror keeps no more of it.
pub const DRAFT_SHOWN_CHARS: usize = 80;

/// Keep a text that is not to be sent yet, or show it
///
/// One draft for each conversation, kept on this computer: the windows write what you are typing here, and it is there
/// again after a crash or a restart. Without TEXT it is printed; "" forgets it. Sending does not change it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Draft {
    /// Whose conversation: an account or a remark name; @NAME always means a friend, @me are the notes to yourself
    #[cfg_attr(feature = "cli", arg(value_name = "TO"))]
    pub to: String,
    /// The text, at most 16,384 characters; "-" reads it from standard input, "" forgets the draft
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "cli", arg(value_name = "TEXT"))]
    pub text: Option<String>,
}

/// The reply of `chat.draft`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drafting {
    /// The other one in the conversation.
    pub to: String,
    /// The whole draft as it is kept now; empty when there is none.
    pub text: String,
}

/// `chat.drafted`: the draft of a conversation changed. In `daemon.state`: a draft that there is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drafted {
    /// The other one in the conversation.
    pub friend: String,
    /// Its first 80 characters, to be shown in a list; empty when there is none any more. `chat.draft` has the rest.
    pub text: String,
}

impl Drafted {
    /// A draft as lists show it.
    pub fn new(friend: impl Into<String>, text: &str) -> Self {
        let end = text.char_indices().nth(DRAFT_SHOWN_CHARS).map_or(text.len(), |(at, _)| at);
        Self { friend: friend.into(), text: text[..end].to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_shows_the_first_characters_of_a_draft() {
        assert_eq!(Drafted::new("bob", "你好"), Drafted { friend: "bob".into(), text: "你好".into() });
        let long = Drafted::new("bob", &"好".repeat(DRAFT_SHOWN_CHARS + 1));
        assert_eq!(long.text, "好".repeat(DRAFT_SHOWN_CHARS));
    }
}
