//! Messages, their receipts and marks, and what is older.

use crate::{Body, Id};

stanza! {
    /// `chat`, both ways: a private message; kept while the receiver is off line.
    ///
    /// ```xml
    /// <msg><type>chat</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><content>在吗? 1 &lt; 2 &amp;&amp; "ok" 👋</content></msg>
    /// ```
    ///
    /// The full dialect adds `<id>` and what follows it.
    Chat {
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
}

stanza! {
    /// `recv`, client to relay: this device has committed every row up to a number; batched (200 ms or 64).
    ///
    /// ```xml
    /// <msg><type>recv</type><seq>42</seq></msg>
    /// ```
    Recv {
        /// The highest committed number; cumulative.
        seq: u64,
    }
}

stanza! {
    /// `delivered`, both ways: a message and all before it have reached a device of somebody.
    ///
    /// ```xml
    /// <msg><type>delivered</type><conv>c7</conv><cseq>9</cseq><account>10002</account></msg>
    /// ```
    Delivered {
        /// The conversation.
        conv: String,
        /// The mark, a number in the conversation; it only grows.
        cseq: u64,
        /// Down only: whose mark it is.
        account: Option<String>,
    }
}

stanza! {
    /// `read`, both ways: a message and all before it have been read by somebody; then they were delivered, too, which is
    /// not said apart. Up from the reader, down to a friend's devices and the reader's other ones; never to a stranger.
    ///
    /// Both marks of an account that is invisible go to its own devices only; the other one is told once it is seen again.
    /// Marks that moved after what a login resumes from come before its rows; to a login without `<resume>` come those of
    /// the conversations in the rows that follow, one's own `read` among them.
    ///
    /// ```xml
    /// <msg><type>read</type><conv>c7</conv><cseq>9</cseq><account>10002</account></msg>
    /// ```
    Read {
        /// The conversation.
        conv: String,
        /// The mark, a number in the conversation; it only grows.
        cseq: u64,
        /// Down only: whose mark it is.
        account: Option<String>,
    }
}

stanza! {
    /// `typing`, both ways: somebody begins or stops to write. No request, never stored.
    ///
    /// ```xml
    /// <msg><type>typing</type><friendaccount>10002</friendaccount><state>1</state></msg>
    /// ```
    Typing {
        /// Up whom one writes to, down who writes.
        friendaccount: String,
        /// `1` writes, `0` stopped.
        state: i32 as YesNo,
    }
}

stanza! {
    /// `history`, client to relay: asks for older messages of a conversation; answered by [`Chat`]s without `<seq>`, oldest first,
    /// then by [`Ack`](crate::Ack), which alone carries the `<id>` (of this request, where the chats carry their own), and the
    /// `<conv>` if there is one. A page ends after `<count>` messages or about 64 KiB, whichever comes first, but has one at
    /// least; the ack's `<more>` says whether there are older ones: they are asked for with the first one's `<cseq>` as
    /// `<before>`. Only members of a conversation are answered, also when they are no friends any more: others get
    /// `nack`/`unknown`.
    ///
    /// ```xml
    /// <msg><type>history</type><friendaccount>10002</friendaccount><before>120</before><count>50</count><id>h1</id></msg>
    /// ```
    History {
        /// With whom; this or `<conv>`.
        friendaccount: Option<String>,
        /// The conversation; this or `<friendaccount>`.
        conv: Option<String>,
        /// Older than this `<cseq>`; left out: the newest.
        before: Option<u64>,
        /// How many, 1 to 200; 50 where it is left out.
        count: Option<u64>,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `gap`, relay to client: retention cut these rows; it counts as their receipt.
    ///
    /// ```xml
    /// <msg><type>gap</type><from>1</from><to>40</to></msg>
    /// ```
    Gap {
        /// The first number that is gone.
        from: u64,
        /// The last number that is gone.
        to: u64,
    }
}
