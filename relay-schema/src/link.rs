//! What the connection itself says: answers, refusals, signs of life.

use crate::{ErrorCode, Id, NackCode, Secret};

stanza! {
    /// `ack`, relay to client: a request is done; for a chat, it is on disk. The same answer for the same `<id>`.
    ///
    /// ```xml
    /// <msg><type>ack</type><id>m1</id><seq>42</seq><conv>c7</conv><cseq>9</cseq><ts>2026-01-02T03:04:05.678Z</ts></msg>
    /// ```
    Ack {
        /// The `<id>` of the request.
        id: Id,
        /// The number of the row it made in one's own inbox, of several the last one; it never moves the cursor.
        seq: Option<u64>,
        /// The conversation, opaque.
        conv: Option<String>,
        /// The message's number in the conversation.
        cseq: Option<u64>,
        /// When it was stored (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
        /// To [`DeviceLink`](crate::DeviceLink): the one-time code.
        code: Option<Secret>,
        /// To [`DeviceLink`](crate::DeviceLink): until when the code works (RFC 3339, UTC, milliseconds).
        expires: Option<String>,
        /// To [`History`](crate::History): `1` there are older messages, `0` there are none.
        more: Option<i32> as YesNo,
    }
}

stanza! {
    /// `nack`, relay to client: a request is not done, a message not stored.
    ///
    /// ```xml
    /// <msg><type>nack</type><id>m1</id><code>rate</code><retry>2000</retry></msg>
    /// ```
    ///
    /// With `<retry>` to a chat it is sticky: every later chat of the session gets the same until that `<id>` comes again.
    Nack {
        /// The `<id>` of the request.
        id: Id,
        /// Why.
        code: NackCode,
        /// When to try again, in milliseconds.
        retry: Option<u64>,
    }
}

stanza! {
    /// `error`, relay to client: a stanza was refused, or the session ends. Both dialects.
    ///
    /// ```xml
    /// <msg><type>error</type><code>bad-field</code><text>&lt;content&gt; of chat is missing; it is required</text><id>m1</id></msg>
    /// ```
    ErrorStanza {
        /// Why.
        code: ErrorCode,
        /// One sentence for a person; empty means that there is none.
        text: String as Omittable,
        /// The `<id>` of the failing stanza, where it had one.
        id: Option<Id>,
    }
}

stanza! {
    /// `ping`, both ways: asks whether the peer lives, after 30 s of silence; dead after 75 s without a byte.
    ///
    /// ```xml
    /// <msg><type>ping</type><id>p3</id></msg>
    /// ```
    Ping {
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `pong`, both ways: the answer to [`Ping`].
    ///
    /// ```xml
    /// <msg><type>pong</type><id>p3</id></msg>
    /// ```
    Pong {
        /// The `<id>` of the ping.
        id: Id,
    }
}
