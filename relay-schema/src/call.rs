//! Calls: asked for, accepted, ended. Media takes another way.
//!
//! In the full dialect each of these is a request, answered by [`Ack`](crate::Ack) once it was handed to a device of the other side; by
//! [`Line`](crate::Line) `-1` with the `<id>` if none is there (or not that of `<to_device>`); by [`Nack`](crate::Nack) `unknown`, `forbidden`, `rate`,
//! `too-big` (a description over 64 KiB, a candidate over 4 KiB), and a [`Vidio`] by `no-encryption` where there are only clients of the seed dialect. Nothing is kept.

use crate::{CallReason, Id};

stanza! {
    /// `vidio`, both ways: asks for a video call. COMPAT: the heritage's spelling.
    ///
    /// ```xml
    /// <msg><type>vidio</type><myaccount>10001</myaccount><friendaccount>10002</friendaccount><session>127.0.0.1,40001</session></msg>
    /// ```
    Vidio {
        /// The caller.
        myaccount: String,
        /// Who is called.
        friendaccount: String,
        /// Where the caller receives media, as `ip,port`; `0.0.0.0,0` in the full dialect, whatever was sent.
        session: String as Address,
        /// Full dialect: the name of this request.
        id: Option<Id>,
        /// Full dialect, required: the call's name, chosen by the caller.
        call: Option<Id>,
        /// Full dialect, required: `audio` or `video`.
        media: Option<String>,
        /// Full dialect, required: the caller's session description (ICE credentials, DTLS fingerprint, codecs).
        offer: Option<String>,
        /// Down only: the device that sent it, stamped by the relay.
        device: Option<String>,
        /// The only device that it is for; left out: all of them.
        to_device: Option<String>,
    }
}

stanza! {
    /// `r_vidio`, both ways: accepts a video call. COMPAT: the heritage's spelling.
    ///
    /// ```xml
    /// <msg><type>r_vidio</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount><session>127.0.0.1,40002</session></msg>
    /// ```
    RVidio {
        /// Who was called.
        myaccount: String,
        /// The caller.
        friendaccount: String,
        /// Where the callee receives media, as `ip,port`; `0.0.0.0,0` in the full dialect.
        session: String as Address,
        /// Full dialect: the name of this request.
        id: Option<Id>,
        /// Full dialect, required: the call's name, chosen by the caller.
        call: Option<Id>,
        /// Full dialect, required: `audio` or `video`: no more than was offered.
        media: Option<String>,
        /// Full dialect, required: the callee's session description.
        answer: Option<String>,
        /// Down only: the device that sent it, stamped by the relay.
        device: Option<String>,
        /// The only device that it is for; left out: all of them.
        to_device: Option<String>,
    }
}

stanza! {
    /// `call_ringing`, both ways: a device of the callee rings.
    ///
    /// ```xml
    /// <msg><type>call_ringing</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount><call>k1</call><id>v3</id></msg>
    /// ```
    CallRinging {
        /// The sender.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// The call's name.
        call: Id,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the device that sent it, stamped by the relay.
        device: Option<String>,
        /// The only device that it is for; left out: all of them.
        to_device: Option<String>,
    }
}

stanza! {
    /// `call_candidate`, both ways: a path by which media may reach the sender (ICE, RFC 8838).
    ///
    /// ```xml
    /// <msg><type>call_candidate</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount><call>k1</call><candidate>1 1 udp 2130706431 127.0.0.1 40001 typ host</candidate><id>v4</id></msg>
    /// ```
    CallCandidate {
        /// The sender.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// The call's name.
        call: Id,
        /// The candidate, as in SDP (RFC 8839).
        candidate: String,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the device that sent it, stamped by the relay.
        device: Option<String>,
        /// The only device that it is for; left out: all of them.
        to_device: Option<String>,
    }
}

stanza! {
    /// `call_end`, both ways: the call is over, or was never taken. Without `<to_device>` it goes to all devices of the other
    /// side and to the sender's own other ones: what one device declines stops ringing on all. The caller takes the
    /// first [`RVidio`] and tells each other device that rang `answered-elsewhere`, by `<to_device>`.
    ///
    /// ```xml
    /// <msg><type>call_end</type><myaccount>10002</myaccount><friendaccount>10001</friendaccount><call>k1</call><reason>declined</reason><id>v5</id></msg>
    /// ```
    CallEnd {
        /// The sender.
        myaccount: String,
        /// The receiver.
        friendaccount: String,
        /// The call's name.
        call: Id,
        /// Why.
        reason: CallReason,
        /// Up only: the name of this request.
        id: Option<Id>,
        /// Down only: the device that sent it, stamped by the relay.
        device: Option<String>,
        /// The only device that it is for; left out: all of them.
        to_device: Option<String>,
    }
}
