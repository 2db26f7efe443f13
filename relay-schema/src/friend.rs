//! The friend list: who is in it, who asks to be, who is blocked.

use crate::Id;

stanza! {
    /// `friend`, relay to client: one friend; after [`User`](crate::User) the whole list, later a new or changed one.
    ///
    /// ```xml
    /// <msg><type>friend</type><name>小明</name><account>10002</account><picture></picture></msg>
    /// ```
    ///
    /// The full dialect adds `<group>` and what follows it. The stanza is the whole entry: what is left out is empty, and
    /// was perhaps not before.
    Friend {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The friend.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
        /// The friend group it stands in; left out in `friend`.
        group: Option<String>,
        /// One's own name for the friend; left out where there is none.
        remark: Option<String> as MayBeEmpty,
        /// What the friend says about itself; left out where that is nothing.
        note: Option<String> as MayBeEmpty,
        /// The row's number in the account's inbox; not on the rows of a whole list.
        seq: Option<u64>,
        /// When the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `stranger`, relay to client: somebody who wrote and is no friend yet; sent just before the first chat.
    ///
    /// ```xml
    /// <msg><type>stranger</type><name>小刚</name><account>10003</account><picture></picture></msg>
    /// ```
    ///
    /// The full dialect adds `<group>` and what follows it.
    Stranger {
        /// The name that is shown; may be empty.
        name: String as MayBeEmpty,
        /// The stranger.
        account: String,
        /// The avatar's name (SHA-256 in hex); may be empty.
        picture: String as MayBeEmpty,
        /// The friend group it stands in; left out in `stranger`, where all of them stand.
        group: Option<String>,
        /// One's own name for the stranger; left out where there is none.
        remark: Option<String> as MayBeEmpty,
        /// What the stranger says about itself; left out where that is nothing.
        note: Option<String> as MayBeEmpty,
        /// The row's number in the account's inbox; not on the rows of a whole list.
        seq: Option<u64>,
        /// When the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `friend_request`, both ways: up it asks somebody to be friends, down it is the row that says so, to both of them; in a
    /// whole list, one for each request that is open.
    ///
    /// ```xml
    /// <msg><type>friend_request</type><friendaccount>10002</friendaccount><note>我是小红</note><id>f2</id></msg>
    /// ```
    ///
    /// Up it is answered by [`Ack`](crate::Ack) (where the other one had asked already, both are friends at once), or [`Nack`](crate::Nack)
    /// with `unknown`, `forbidden` (one blocks it), `rate` (20 a day; none to the same account for 7 days after a refusal),
    /// `too-big` (the note) or `conflict` (friends already, or oneself). While it is open, the same again changes nothing,
    /// another note makes a new row. However a request ends, its end is a [`FriendAnswer`].
    FriendRequest {
        /// Who is asked.
        friendaccount: String,
        /// What the one who asks says: one line, at most 256 characters; may be empty.
        note: Option<String> as MayBeEmpty,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: who asks.
        myaccount: Option<String>,
        /// Down only: the name that the other one (of the two, not oneself) shows; may be empty.
        name: Option<String> as MayBeEmpty,
        /// Down only: the other one's avatar; may be empty.
        picture: Option<String> as MayBeEmpty,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `friend_answer`, both ways: up it answers a request, down it is the row that says so, to both of them. After `1` both get a
    /// [`Friend`] row, too. Down it also ends a request that gave way to newer ones (500 may be open), or whose other
    /// side is an account no more: with `0`.
    ///
    /// ```xml
    /// <msg><type>friend_answer</type><friendaccount>10001</friendaccount><state>1</state><id>f3</id></msg>
    /// ```
    ///
    /// Answered by [`Ack`](crate::Ack), or [`Nack`](crate::Nack) with `unknown` (no request is open) or `forbidden` (one blocks the
    /// other, or a friend list is full).
    FriendAnswer {
        /// Who had asked.
        friendaccount: String,
        /// `1` accepted, `0` refused.
        state: i32 as YesNo,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: who answered.
        myaccount: Option<String>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `friend_remove`, both ways: up it ends a friendship, down it is the row that says so, to both; one's own group and name for
    /// the friend are forgotten. A stranger leaves one's own list only. A request that is open stays.
    ///
    /// ```xml
    /// <msg><type>friend_remove</type><friendaccount>10002</friendaccount><seq>43</seq></msg>
    /// ```
    FriendRemove {
        /// The friend.
        friendaccount: String,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `friend_move`, client to relay: puts a friend into one of one's own groups, or `friend`. One's own devices get a [`Friend`] row.
    /// Refused with `unknown` (no such friend, or no such group) or `forbidden` (a stranger).
    ///
    /// ```xml
    /// <msg><type>friend_move</type><friendaccount>10002</friendaccount><group>同学</group><id>f4</id></msg>
    /// ```
    FriendMove {
        /// The friend.
        friendaccount: String,
        /// The group; it is there already.
        group: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `friend_rename`, client to relay: one's own name for a friend or stranger. One's own devices get a [`Friend`] or [`Stranger`]
    /// row, nobody else hears of it. Refused with `unknown` or `too-big`.
    ///
    /// ```xml
    /// <msg><type>friend_rename</type><friendaccount>10002</friendaccount><remark>阿明</remark><id>f5</id></msg>
    /// ```
    FriendRename {
        /// The friend.
        friendaccount: String,
        /// One line, at most 64 characters; empty for none.
        remark: String as MayBeEmpty,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `block`, client to relay: nothing of this account arrives any more, and to it one looks like nobody who is off line, with the
    /// name and avatar of now. One's own devices get a [`Blocked`] row. An entry of one's list stays, and so does a request
    /// that is open, unseen. What one sends there is refused with `forbidden`. Refused with `unknown`, `conflict` (oneself) or
    /// `forbidden` (as many are blocked as one may have friends).
    ///
    /// ```xml
    /// <msg><type>block</type><friendaccount>10004</friendaccount><id>f6</id></msg>
    /// ```
    Block {
        /// Who.
        friendaccount: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `unblock`, client to relay: takes a [`Block`] back. If one's profile has changed meanwhile, the other one hears of it now.
    ///
    /// ```xml
    /// <msg><type>unblock</type><friendaccount>10004</friendaccount><id>f7</id></msg>
    /// ```
    Unblock {
        /// Who.
        friendaccount: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `blocked`, relay to client: somebody is blocked, or not any more; in a whole list, one for each who is.
    ///
    /// ```xml
    /// <msg><type>blocked</type><friendaccount>10004</friendaccount><state>1</state><seq>45</seq><ts>2026-01-02T03:04:05.678Z</ts></msg>
    /// ```
    Blocked {
        /// Who.
        friendaccount: String,
        /// `1` blocked, `0` not any more.
        state: i32 as YesNo,
        /// Down only: the row's number in the account's inbox.
        seq: Option<u64>,
        /// Down only: when the row was made (RFC 3339, UTC, milliseconds).
        ts: Option<String>,
    }
}

stanza! {
    /// `list_end`, relay to client: the whole friend list has been sent: each [`Group`](crate::Group), [`Friend`] and
    /// [`Stranger`], [`Blocked`] and open [`FriendRequest`]. Rows up to `seq` change nothing in it; rows behind `seq` may be
    /// counted in already, and applying them again in order ends in the same list.
    ///
    /// ```xml
    /// <msg><type>list_end</type><seq>42</seq></msg>
    /// ```
    ListEnd {
        /// The number of the last row that the list already counts in.
        seq: u64,
    }
}
