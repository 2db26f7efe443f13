//! The devices of one account: listed, revoked, linked.

use crate::Id;

stanza! {
    /// `device_list`, client to relay: asks for the account's devices; answered by one [`Device`] each, then [`Ack`](crate::Ack).
    ///
    /// ```xml
    /// <msg><type>device_list</type><id>d1</id></msg>
    /// ```
    DeviceList {
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `device`, relay to client: one device of the account.
    ///
    /// ```xml
    /// <msg><type>device</type><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><client>qqd/0.1.0</client><ts>2026-01-02T03:04:05.678Z</ts><state>1</state><id>d1</id></msg>
    /// ```
    Device {
        /// The device's UUID.
        device: String,
        /// The program, as name/version; may be empty.
        client: String as MayBeEmpty,
        /// When it was seen last (RFC 3339, UTC, milliseconds).
        ts: String,
        /// `1` it is on line now, `0` it is not.
        state: i32 as YesNo,
        /// The `<id>` of the request.
        id: Id,
    }
}

stanza! {
    /// `device_revoke`, client to relay: forgets a device; its token is worth nothing and its session ends within a second,
    /// with [`ErrorCode::Revoked`](crate::ErrorCode::Revoked).
    ///
    /// ```xml
    /// <msg><type>device_revoke</type><device>0b1ef6ce-94d6-4a39-9d09-3c1c9c9d2f6e</device><id>d2</id></msg>
    /// ```
    DeviceRevoke {
        /// The device's UUID.
        device: String,
        /// The name of this request.
        id: Id,
    }
}

stanza! {
    /// `device_link`, client to relay: asks for a one-time code with which another device of one's own can log in; answered by
    /// [`Ack`](crate::Ack) with `<code>` and `<expires>`. The code is `ACCOUNT.SECRET`: the account's name stands before the last dot.
    ///
    /// ```xml
    /// <msg><type>device_link</type><id>d3</id></msg>
    /// ```
    DeviceLink {
        /// The name of this request.
        id: Id,
    }
}
