//! Events that nobody has taken yet: a bounded queue. When it is full, the next events are counted
//! instead of kept, and told in their place as `daemon.gap`.

use std::collections::VecDeque;

use serde_json::value::{RawValue, to_raw_value};

use crate::{Envelope, Event, daemon::Gap, line};

/// How many events are kept, at most.
const EVENTS_MAX: usize = 4_096;
/// How many bytes of events are kept, at most; a single event (the state) may go beyond it.
const BYTES_MAX: usize = 16 << 20;

/// The queue; it keeps envelopes as they came.
#[derive(Default)]
pub(super) struct Waiting {
    kept: VecDeque<Kept>,
    bytes: usize,
}

enum Kept {
    Event(Box<RawValue>),
    /// So many events did not fit here, the last of them this one.
    Gap {
        lost: u64,
        last: Box<RawValue>,
    },
}

impl Waiting {
    pub(super) fn push(&mut self, envelope: Box<RawValue>) {
        let is_full = self.kept.len() >= EVENTS_MAX || self.bytes >= BYTES_MAX;
        if !is_full {
            self.bytes += envelope.get().len();
            self.kept.push_back(Kept::Event(envelope));
        } else if let Some(Kept::Gap { lost, last }) = self.kept.back_mut() {
            *lost += 1;
            *last = envelope;
        } else {
            self.kept.push_back(Kept::Gap { lost: 1, last: envelope });
        }
    }

    pub(super) fn pop(&mut self) -> Option<Box<RawValue>> {
        match self.kept.pop_front()? {
            Kept::Event(envelope) => {
                self.bytes -= envelope.get().len();
                Some(envelope)
            }
            Kept::Gap { lost, last } => Some(gap(lost, last)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }
}

/// A `daemon.gap` with the number and time of the last lost event; that event itself if it is none.
fn gap(lost: u64, last: Box<RawValue>) -> Box<RawValue> {
    let Ok(Envelope { seq, ts, .. }) = line::read_envelope(&last) else { return last };
    let gap = Envelope::new(seq, ts, None, Event::DaemonGap(Gap { lost: Some(lost) }));
    to_raw_value(&gap).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64) -> Box<RawValue> {
        let text = format!(r#"{{"v":1,"seq":{seq},"ts":"t","account":null,"event":"x","data":{{}}}}"#);
        RawValue::from_string(text).unwrap()
    }

    #[test]
    fn events_that_do_not_fit_are_told_as_a_gap_in_their_place() {
        let mut waiting = Waiting::default();
        let full = EVENTS_MAX as u64;
        for seq in 1..=full + 3 {
            waiting.push(event(seq));
        }
        for seq in 1..=full {
            let envelope = line::read_envelope(&waiting.pop().unwrap()).unwrap();
            assert_eq!(envelope.seq, seq);
        }
        waiting.push(event(full + 4));
        let gap = line::read_envelope(&waiting.pop().unwrap()).unwrap();
        assert_eq!((gap.seq, gap.event), (full + 3, Event::DaemonGap(Gap { lost: Some(3) })));
        assert_eq!(line::read_envelope(&waiting.pop().unwrap()).unwrap().seq, full + 4);
        assert!(waiting.pop().is_none());
        assert_eq!(waiting.bytes, 0);
    }
}
