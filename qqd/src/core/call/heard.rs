//! What the other side says in a call, and what one's own other devices have said.

use std::collections::BTreeSet;

use ipc_schema::Event;
use ipc_schema::call::{Media, State};
use relay_schema::{CallEnd, CallReason, CallRinging, Id, RVidio, Vidio};

use super::{Call, PATIENCE, RING};
use crate::core::account::Account;
use crate::core::name::{clip, normalise};

/// The most devices of a callee that are counted.
const RINGS_MAX: usize = 64;
/// The longest name of a device.
const DEVICE_MAX: usize = 256;

impl Account {
    /// `vidio`: somebody calls. Without a name it is no call of this dialect.
    pub(in crate::core) fn on_vidio(&mut self, asked: Vidio) {
        let Vidio { myaccount, call: Some(id), media, device, .. } = asked else { return };
        let Some(friend) = normalise(&myaccount).filter(|friend| self.friends.is_friend(friend)) else {
            return;
        };
        let media = if media.as_deref() == Some(Media::Video.word()) { Media::Video } else { Media::Audio };
        let device = device.map(|device| clip(&device, DEVICE_MAX));
        let own = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let busy = self.call.as_ref().map(|call| (call.id.clone(), call.friend == friend && glares(call)));
        match busy {
            Some((known, _)) if known == id => return,
            // Both have called each other: the call of the one whose name comes first goes on.
            Some((_, true)) if own < friend => return,
            Some((ours, true)) => {
                let offered = self.call.as_ref().map(|call| call.media);
                self.end_call(&ours, CallReason::Glare);
                let media = if offered == Some(Media::Video) { media } else { Media::Audio };
                self.call = Some(self.rings(id.clone(), friend, media, device));
                return self.answer_call(&id, None);
            }
            Some((_, false)) => return self.send_end(&id, &friend, CallReason::Busy, None),
            None => {}
        }
        let call = self.rings(id, friend, media, device);
        let shown = call.shown();
        self.call = Some(call);
        self.send_ringing();
        self.tell(Event::CallIncoming(shown));
    }

    fn rings(&self, id: Id, friend: String, media: Media, device: Option<String>) -> Call {
        let until = self.now.mono + RING + PATIENCE;
        let (state, rings) = (State::Ringing, BTreeSet::new());
        Call { id, friend, incoming: true, media, state, answering: false, until, device, rings }
    }

    /// `call_ringing`: a device of the callee rings.
    pub(in crate::core) fn on_call_ringing(&mut self, ringing: CallRinging) {
        let Some(friend) = normalise(&ringing.myaccount) else { return };
        let device = ringing.device.map(|device| clip(&device, DEVICE_MAX));
        let call = self.call.as_mut().filter(|call| call.id == ringing.call && call.friend == friend);
        match call {
            Some(call) if call.incoming => {}
            Some(call) if call.is_accepted() && call.device == device => {}
            Some(call) if call.is_accepted() => {
                self.send_end(&ringing.call, &friend, CallReason::AnsweredElsewhere, device);
            }
            Some(call) => {
                if call.rings.len() < RINGS_MAX {
                    call.rings.extend(device);
                }
                if call.state == State::Calling {
                    call.state = State::Ringing;
                    let shown = call.shown();
                    self.tell(Event::CallState(shown));
                }
            }
            // It was over before that device heard of it.
            None if self.friends.is_friend(&friend) && device.is_some() => {
                self.send_end(&ringing.call, &friend, CallReason::Hangup, device);
            }
            None => {}
        }
    }

    /// `r_vidio`: a device of the callee accepts; the first one has it.
    pub(in crate::core) fn on_r_vidio(&mut self, accepted: RVidio) {
        let RVidio { myaccount, call: Some(id), media, device, .. } = accepted else { return };
        let Some(friend) = normalise(&myaccount) else { return };
        let device = device.map(|device| clip(&device, DEVICE_MAX));
        let call = self.call.as_mut().filter(|call| call.id == id && call.friend == friend && !call.incoming);
        let Some(call) = call else {
            if self.friends.is_friend(&friend) && device.is_some() {
                self.send_end(&id, &friend, CallReason::Hangup, device);
            }
            return;
        };
        if call.is_accepted() {
            if call.device != device {
                self.send_end(&id, &friend, CallReason::AnsweredElsewhere, device);
            }
            return;
        }
        call.state = State::Accepted;
        call.device.clone_from(&device);
        if media.as_deref() == Some(Media::Audio.word()) {
            call.media = Media::Audio;
        }
        let others = std::mem::take(&mut call.rings);
        let shown = call.shown();
        for other in others.into_iter().filter(|other| device.as_ref() != Some(other)) {
            self.send_end(&id, &friend, CallReason::AnsweredElsewhere, Some(other));
        }
        self.tell(Event::CallState(shown));
    }

    /// `call_end`: of the other side, or of another device of one's own, which has declined for all of them.
    pub(in crate::core) fn on_call_end(&mut self, end: CallEnd) {
        let Some(call) = self.call.as_ref().filter(|call| call.id == end.call) else { return };
        let theirs = normalise(&end.myaccount).as_ref() == Some(&call.friend);
        let device = end.device.map(|device| clip(&device, DEVICE_MAX));
        let counts = match (theirs, call.is_accepted()) {
            (true, false) => true,
            (true, true) => call.device.is_none() || call.device == device,
            (false, accepted) => call.incoming && !accepted,
        };
        if !counts {
            return;
        }
        if !call.incoming && !call.is_accepted() && end.reason == CallReason::Busy {
            self.leave_missed();
        }
        self.call_is_over(&end.call, &clip(end.reason.as_str(), 64));
    }
}

/// Whether a call from the one who is called would meet it.
fn glares(call: &Call) -> bool {
    !call.incoming && !call.is_accepted()
}
