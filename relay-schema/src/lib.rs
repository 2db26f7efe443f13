//! The relay protocol.
//!
//! What qqd and relay-server say to each other over one TCP (TLS) connection, stanza by stanza. These pages are the
//! specification: each struct below is one stanza, its fields are the children of its `<msg>`, in the order in which
//! they are written; the table in this file gives each its `<type>`, who may send it, and the dialect it was born in. [`Framer`] cuts a connection's bytes into stanzas, [`Stanza::parse`] reads one, [`Stanza::write`]
//! writes one, [`TYPES`] lists them all.
#![doc = include_str!("protocol.md")]

#[macro_use]
mod table;

mod account;
mod call;
mod chat;
mod codes;
mod device;
mod error;
mod fields;
mod frame;
mod friend;
mod grammar;
mod group;
mod link;
mod presence;
mod profile;
pub mod qiao;
mod row;
mod scan;
mod shake;
mod stanza;
mod strict;
mod types;

pub use account::{
    AccountRemove, Login, LoginResponse, Logout, Notice, Passwd, Register, RegisterResponse, User,
};
pub use call::{CallCandidate, CallEnd, CallRinging, RVidio, Vidio};
pub use chat::{Chat, Delivered, Gap, History, Read, Recv, Typing};
pub use codes::{CallReason, ErrorCode, LoginReason, NackCode, RegisterReason};
pub use device::{Device, DeviceLink, DeviceList, DeviceRevoke};
pub use error::{Fault, Refusal};
pub use frame::{Frame, Framer, LIMIT_AFTER_LOGIN, LIMIT_BEFORE_LOGIN};
pub use friend::{
    Block, Blocked, Friend, FriendAnswer, FriendMove, FriendRemove, FriendRename, FriendRequest, ListEnd,
    Stranger, Unblock,
};
pub use group::{Group, GroupAdd, GroupRemove, GroupRename};
pub use link::{Ack, ErrorStanza, Nack, Ping, Pong};
pub use presence::Line;
pub use profile::{Picture, PictureGet, PicturePut, Profile};
pub use row::{Direction, Row};
pub use shake::Shake;
pub use types::{Body, Id, NoId, Secret};

use fields::Flawed;
use grammar::Children;
use row::Dialect;

// COMPAT: `vidio`, `r_vidio` (video), `line` (presence) and `user` (one's own profile) are the wire's old spellings. They
// stand in this table and nowhere else.
stanzas! {
    Login = "login" Up Seed,
    LoginResponse = "login_response" Down Seed,
    User = "user" Down Seed,
    Friend = "friend" Down Seed,
    Stranger = "stranger" Down Seed,
    Chat = "chat" Both Seed,
    Line = "line" Both Seed,
    Shake = "shake" Both Seed,
    Vidio = "vidio" Both Seed,
    RVidio = "r_vidio" Both Seed,
    ErrorStanza = "error" Down Seed,
    Register = "register" Up Full,
    RegisterResponse = "register_response" Down Full,
    Passwd = "passwd" Up Full,
    AccountRemove = "account_remove" Up Full,
    Logout = "logout" Up Full,
    Notice = "notice" Down Full,
    DeviceList = "device_list" Up Full,
    Device = "device" Down Full,
    DeviceRevoke = "device_revoke" Up Full,
    DeviceLink = "device_link" Up Full,
    Profile = "profile" Both Full,
    PicturePut = "picture_put" Up Full,
    PictureGet = "picture_get" Up Full,
    Picture = "picture" Down Full,
    FriendRequest = "friend_request" Both Full,
    FriendAnswer = "friend_answer" Both Full,
    FriendRemove = "friend_remove" Both Full,
    FriendMove = "friend_move" Up Full,
    FriendRename = "friend_rename" Up Full,
    Block = "block" Up Full,
    Unblock = "unblock" Up Full,
    Blocked = "blocked" Down Full,
    ListEnd = "list_end" Down Full,
    Group = "group" Down Full,
    GroupAdd = "group_add" Up Full,
    GroupRename = "group_rename" Both Full,
    GroupRemove = "group_remove" Both Full,
    Recv = "recv" Up Full,
    Delivered = "delivered" Both Full,
    Read = "read" Both Full,
    Typing = "typing" Both Full,
    History = "history" Up Full,
    Gap = "gap" Down Full,
    CallRinging = "call_ringing" Both Full,
    CallCandidate = "call_candidate" Both Full,
    CallEnd = "call_end" Both Full,
    Ack = "ack" Down Full,
    Nack = "nack" Down Full,
    Ping = "ping" Both Full,
    Pong = "pong" Both Full,
}
