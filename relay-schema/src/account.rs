//! `login`, `register`, `passwd` and what else concerns an account as a whole.

use crate::{Id, LoginReason, RegisterReason, Secret};

stanza! {
    /// `login`, client to relay: asks to log in.
    ///
    /// ```xml
    /// <msg><type>login</type><account>10001</account><pwd>红豆&amp;绿豆</pwd></msg>
    /// ```
    ///
    /// The full dialect adds `<v>` and what follows it; then a `<token>` or a `<code>` may stand instead of `<pwd>`. One of them is required.
    Login {
        /// The account that logs in.
        account: String,
        /// The password, 1 to 1,024 bytes; required unless there is a token.
        pwd: Option<Secret>,
        /// The name of this request.
        id: Option<Id>,
        /// The highest version of the full dialect the client knows; without it the session is in the seed dialect.
        v: Option<u64>,
        /// What the client can do beyond the version; repeated.
        feature: Vec<String>,
        /// A UUID that the daemon keeps; unique per account.
        device: Option<String>,
        /// The program, as name/version.
        client: Option<String>,
        /// The last sequence number this device has committed; left out on a new device.
        resume: Option<u64>,
        /// The store that this device knows.
        epoch: Option<String>,
        /// The token of the last login, instead of the password.
        token: Option<Secret>,
        /// A one-time code of [`DeviceLink`](crate::DeviceLink) or of the administrator, instead of the password.
        code: Option<Secret>,
        /// How this device shows itself from the start, as in [`Line`](crate::Line): friends then see no other state in between.
        state: Option<i32> as Presence,
        /// What somebody says about the state; may be empty.
        note: Option<String> as MayBeEmpty,
    }
}

stanza! {
    /// `login_response`, relay to client: the answer to a login.
    ///
    /// ```xml
    /// <msg><type>login_response</type><state>0</state><reason>throttled</reason><retry>6000</retry></msg>
    /// ```
    ///
    /// After `0` the connection stays open for another try. The full dialect adds `<id>` and what follows it.
    LoginResponse {
        /// `1` logged in, `0` refused.
        state: i32 as YesNo,
        /// Why it was refused.
        reason: Option<LoginReason>,
        /// When to try again, in milliseconds; with `throttled` and `busy`.
        retry: Option<u64>,
        /// The `<id>` of the login.
        id: Option<Id>,
        /// The highest version both know.
        v: Option<u64>,
        /// What both can do beyond the version; repeated.
        feature: Vec<String>,
        /// The device that is logged in now.
        device: Option<String>,
        /// The token for the next login; the client sends nothing more until it is on disk.
        token: Option<Secret>,
        /// The store, 128 random bits; another one than before means: resume from 0.
        epoch: Option<String>,
        /// The head: the account's highest sequence number.
        seq: Option<u64>,
        /// The number before the first row that follows: the new `last`.
        from: Option<u64>,
    }
}

stanza! {
    /// `user`, relay to client: one's own profile, once, after [`LoginResponse`].
    ///
    /// ```xml
    /// <msg><type>user</type><name>小红</name><account>10001</account><picture></picture></msg>
    /// ```
    User {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The account that is logged in.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
        /// Full dialect: what one says about oneself; may be empty.
        note: Option<String> as MayBeEmpty,
    }
}

stanza! {
    /// `register`, client to relay, before the login: makes an account, by an invitation or where registration is open.
    ///
    /// ```xml
    /// <msg><type>register</type><account>alice</account><name>Alice</name><pwd>p2</pwd><invite>7k3m9q</invite><id>r1</id></msg>
    /// ```
    ///
    /// The same request again, with the right password, is answered `1` again: an answer that was lost costs nothing.
    Register {
        /// The account's name; left out, the one that the invitation was made for.
        account: Option<String>,
        /// The name that is shown, at most 64 characters; left out, the account's.
        name: Option<String>,
        /// The password, 1 to 1,024 bytes.
        pwd: Secret,
        /// The invitation's code; not needed where registration is open.
        invite: Option<Secret>,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `register_response`, relay to client: the answer to [`Register`]. The session is not logged in by it.
    ///
    /// ```xml
    /// <msg><type>register_response</type><state>1</state><id>r1</id><account>alice</account></msg>
    /// ```
    RegisterResponse {
        /// `1` the account is there, `0` refused.
        state: i32 as YesNo,
        /// Why it was refused.
        reason: Option<RegisterReason>,
        /// When to try again, in milliseconds; with `throttled` and `busy`.
        retry: Option<u64>,
        /// The `<id>` of the request.
        id: Option<Id>,
        /// The account's name; with `1`.
        account: Option<String>,
    }
}

stanza! {
    /// `passwd`, client to relay: another password. It needs the old one even in a session that began with a token; every
    /// other session and device of the account is out within a second.
    ///
    /// ```xml
    /// <msg><type>passwd</type><pwd>p2</pwd><new>p3</new><id>p1</id></msg>
    /// ```
    ///
    /// Answered by [`Ack`](crate::Ack), or [`Nack`](crate::Nack) with `credentials`, `weak`, `rate` or `storage`.
    Passwd {
        /// The password so far.
        pwd: Secret,
        /// The new one, 1 to 1,024 bytes.
        new: Secret,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `account_remove`, client to relay: ends the account for good. It needs the password even in a session that began
    /// with a token. After the [`Ack`](crate::Ack) the connection is closed.
    ///
    /// ```xml
    /// <msg><type>account_remove</type><pwd>p2</pwd><id>p2</id></msg>
    /// ```
    AccountRemove {
        /// The password.
        pwd: Secret,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `logout`, client to relay: ends the session and revokes its own device's token.
    ///
    /// ```xml
    /// <msg><type>logout</type><id>q7</id></msg>
    /// ```
    Logout {
        /// The name of this request.
        id: Option<Id>,
    }
}

stanza! {
    /// `notice`, relay to client: something the account's owner should know.
    ///
    /// ```xml
    /// <msg><type>notice</type><code>token-reused</code><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><text>An old token of this device was used.</text></msg>
    /// ```
    Notice {
        /// What happened, such as `token-reused`.
        code: String,
        /// The device it happened with.
        device: Option<String>,
        /// One sentence for a person; empty means that there is none.
        text: String as Omittable,
    }
}
