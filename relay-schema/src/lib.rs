//! The relay protocol.
//!
//! What qqd and relay-server say to each other over one TCP (TLS) connection, stanza by stanza. These pages are the
//! specification: each struct below is one stanza, its fields are the children of its `<msg>`, in the order in which
//! they are written. [`Framer`] cuts a connection's bytes into stanzas, [`Stanza::parse`] reads one, [`Stanza::write`]
//! writes one, [`TYPES`] lists them all.
#![doc = include_str!("protocol.md")]

mod codes;
mod error;
mod fields;
mod frame;
mod grammar;
mod row;
mod scan;
mod stanza;
mod strict;
#[macro_use]
mod table;
mod types;

pub use codes::{ErrorCode, LoginReason, NackCode};
pub use error::{Fault, Refusal};
pub use frame::{Frame, Framer, LIMIT_AFTER_LOGIN, LIMIT_BEFORE_LOGIN};
pub use row::{Direction, Row};
pub use types::{Body, Id, NoId, Secret};

use fields::{AsId as _, Flawed, Rule, Tags};
use grammar::Children;
use row::Dialect;

// COMPAT: `vidio`, `r_vidio` (video), `line` (presence) and `user` (one's own profile) are the wire's old spellings. They
// stand in this table and nowhere else.
stanzas! {
    /// `login`, client to relay: asks to log in.
    ///
    /// ```xml
    /// <msg><type>login</type><account>10001</account><pwd>红豆&amp;绿豆</pwd></msg>
    /// ```
    ///
    /// The full dialect adds `<v>` and what follows it; then a `<token>` may stand instead of `<pwd>`. One of them is required.
    Login = "login" Up Seed {
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
    }

    /// `login_response`, relay to client: the answer to a login.
    ///
    /// ```xml
    /// <msg><type>login_response</type><state>0</state><reason>throttled</reason><retry>6000</retry></msg>
    /// ```
    ///
    /// After `0` the connection stays open for another try. The full dialect adds `<id>` and what follows it.
    LoginResponse = "login_response" Down Seed {
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

    /// `user`, relay to client: one's own profile, once, after [`LoginResponse`].
    ///
    /// ```xml
    /// <msg><type>user</type><name>小红</name><account>10001</account><picture></picture></msg>
    /// ```
    User = "user" Down Seed {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The account that is logged in.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
    }

    /// `friend`, relay to client: one friend; after [`User`] the whole list, later a new or changed one.
    ///
    /// ```xml
    /// <msg><type>friend</type><name>小明</name><account>10002</account><picture></picture></msg>
    /// ```
    ///
    /// The full dialect adds `<group>` and what follows it.
    Friend = "friend" Down Seed {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The friend.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
        /// The friend group it stands in.
        group: Option<String>,
        /// One's own name for the friend; may be empty.
        remark: Option<String> as MayBeEmpty,
        /// What the friend says about itself; may be empty.
        note: Option<String> as MayBeEmpty,
        /// The row's number in the account's inbox; not on the rows of a whole list.
        seq: Option<u64>,
        /// When the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }

    /// `stranger`, relay to client: somebody who wrote and is no friend yet; sent just before the first chat.
    ///
    /// ```xml
    /// <msg><type>stranger</type><name>小刚</name><account>10003</account><picture></picture></msg>
    /// ```
    ///
    /// The full dialect adds `<group>` and what follows it.
    Stranger = "stranger" Down Seed {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The stranger.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
        /// The friend group it stands in.
        group: Option<String>,
        /// One's own name for the stranger; may be empty.
        remark: Option<String> as MayBeEmpty,
        /// What the stranger says about itself; may be empty.
        note: Option<String> as MayBeEmpty,
        /// The row's number in the account's inbox; not on the rows of a whole list.
        seq: Option<u64>,
        /// When the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }

    /// `chat`, both ways: a private message; kept while the receiver is off line.
    ///
    /// ```xml
    /// <msg><type>chat</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><content>在吗? 1 &lt; 2 &amp;&amp; "ok" 👋</content></msg>
    /// ```
    ///
    /// The full dialect adds `<id>` and what follows it.
    Chat = "chat" Both Seed {
        /// The sender: the account that logged in, nobody else.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// The text, at most 16,384 characters.
        content: String,
        /// The message's name; made by the relay for a seed sender's chat.
        id: Option<Id>,
        /// What the content is; `text` where it is left out.
        kind: Option<String>,
        /// The message that this one answers.
        re: Option<Id>,
        /// Opaque bytes beside the content.
        body: Option<Body>,
        /// Up only. `online`: store nothing and answer `nack`/`offline` if the receiver is off line.
        require: Option<String>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: the conversation, opaque.
        conv: Option<String>,
        /// Down only: the message's number in the conversation.
        cseq: Option<u64>,
        /// Down only: when the message was stored (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }

    /// `line`, both ways: presence.
    ///
    /// ```xml
    /// <msg><type>line</type><state>-1</state><friendaccount>10002</friendaccount></msg>
    /// ```
    ///
    /// Down without `<id>` it is news about a friend, with `<id>` (or in the seed dialect) the answer to a chat, shake or
    /// call that nobody of the receiver is on line. Up, in the full dialect, it sets one's own and has no `<friendaccount>`.
    Line = "line" Both Seed {
        /// `1` on line, `2` away, `3` busy, `-1` off line; up also `0`, invisible.
        state: i32 as Presence,
        /// Whose presence it is; left out for one's own.
        friendaccount: Option<String>,
        /// What somebody says about the state; may be empty.
        note: Option<String> as MayBeEmpty,
        /// The request that this answers.
        id: Option<Id>,
    }

    /// `shake`, both ways: shakes the friend's chat window; only while on line, never kept.
    ///
    /// ```xml
    /// <msg><type>shake</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount></msg>
    /// ```
    Shake = "shake" Both Seed {
        /// The sender.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// Full dialect: the name of this request.
        id: Option<Id>,
    }

    /// `vidio`, both ways: asks for a video call. COMPAT: the heritage's spelling.
    ///
    /// ```xml
    /// <msg><type>vidio</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><session>127.0.0.1,40001</session></msg>
    /// ```
    Vidio = "vidio" Both Seed {
        /// The caller.
        myaccount: String,
        /// Who is called.
        friendaccount: String,
        /// Where the caller receives media, as `ip,port`; `0.0.0.0,0` in the full dialect.
        session: String as Address,
        /// Full dialect: the name of this request.
        id: Option<Id>,
    }

    /// `r_vidio`, both ways: accepts a video call. COMPAT: the heritage's spelling.
    ///
    /// ```xml
    /// <msg><type>r_vidio</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount><session>127.0.0.1,40002</session></msg>
    /// ```
    RVidio = "r_vidio" Both Seed {
        /// Who was called.
        myaccount: String,
        /// The caller.
        friendaccount: String,
        /// Where the callee receives media, as `ip,port`; `0.0.0.0,0` in the full dialect.
        session: String as Address,
        /// Full dialect: the name of this request.
        id: Option<Id>,
    }

    /// `error`, relay to client: a stanza was refused, or the session ends. Both dialects.
    ///
    /// ```xml
    /// <msg><type>error</type><code>bad-field</code><text>&lt;content&gt; of chat is missing; it is required</text><id>m1</id></msg>
    /// ```
    ErrorStanza = "error" Down Seed {
        /// Why.
        code: ErrorCode,
        /// One sentence for a person; empty means that there is none.
        text: String as Omittable,
        /// The `<id>` of the failing stanza, where it had one.
        id: Option<Id>,
    }

    /// `logout`, client to relay: ends the session and revokes its own device's token.
    ///
    /// ```xml
    /// <msg><type>logout</type><id>q7</id></msg>
    /// ```
    Logout = "logout" Up Full {
        /// The name of this request.
        id: Option<Id>,
    }

    /// `ack`, relay to client: a request is done; for a chat, it is on disk. The same answer for the same `<id>`.
    ///
    /// ```xml
    /// <msg><type>ack</type><id>m1</id><seq>42</seq><conv>c7</conv><cseq>9</cseq><ts>2026-01-02T03:04:05.678Z</ts></msg>
    /// ```
    Ack = "ack" Down Full {
        /// The `<id>` of the request.
        id: Id,
        /// The number of the row it made in one's own inbox; it never moves the cursor.
        seq: Option<u64>,
        /// The conversation, opaque.
        conv: Option<String>,
        /// The message's number in the conversation.
        cseq: Option<u64>,
        /// When it was stored (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }

    /// `nack`, relay to client: a request is not done, a message not stored.
    ///
    /// ```xml
    /// <msg><type>nack</type><id>m1</id><code>rate</code><retry>2000</retry></msg>
    /// ```
    ///
    /// With `<retry>` to a chat it is sticky: every later chat of the session gets the same until that `<id>` comes again.
    Nack = "nack" Down Full {
        /// The `<id>` of the request.
        id: Id,
        /// Why.
        code: NackCode,
        /// When to try again, in milliseconds.
        retry: Option<u64>,
    }

    /// `recv`, client to relay: this device has committed every row up to a number; batched (200 ms or 64).
    ///
    /// ```xml
    /// <msg><type>recv</type><seq>42</seq></msg>
    /// ```
    Recv = "recv" Up Full {
        /// The highest committed number; cumulative.
        seq: u64,
    }

    /// `delivered`, both ways: a message and all before it have reached a device of somebody.
    ///
    /// ```xml
    /// <msg><type>delivered</type><conv>c7</conv><cseq>9</cseq><account>10002</account></msg>
    /// ```
    Delivered = "delivered" Both Full {
        /// The conversation.
        conv: String,
        /// The mark, a number in the conversation; it only grows.
        cseq: u64,
        /// Down only: whose mark it is.
        account: Option<String>,
    }

    /// `ping`, both ways: asks whether the peer lives, after 30 s of silence; dead after 75 s without a byte.
    ///
    /// ```xml
    /// <msg><type>ping</type><id>p3</id></msg>
    /// ```
    Ping = "ping" Both Full {
        /// The name of this request.
        id: Id,
    }

    /// `pong`, both ways: the answer to [`Ping`].
    ///
    /// ```xml
    /// <msg><type>pong</type><id>p3</id></msg>
    /// ```
    Pong = "pong" Both Full {
        /// The `<id>` of the ping.
        id: Id,
    }

    /// `friend_remove`, both ways: up it ends a friendship, down it is the row that says so.
    ///
    /// ```xml
    /// <msg><type>friend_remove</type><friendaccount>10002</friendaccount><seq>43</seq></msg>
    /// ```
    FriendRemove = "friend_remove" Both Full {
        /// The friend.
        friendaccount: String,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
    }

    /// `list_end`, relay to client: the whole friend list has been sent.
    ///
    /// ```xml
    /// <msg><type>list_end</type><seq>42</seq></msg>
    /// ```
    ListEnd = "list_end" Down Full {
        /// The number of the last row that the list already counts in.
        seq: u64,
    }

    /// `gap`, relay to client: retention cut these rows; it counts as their receipt.
    ///
    /// ```xml
    /// <msg><type>gap</type><from>1</from><to>40</to></msg>
    /// ```
    Gap = "gap" Down Full {
        /// The first number that is gone.
        from: u64,
        /// The last number that is gone.
        to: u64,
    }

    /// `notice`, relay to client: something the account's owner should know.
    ///
    /// ```xml
    /// <msg><type>notice</type><code>token-reused</code><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><text>An old token of this device was used.</text></msg>
    /// ```
    Notice = "notice" Down Full {
        /// What happened, such as `token-reused`.
        code: String,
        /// The device it happened with.
        device: Option<String>,
        /// One sentence for a person; empty means that there is none.
        text: String as Omittable,
    }
}
