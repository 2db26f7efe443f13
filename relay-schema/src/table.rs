//! The macro behind the table of stanzas: structs, the enum, the rows, reading and writing.

/// The rule of a field: the one named in the table, else the type's own.
macro_rules! rule {
    () => {
        $crate::fields::Plain
    };
    ($Rule:ident) => {
        $crate::fields::$Rule
    };
}

/// Makes of each row `Name = "word" Direction dialect { field: Type as Rule, … }` a struct, a variant and a [`Row`](crate::Row).
macro_rules! stanzas {
    ($(
        $(#[$doc:meta])*
        $Name:ident = $word:literal $direction:ident $dialect:ident {
            $( $(#[$field_doc:meta])* $field:ident: $Type:ty $(as $Rule:ident)?, )*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Default)]
            pub struct $Name {
                $( $(#[$field_doc])* pub $field: $Type, )*
            }

            impl $Name {
                const NAMES: &'static [&'static str; [$(stringify!($field)),*].len()] = &[$(stringify!($field)),*];

                fn read(children: &Children<'_>) -> Result<Self, Flawed> {
                    #[allow(non_camel_case_types, reason = "the variants are the names of fields")]
                    enum At { $($field),* }
                    const LISTS: [bool; $Name::NAMES.len()] = [$(<rule!($($Rule)?) as Rule<$Type>>::LIST),*];
                    let slot = |name: &str| match name {
                        $(stringify!($field) => Some(At::$field as usize),)*
                        _ => None,
                    };
                    let found = fields::place(children, Self::NAMES, &LISTS, slot)?;
                    Ok(Self {
                        $($field: <rule!($($Rule)?) as Rule<$Type>>::read(found[At::$field as usize])
                            .map_err(|flaw| (flaw, stringify!($field)))?,)*
                    })
                }

                fn write(&self, out: &mut Vec<u8>) {
                    out.extend_from_slice(concat!("<msg><type>", $word, "</type>").as_bytes());
                    $(<rule!($($Rule)?) as Rule<$Type>>::write(
                        &self.$field,
                        Tags {
                            open: concat!("<", stringify!($field), ">"),
                            close: concat!("</", stringify!($field), ">"),
                        },
                        out,
                    );)*
                    out.extend_from_slice(b"</msg>");
                }
            }

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
                    $(Self::$Name(stanza) => stanza.write(out),)*
                }
            }

            /// The request's `<id>`, or in an answer the `<id>` of its request.
            pub fn id(&self) -> Option<&Id> {
                match self {
                    $(Self::$Name(_stanza) => {
                        $(if stringify!($field) == "id" {
                            return _stanza.$field.as_id();
                        })*
                        None
                    })*
                }
            }

            fn read(word: &str, children: &Children<'_>) -> Option<Result<Self, Flawed>> {
                match word {
                    $($word => Some($Name::read(children).map(Self::$Name)),)*
                    _ => None,
                }
            }
        }
    };
}
