//! What was looked at, one line each, and whether all is well.

use ipc_schema::daemon::{Check, Checked, Verdict};
use ipc_schema::{Code, Error};

use super::{Paint, Printer, Style};
use crate::Stop;
use crate::text::one_line;

impl Printer {
    /// `doctor`: what is wrong is wrong for the exit code, too.
    pub(crate) fn checked(&self, reply: &Checked) -> Result<(), Stop> {
        self.reply(reply, |paint| {
            let mut lines = Vec::new();
            let mut whose = None;
            for check in &reply.checks {
                if check.account != whose {
                    whose.clone_from(&check.account);
                    lines.extend(whose.as_deref().map(|whose| format!("\n{}", paint.bold(&one_line(whose)))));
                }
                lines.extend(told(check, paint));
            }
            lines.join("\n")
        })?;
        let bad: Vec<&str> = reply
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Bad)
            .map(|check| check.what.as_str())
            .collect();
        if bad.is_empty() {
            return Ok(());
        }
        Err(Error::new(Code::Unexpected, format!("not all is well: {}", one_line(&bad.join(", ")))).into())
    }
}

/// A mark, what was looked at, what was found; below it what to do.
fn told(check: &Check, paint: Paint) -> Vec<String> {
    let (mark, style) = match check.verdict {
        Verdict::Good => ("✓", Style::Green),
        Verdict::Warning => ("!", Style::Yellow),
        Verdict::Bad => ("✗", Style::Red),
    };
    let what = one_line(&check.what);
    let mut lines = vec![format!("{} {what:<12} {}", paint.style(style, mark), one_line(&check.text))];
    lines.extend(
        check.advice.as_ref().map(|advice| format!("  {:<12} → {}", "", paint.dim(&one_line(advice)))),
    );
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_a_line_with_a_mark_and_what_to_do_stands_below() {
        let check = |verdict, advice: Option<&str>| Check {
            what: "clock".into(),
            account: None,
            verdict,
            text: "90 s\nahead".into(),
            advice: advice.map(str::to_owned),
        };
        assert_eq!(told(&check(Verdict::Good, None), Paint::NONE), ["✓ clock        90 s⏎ahead"]);
        let lines = told(&check(Verdict::Warning, Some("set it")), Paint::NONE);
        assert_eq!(lines, ["! clock        90 s⏎ahead", "               → set it"]);
        assert!(told(&check(Verdict::Bad, None), Paint::ALL)[0].contains("31m✗"));
    }
}
