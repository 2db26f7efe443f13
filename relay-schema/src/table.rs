//! The macros behind the table of stanzas: `stanza!` makes one type's struct with its reading and writing, `stanzas!` the
//! enum and the rows.

/// The rule of a field: the one named there, else the type's own.
macro_rules! rule {
    () => {
        $crate::fields::Plain
    };
    ($Rule:ident) => {
        $crate::fields::$Rule
    };
}

/// Makes of `Name { field: Type as Rule, … }` a struct whose children are read and written.
macro_rules! stanza {
    (
        $(#[$doc:meta])*
        $Name:ident {
            $( $(#[$field_doc:meta])* $field:ident: $Type:ty $(as $Rule:ident)?, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $Name {
            $( $(#[$field_doc])* pub $field: $Type, )*
        }

        impl $Name {
            pub(crate) const NAMES: &'static [&'static str; [$(stringify!($field)),*].len()] =
                &[$(stringify!($field)),*];

            pub(crate) fn of_children(
                children: &$crate::grammar::Children<'_>,
            ) -> Result<Self, $crate::fields::Flawed> {
                use $crate::fields::Rule;
                #[allow(non_camel_case_types, reason = "the variants are the names of fields")]
                enum At { $($field),* }
                const LISTS: [bool; $Name::NAMES.len()] = [$(<rule!($($Rule)?) as Rule<$Type>>::LIST),*];
                let slot = |name: &str| match name {
                    $(stringify!($field) => Some(At::$field as usize),)*
                    _ => None,
                };
                let found = $crate::fields::place(children, Self::NAMES, &LISTS, slot)?;
                Ok(Self {
                    $($field: <rule!($($Rule)?) as Rule<$Type>>::read(found[At::$field as usize])
                        .map_err(|flaw| (flaw, stringify!($field)))?,)*
                })
            }

            pub(crate) fn write(&self, out: &mut Vec<u8>) {
                use $crate::fields::{Rule, Tags};
                $(<rule!($($Rule)?) as Rule<$Type>>::write(
                    &self.$field,
                    Tags {
                        open: concat!("<", stringify!($field), ">"),
                        close: concat!("</", stringify!($field), ">"),
                    },
                    out,
                );)*
            }

            pub(crate) fn id(&self) -> Option<&$crate::Id> {
                use $crate::fields::AsId;
                $(if stringify!($field) == "id" {
                    return self.$field.as_id();
                })*
                None
            }
        }
    };
}

/// Makes of the rows `Name = "word" Direction dialect` the enum and the table.
macro_rules! stanzas {
    ($($Name:ident = $word:literal $direction:ident $dialect:ident,)*) => {
        $(
            impl From<$Name> for Stanza {
                fn from(stanza: $Name) -> Self {
                    Self::$Name(stanza)
                }
            }
        )*

        /// One `<msg>`; its `<type>` names the variant.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Stanza {
            $(#[doc = concat!("`", $word, "`")] $Name($Name),)*
        }

        /// Every type this version knows, in the table's order.
        pub const TYPES: &[Row] = &[
            $(Row {
                word: $word,
                direction: Direction::$direction,
                fields: $Name::NAMES,
                heritage: Dialect::$dialect.is_seed(),
            },)*
        ];

        impl Stanza {
            /// The `<type>` on the wire.
            pub fn word(&self) -> &'static str {
                match self {
                    $(Self::$Name(_) => $word,)*
                }
            }

            /// Appends the `<msg>` to `out`: children in the table's order, nothing after `</msg>`.
            ///
            /// What XML 1.0 forbids even as a reference (control characters, U+FFFE, U+FFFF) becomes U+FFFD, a number
            /// over 2^63 - 1 becomes that. An empty text in a field that must not be empty is written as it is.
            pub fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$Name(stanza) => {
                        out.extend_from_slice(concat!("<msg><type>", $word, "</type>").as_bytes());
                        stanza.write(out);
                    })*
                }
                out.extend_from_slice(b"</msg>");
            }

            /// The request's `<id>`, or in an answer the `<id>` of its request.
            pub fn id(&self) -> Option<&Id> {
                match self {
                    $(Self::$Name(stanza) => stanza.id(),)*
                }
            }

            fn read(word: &str, children: &Children<'_>) -> Option<Result<Self, Flawed>> {
                match word {
                    $($word => Some($Name::of_children(children).map(Self::$Name)),)*
                    _ => None,
                }
            }
        }
    };
}
