//! The code words of `error`, `nack`, `login_response`, `register_response` and `call_end`.
//!
//! A word that this version does not know is kept as `Other`, so that an addition breaks nobody.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($(#[$doc:meta])* $Name:ident { $first:ident = $first_word:literal $first_doc:literal, $($Code:ident = $word:literal $code_doc:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
        pub enum $Name {
            #[doc = concat!("`", $first_word, "`: ", $first_doc)]
            #[default]
            $first,
            $(#[doc = concat!("`", $word, "`: ", $code_doc)] $Code,)*
            /// A word that this version does not know.
            Other(String),
        }

        impl $Name {
            /// Every word this version knows.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$Code),*];

            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$Code => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $Name {
            fn from(word: &str) -> Self {
                match word {
                    $first_word => Self::$first,
                    $($word => Self::$Code,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl FromStr for $Name {
            type Err = Infallible;

            fn from_str(word: &str) -> Result<Self, Infallible> {
                Ok(Self::from(word))
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

codes! {
    /// Why a stanza or a session is refused: the `<code>` of [`ErrorStanza`](crate::ErrorStanza).
    ErrorCode {
        Malformed = "malformed" "the grammar is broken; the connection is closed.",
        TooLong = "too-long" "the stanza is over its limit; the connection is closed.",
        TooSlow = "too-slow" "a time limit passed; the connection is closed.",
        UnknownType = "unknown-type" "nobody knows this `<type>`.",
        BadField = "bad-field" "a required child is missing, empty or bad.",
        NotYourAccount = "not-your-account" "`<myaccount>` is not the account that logged in.",
        Forbidden = "forbidden" "only the relay sends this type.",
        LoginFirst = "login-first" "the session is not logged in; closed at the third.",
        AlreadyLoggedIn = "already-logged-in" "the session is logged in.",
        Rate = "rate" "seed dialect: too many in too short a time.",
        TooBig = "too-big" "seed dialect: the content is too long.",
        Storage = "storage" "seed dialect: the relay has no room on its disk.",
        Disabled = "disabled" "the account was disabled; its devices' tokens are good again once it is enabled.",
        Revoked = "revoked" "this device was revoked, or the account's password changed, or the account was disabled or removed; the next login says whether its token is still right.",
        Replaced = "replaced" "the same device logged in again; this session ends.",
        Resume = "resume" "`<resume>` is above the head of the same epoch: start again from 0.",
    }

    /// Why a login was refused: the `<reason>` of [`LoginResponse`](crate::LoginResponse).
    LoginReason {
        Credentials = "credentials" "account, password or token is wrong.",
        Throttled = "throttled" "too many failed tries; `<retry>` says when again.",
        Disabled = "disabled" "the account is disabled.",
        Busy = "busy" "the relay checks too many passwords now; `<retry>` says when again.",
        Version = "version" "the relay speaks no version that the client speaks.",
        Devices = "devices" "the account has too many devices.",
    }

    /// Why an account was not made: the `<reason>` of [`RegisterResponse`](crate::RegisterResponse).
    RegisterReason {
        Invite = "invite" "there is no such invitation, or registration needs one.",
        UsedUp = "used-up" "the invitation has made all the accounts that it was for.",
        Expired = "expired" "the invitation's time is over.",
        Revoked = "revoked" "the administrator has taken the invitation back.",
        Joined = "joined" "the account that the invitation is for is there already, by another link or by the administrator.",
        OtherName = "other-name" "the invitation is for an account of another name.",
        Taken = "taken" "there is an account of that name.",
        Name = "name" "no account can have that name (or show the other one), or none was given and the invitation has none.",
        Weak = "weak" "the password is not allowed: 1 to 1,024 bytes, no control characters.",
        Throttled = "throttled" "too many tries; `<retry>` says when again.",
        Busy = "busy" "the relay cannot make accounts now; `<retry>` says when again.",
    }

    /// Why a call ended: the `<reason>` of [`CallEnd`](crate::CallEnd).
    CallReason {
        Hangup = "hangup" "one of the two hung up.",
        Declined = "declined" "the callee did not want it.",
        Busy = "busy" "the callee is in another call.",
        Timeout = "timeout" "nobody answered within 60 s.",
        AnsweredElsewhere = "answered-elsewhere" "another device of the callee took it.",
        Glare = "glare" "both called each other at once; the other call goes on.",
        Failed = "failed" "no path for media, or another defect.",
    }

    /// Why a request was not carried out: the `<code>` of [`Nack`](crate::Nack).
    NackCode {
        Unknown = "unknown" "there is nobody of that name whom you may reach.",
        Forbidden = "forbidden" "this is not allowed to you.",
        TooBig = "too-big" "the content is too long.",
        Rate = "rate" "too many in too short a time; `<retry>` says when again.",
        Storage = "storage" "the relay has no room on its disk.",
        Conflict = "conflict" "the `<id>` was used for another content; or it cannot be because of what is there already.",
        Offline = "offline" "`<require>` was `online`, and nobody is.",
        Credentials = "credentials" "`passwd`, `account_remove`: the password is wrong.",
        Weak = "weak" "`passwd`: the new password is not allowed.",
        NoEncryption = "no-encryption" "the other side has no client that can encrypt a call.",
    }
}

#[cfg(test)]
mod tests {
    //! Every word there and back.

    use super::*;

    #[test]
    fn every_code_word_is_read_back_and_unknown_ones_are_kept() {
        for code in ErrorCode::ALL {
            assert_eq!(&ErrorCode::from(code.as_str()), code);
        }
        for code in NackCode::ALL {
            assert_eq!(&NackCode::from(code.as_str()), code);
        }
        for reason in LoginReason::ALL {
            assert_eq!(&LoginReason::from(reason.as_str()), reason);
        }
        for reason in RegisterReason::ALL {
            assert_eq!(&RegisterReason::from(reason.as_str()), reason);
        }
        assert_eq!("stale-epoch".parse(), Ok(NackCode::Other("stale-epoch".into())));
        assert_eq!(NackCode::Other("stale-epoch".into()).to_string(), "stale-epoch");
    }
}
