//! Pages of the manual (man 1, man 8) from a program's tree of commands: one page for the program and one for every
//! command, from the same words as `--help`. A program adds what no help has: its exit codes, files, environment.

use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

/// When the pages last changed in more than wording: a page has a date, and the same sources make the same page.
const DATE: &str = "2026-11-23";

/// A program's pages.
#[derive(Debug)]
pub struct Manual<'a> {
    /// The whole tree.
    pub command: Command,
    /// The section of the manual: "1" for what people run, "8" for what administrators run.
    pub section: &'a str,
    /// More sections for the program's own page: heading and text. A line `WORD<tab>meaning` is an entry of a list, other
    /// lines are prose.
    pub more: &'a [(&'a str, &'a str)],
    /// Pages that are worth looking at: `qqctl(1)`.
    pub see_also: &'a [&'a str],
}

impl Manual<'_> {
    /// Writes every page into `dir`, which is made if it is missing; how many pages.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, dir: &Path) -> io::Result<usize> {
        std::fs::create_dir_all(dir)?;
        let pages = self.pages()?;
        for (name, page) in &pages {
            std::fs::write(dir.join(name), page)?;
        }
        Ok(pages.len())
    }

    /// Every page with its file name, the program's own last.
    fn pages(&self) -> io::Result<Vec<(String, String)>> {
        let mut program = self.command.clone().disable_help_subcommand(true);
        program.build();
        let mut pages = Vec::new();
        self.page(&program, &program, &mut pages)?;
        Ok(pages)
    }

    fn page(
        &self,
        program: &Command,
        command: &Command,
        pages: &mut Vec<(String, String)>,
    ) -> io::Result<()> {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            self.page(program, sub, pages)?;
        }
        let own = program.get_name() == command.get_display_name().unwrap_or_else(|| command.get_name());
        let mut shown = command.clone().subcommand_help_heading("COMMANDS").subcommand_value_name("command");
        if !own {
            // What is said once for the whole program is not said again on every page.
            shown = shown.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
        }
        let man = Man::new(shown).section(self.section);
        let name = man.get_filename();
        let mut page = title(&name, self.section, program);
        man.render_name_section(&mut page)?;
        man.render_synopsis_section(&mut page)?;
        about(command).to_writer(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.get_subcommands().any(|sub| !sub.is_hide_set()) {
            man.render_subcommands_section(&mut page)?;
        }
        below_the_options(command).to_writer(&mut page)?;
        if own {
            self.more.iter().try_for_each(|(heading, text)| more(heading, text).to_writer(&mut page))?;
        }
        self.see_also(program, own).to_writer(&mut page)?;
        pages.push((name, once(&page)));
        Ok(())
    }

    fn see_also(&self, program: &Command, own: bool) -> Roff {
        let said = if own {
            self.see_also.join(", ")
        } else {
            let (name, section) = (program.get_name(), self.section);
            format!(
                "{name}({section}), which has the options that every command takes, the exit codes and the files."
            )
        };
        let mut roff = Roff::new();
        if !said.is_empty() {
            roff.control("SH", ["SEE ALSO"]);
            roff.text([roman(said)]);
        }
        roff
    }
}

fn title(name: &str, section: &str, program: &Command) -> Vec<u8> {
    let page = name.trim_end_matches(&format!(".{section}")).to_uppercase();
    let source = format!("{} {}", program.get_name(), program.get_version().unwrap_or_default());
    let mut roff = Roff::new();
    roff.control("TH", [page.as_str(), section, DATE, source.as_str(), "Qiaoqiao"]);
    roff.render().into_bytes()
}

/// What the command is for, its layout kept where it has one.
fn about(command: &Command) -> Roff {
    let mut roff = Roff::new();
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        roff.control("SH", ["DESCRIPTION"]);
        paragraphs(&about.to_string()).into_iter().for_each(|paragraph| write(&mut roff, &paragraph));
    }
    roff
}

