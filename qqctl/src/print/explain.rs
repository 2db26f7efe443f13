//! What became of a message, as a small timeline.

use ipc_schema::chat::{Explained, State};

use super::wrap::{cut, lines};
use super::{Paint, Printer, Style};
use crate::Stop;
use crate::text::{columns, one_line, pad, time};

/// The longest state's word.
const STATE: usize = 9;
/// So many columns at least for what is said of a step.
const TEXT_MIN: usize = 20;
/// So much of the message's own text says which one it is.
const SAID: usize = 40;

impl Printer {
    /// `chat explain`
    pub(crate) fn explained(&self, explained: &Explained) -> Result<(), Stop> {
        self.reply(explained, |paint| timeline(explained, self.width, paint))
    }
}

fn timeline(explained: &Explained, width: Option<usize>, paint: Paint) -> String {
    let message = &explained.message;
    let said = cut(&one_line(&message.text), SAID);
    let head = format!("{} → {}: {said}", one_line(&message.from), one_line(&message.to));
    let mut all = vec![paint.bold(&cut(&head, width.unwrap_or(usize::MAX)))];
    let times: Vec<String> = explained.steps.iter().map(|step| time(&step.ts)).collect();
    let widest = times.iter().map(|time| columns(time)).max().unwrap_or(0);
    let indent = 2 + widest + 2 + STATE + 2;
    let room = width.map(|width| width.saturating_sub(indent).max(TEXT_MIN));
    for (step, time) in explained.steps.iter().zip(&times) {
        let style = match step.state {
            State::Queued | State::Sent => Style::Yellow,
            State::Acked => Style::Plain,
            State::Delivered | State::Read => Style::Green,
            State::Failed => Style::Red,
        };
        let state = paint.style(style, &pad(step.state.word(), STATE));
        for (at, line) in lines(&one_line(&step.text), room).into_iter().enumerate() {
            match at {
                0 => all.push(format!("  {}  {state}  {line}", paint.dim(&pad(time, widest)))),
                _ => all.push(format!("{:indent$}{line}", "")),
            }
        }
    }
    all.extend(lines(&sentence(&one_line(&explained.summary)), width));
    all.join("\n")
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", rest.as_str())
}

#[cfg(test)]
mod tests {
    use ipc_schema::chat::{Message, Step};

    use super::*;

    #[test]
    fn a_timeline_has_a_line_a_step_and_says_what_comes_next() {
        let step =
            |ts: &str, state, text: &str| Step { ts: ts.into(), state, reason: None, text: text.into() };
        let explained = Explained {
            message: Message {
                id: "m".into(),
                from: "alice".into(),
                to: "bob".into(),
                text: "晚饭?\nat seven".into(),
                ts: "x".into(),
                state: State::Acked,
                row: None,
                kind: None,
                reason: None,
                why: None,
            },
            steps: vec![
                step("one", State::Queued, "stored here; the server was away"),
                step("later", State::Acked, "the server keeps it"),
            ],
            summary: "the server has it".into(),
        };
        assert_eq!(
            timeline(&explained, Some(43), Paint::NONE),
            "alice → bob: 晚饭?⏎at seven\n\
             \x20 one    queued     stored here; the server\n\
             \x20                   was away\n\
             \x20 later  acked      the server keeps it\n\
             The server has it."
        );
    }
}
