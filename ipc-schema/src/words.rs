//! Enums whose variants are words: lower case in JSON, the same word when printed. One macro, so
//! that the word in JSON and the word on a terminal cannot drift apart.

/// Makes an enum of words with `word()`, `ALL`, `Display` and serde.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $Name:ident {
        $($(#[$vmeta:meta])* $Variant:ident = $word:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $Name {
            $($(#[$vmeta])* #[serde(rename = $word)] $Variant,)*
        }

        impl $Name {
            /// Every word, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$Variant),*];

            /// The word in JSON and on a terminal.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$Variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

pub(crate) use words;