/// The text below the options of `--help`: examples, then notes.
fn below_the_options(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) else { return roff };
    let mut heading = "";
    for paragraph in paragraphs(&text.to_string()) {
        // These have a section of their own, with more to say.
        if paragraph.first().is_some_and(|line| line.starts_with("Exit codes:")) {
            continue;
        }
        let titled = paragraph.first().is_some_and(|line| matches!(line.as_str(), "Example:" | "Examples:"));
        let wanted = match heading {
            _ if titled => "EXAMPLES",
            "EXAMPLES" if is_laid_out(&paragraph) => "EXAMPLES",
            _ => "NOTES",
        };
        if heading != wanted {
            roff.control("SH", [wanted]);
            heading = wanted;
        }
        write(&mut roff, if titled { &paragraph[1..] } else { &paragraph });
    }
    roff
}

fn more(heading: &str, text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for line in text.lines() {
        match line.split_once('\t') {
            Some((word, meaning)) => {
                roff.control("TP", []);
                roff.text([bold(word)]);
                roff.text([roman(meaning)]);
            }
            None if line.is_empty() => {
                roff.control("PP", []);
            }
            None => {
                roff.text([roman(line)]);
            }
        }
    }
    roff
}

fn paragraphs(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(str::trim_end).map(str::to_owned).collect::<Vec<_>>();
    lines.split(String::is_empty).filter(|paragraph| !paragraph.is_empty()).map(<[String]>::to_vec).collect()
}

/// Whether the line ends and the columns of a paragraph mean something.
fn is_laid_out(paragraph: &[String]) -> bool {
    paragraph.iter().any(|line| line.contains("  "))
}

fn write(roff: &mut Roff, paragraph: &[String]) {
    roff.control("PP", []);
    if is_laid_out(paragraph) {
        // The page is indented already.
        let indent = paragraph.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
        roff.control("nf", []);
        for line in paragraph {
            roff.text([roman(&line[indent..])]);
        }
        roff.control("fi", []);
    } else {
        let lines: Vec<Inline> = vec![roman(paragraph.join(" "))];
        roff.text(lines);
    }
}

/// Each part begins with the same definition of the apostrophe: once is enough. Empty lines, a break after a break and
/// a paragraph right after a heading or before a list are what a checker complains of.
fn once(page: &[u8]) -> String {
    let definition = Roff::new().render();
    let page = String::from_utf8_lossy(page).replace(&definition, "");
    let lines: Vec<&str> = page.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let mut tidy = definition;
    let mut before = "";
    for (at, line) in lines.iter().enumerate() {
        let after = lines.get(at + 1).copied().unwrap_or_default();
        let idle = match *line {
            ".PP" => before.starts_with(".SH") || after == ".TP",
            ".br" => before == ".br",
            _ => false,
        };
        if !idle {
            tidy.push_str(line);
            tidy.push('\n');
            before = line;
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    fn manual() -> Manual<'static> {
        let send = Command::new("send")
            .about("Send it")
            .long_about("Send it\n\nIt goes\nout.")
            .after_help("Example:\n  bell send 'x'\n\nRarely needed.")
            .arg(Arg::new("to").value_name("TO").required(true).help("To whom"));
        let hidden = Command::new("man").hide(true);
        let everywhere = Arg::new("quiet").long("quiet").global(true).help("Say nothing");
        let command =
            Command::new("bell").version("1.2").about("Rings").arg(everywhere).subcommands([send, hidden]);
        Manual { command, section: "1", more: &[("EXIT STATUS", "0\tok\n1\tnot")], see_also: &["belld(8)"] }
    }

    #[test]
    fn every_command_that_is_shown_has_a_page() {
        let pages = manual().pages().unwrap();
        assert_eq!(
            pages.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["bell-send.1", "bell.1"]
        );
    }

    #[test]
    fn a_page_says_what_help_says_and_the_common_things_once() {
        let pages = manual().pages().unwrap();
        let (send, own) = (&pages[0].1, &pages[1].1);
        for part in [
            ".TH BELL-SEND 1",
            "bell\\-send \\- Send it",
            "It goes out.",
            ".SH EXAMPLES\n.nf\nbell send",
            ".SH NOTES\nRarely",
            "bell(1)",
        ] {
            assert!(send.contains(part), "{part} is missing: {send}");
        }
        assert!(!send.contains("quiet") && own.contains("\\-\\-quiet"), "{send}");
        assert!(own.contains(".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nok") && own.contains("belld(8)"), "{own}");
    }
}
