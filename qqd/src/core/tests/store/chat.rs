//! What becomes of messages on the disk in memory.

use super::*;

impl Shelf {
    /// How far each conversation has come here.
    pub(super) fn received(&self) -> Vec<(String, u64)> {
        let mut marks: BTreeMap<String, u64> = BTreeMap::new();
        for message in self.messages.iter().filter(|message| !self.own(message)) {
            if let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) {
                let mark = marks.entry(conv.clone()).or_default();
                *mark = cseq.max(*mark);
            }
        }
        marks.into_iter().collect()
    }

    pub(super) fn chat(&mut self, seq: u64, message: Message) -> Done {
        let own = self.own(&message);
        let same = |known: &&mut Message| {
            (&known.id, &known.from, &known.text, &known.kind)
                == (&message.id, &message.from, &message.text, &message.kind)
                && (known.conv.is_none() || known.conv == message.conv)
        };
        if let Some(known) = self.messages.iter_mut().find(same) {
            (known.conv, known.cseq, known.seq) = (message.conv, message.cseq, Some(seq));
            if known.state == State::Queued {
                known.state = State::Acked;
            }
            return Done::Received { new: false, unread: false };
        }
        let mark = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let mark = self.marks.get(&(message.conv.clone().unwrap_or_default(), mark));
        let was_read = !own && mark.is_some_and(|mark| message.cseq.is_some_and(|cseq| cseq <= *mark));
        let state = if was_read { State::Read } else { message.state };
        self.messages.push(Message { state, ..message });
        Done::Received { new: true, unread: !own && !was_read }
    }

    pub(super) fn delivered(&mut self, conv: String, account: String, cseq: u64, read: bool) -> Done {
        let state = if read { State::Read } else { State::Delivered };
        let mut arrived = Vec::new();
        for message in &mut self.messages {
            let here = message.conv.as_deref() == Some(&conv) && message.to == account;
            let open = message.state == State::Acked || (read && message.state == State::Delivered);
            if here && open && message.cseq.is_some_and(|number| number <= cseq) {
                message.state = state;
                arrived.push(Arrived { id: message.id.clone(), to: message.to.clone(), state });
            }
        }
        self.marks.insert((conv, account), cseq);
        Done::Delivered(arrived)
    }

    pub(super) fn read_elsewhere(&mut self, conv: String, cseq: u64) -> Done {
        let own = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let (mut with, mut count) = (None, 0);
        for message in self.messages.iter_mut().filter(|message| message.conv.as_ref() == Some(&conv)) {
            with = Some(if message.from == own { message.to.clone() } else { message.from.clone() });
            let here = message.from != own && message.cseq.is_some_and(|number| number <= cseq);
            if here && message.state == State::Acked {
                message.state = State::Read;
                count += 1;
            }
        }
        self.unsaid.remove(&conv);
        self.marks.insert((conv, own), cseq);
        Done::Cleared { with, count }
    }

    pub(super) fn fill(&mut self, with: &str, messages: Vec<Message>, whole: bool) -> Done {
        let new = messages.len() as u64;
        let low = messages.first().and_then(|message| message.cseq);
        self.unfilled.done += new;
        for entry in self.unfilled.lacking.iter_mut().filter(|(name, _)| name == with) {
            entry.1 = low.or(entry.1);
        }
        self.unfilled.lacking.retain(|(name, low)| name != with || (!whole && *low != Some(1)));
        self.messages.splice(0..0, messages);
        Done::Filled { new, low }
    }

    pub(super) fn lacking(&mut self, since: &str) -> Done {
        let own = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let lacking = self.messages.iter_mut().filter(|message| {
            message.from == own
                && message.seq.is_none()
                && message.state == State::Acked
                && *message.ts >= *since
        });
        let messages = lacking
            .map(|message| {
                message.state = State::Queued;
                (0, message.clone())
            })
            .collect();
        Done::Messages { messages, more: false }
    }

    pub(super) fn page(&self, wanted: impl Fn(&Message) -> bool) -> Done {
        let messages = (1..).zip(self.messages.iter().filter(|message| wanted(message)).cloned()).collect();
        Done::Messages { messages, more: false }
    }

    pub(super) fn read(&mut self, with: Option<&str>, peek: bool) -> Done {
        let own = self.account.as_ref().map(|account| account.account.clone()).unwrap_or_default();
        let unread = |message: &Message| {
            message.from != own
                && message.state == State::Acked
                && with.is_none_or(|with| with == message.from)
        };
        let page = self.page(unread);
        if !peek {
            self.messages.iter_mut().filter(|message| unread(message)).for_each(|message| {
                message.state = State::Read;
                if let (Some(conv), Some(cseq)) = (&message.conv, message.cseq) {
                    self.unsaid.insert(conv.clone(), cseq);
                }
            });
        }
        page
    }
}
