//! What a run found: rows for people, and the same as JSON.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use crate::host::Host;
use crate::server::Cost;
use crate::size::Size;
use crate::tally::Tally;
use crate::world::RAISED;

/// What performance.md wants of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// Nothing.
    None,
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
    /// Not more than so many times the reference.
    TimesRaw(f64),
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.text())
    }
}

impl Goal {
    fn text(self) -> String {
        match self {
            Self::None => "-".to_owned(),
            Self::AtMost(most) => format!("<= {}", short(most)),
            Self::AtLeast(least) => format!(">= {}", short(least)),
            Self::TimesRaw(times) => format!("<= {times} x raw"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Of which scenario.
    pub scenario: &'static str,
    /// What was measured.
    pub what: String,
    /// In what.
    pub unit: &'static str,
    /// The relay's value in each round.
    pub ours: Vec<f64>,
    /// The reference's.
    pub raw: Vec<f64>,
    /// What is to be reached.
    pub goal: Goal,
    /// Of the rounds in which the server's CPU was measured: the median, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// The wall time beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_s: Option<f64>,
}

impl Row {
    /// A row without rounds.
    pub fn new(scenario: &'static str, what: impl Into<String>, unit: &'static str, goal: Goal) -> Self {
        let what = what.into();
        Self { scenario, what, unit, ours: Vec::new(), raw: Vec::new(), goal, cpu_s: None, wall_s: None }
    }

    /// With the relay's rounds.
    pub fn ours(mut self, rounds: impl IntoIterator<Item = f64>) -> Self {
        self.ours = rounds.into_iter().collect();
        self
    }

    /// With the reference's rounds.
    pub fn raw(mut self, rounds: impl IntoIterator<Item = f64>) -> Self {
        self.raw = rounds.into_iter().collect();
        self
    }

    /// With what the relay's process used.
    pub fn cost(mut self, rounds: &[Cost]) -> Self {
        self.cpu_s = median(&rounds.iter().map(|cost| cost.cpu.as_secs_f64()).collect::<Vec<_>>());
        self.wall_s = median(&rounds.iter().map(|cost| cost.wall.as_secs_f64()).collect::<Vec<_>>());
        self
    }

    /// The relay's median over the reference's of the same round: the median of all rounds.
    pub fn ratio(&self) -> Option<f64> {
        let ratios =
            self.ours.iter().zip(&self.raw).filter(|(_, raw)| **raw > 0.0).map(|(ours, raw)| ours / raw);
        median(&ratios.collect::<Vec<_>>())
    }

    /// Whether the goal is reached; none if there is none.
    pub fn is_met(&self) -> Option<bool> {
        let ours = median(&self.ours);
        match self.goal {
            Goal::None => None,
            Goal::AtMost(most) => ours.map(|ours| ours <= most),
            Goal::AtLeast(least) => ours.map(|ours| ours >= least),
            Goal::TimesRaw(times) => self.ratio().map(|ratio| ratio <= times),
        }
    }
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where and when.
    pub host: Host,
    /// How much was done.
    pub size: Size,
    /// So little was done that the numbers say nothing.
    pub quick: bool,
    /// The ephemeral stanza.
    pub ephemeral: &'static str,
    /// The rows.
    pub rows: Vec<Row>,
    /// What became of the messages of each scenario.
    pub tallies: Vec<(&'static str, Tally)>,
}

impl Report {
    /// For a program.
    pub fn json(&self) -> serde_json::Result<String> {
        let mut value = serde_json::to_value(self)?;
        let raised: serde_json::Map<_, _> = RAISED
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).trim_matches('"').into()))
            .collect();
        value["raised_limits"] = raised.into();
        for (row, to) in self.rows.iter().zip(value["rows"].as_array_mut().into_iter().flatten()) {
            to["median_ours"] = serde_json::to_value(median(&row.ours))?;
            to["median_raw"] = serde_json::to_value(median(&row.raw))?;
            to["ratio"] = serde_json::to_value(row.ratio())?;
            to["met"] = serde_json::to_value(row.is_met())?;
        }
        serde_json::to_string_pretty(&value)
    }

    /// For a person.
    pub fn table(&self) -> String {
        let mut cells = vec![["what", "ours", "raw", "ratio", "goal", "", "CPU/wall s"].map(str::to_owned)];
        let mut scenario = "";
        let mut heads = Vec::new();
        for row in &self.rows {
            if row.scenario != scenario {
                scenario = row.scenario;
                heads.push((cells.len(), scenario));
            }
            cells.push(line(row, self.quick));
        }
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..7).map(width).collect();
        let mut out = String::new();
        for (at, row) in cells.iter().enumerate() {
            if let Some((_, head)) = heads.iter().find(|(first, _)| *first == at) {
                let _ = writeln!(out, "{head}");
            }
            let _ = write!(out, "  {:<1$}", row[0], widths[0]);
            for column in 1..7 {
                let _ = write!(out, "  {:>1$}", row[column], widths[column]);
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        out.push('\n');
        out.push_str(&self.footer());
        out
    }

    fn footer(&self) -> String {
        let mut out = String::new();
        let raised = RAISED.iter().map(|(key, value)| format!("{key} = {}", value.trim_matches('"')));
        let host = &self.host;
        let _ = match self.quick {
            true => writeln!(out, "A quick run: it shows that everything works; the numbers say nothing."),
            false => writeln!(
                out,
                "Medians of {} interleaved rounds; CPU is that of the server's process.",
                self.size.rounds
            ),
        };
        let _ = writeln!(
            out,
            "{}, {} cores, Linux {}, {}; load {} before and {} after, others used {} % of the machine.",
            host.processor,
            host.cores,
            host.kernel,
            host.disk,
            host.load_before,
            host.load_after,
            host.others_percent
        );
        let _ = writeln!(
            out,
            "Ephemeral stanza: {}. Limits raised for this: {}.",
            self.ephemeral,
            raised.collect::<Vec<_>>().join(", ")
        );
        for (scenario, tally) in &self.tallies {
            let Tally { expected, lost, doubled, misordered } = tally;
            let _ = writeln!(
                out,
                "{scenario}: {expected} messages, {lost} lost, {doubled} doubled, {misordered} misordered."
            );
        }
        out
    }
}

fn line(row: &Row, quick: bool) -> [String; 7] {
    let value = |rounds: &[f64]| median(rounds).map_or_else(|| "-".to_owned(), short);
    let verdict = match row.is_met().filter(|_| !quick) {
        Some(true) => "ok",
        Some(false) => "MISSED",
        None => "",
    };
    let used = row.cpu_s.zip(row.wall_s).map(|(cpu, wall)| format!("{cpu:.2}/{wall:.2}"));
    [
        format!("{}, {}", row.what, row.unit),
        value(&row.ours),
        value(&row.raw),
        row.ratio().map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        row.goal.text(),
        verdict.to_owned(),
        used.unwrap_or_default(),
    ]
}

/// The one in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// The value below which such a share of them lies.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil().max(1.0) - 1.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index of a slice")]
    values.get(at as usize).copied().unwrap_or(0.0)
}

/// Three digits that matter.
fn short(value: f64) -> String {
    let text = match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    let whole = text.find('.').unwrap_or(text.len());
    let digits = text[..whole].bytes().rev().enumerate();
    let mut grouped = Vec::new();
    for (at, digit) in digits {
        if at > 0 && at % 3 == 0 && digit != b'-' {
            grouped.push(b',');
        }
        grouped.push(digit);
    }
    grouped.reverse();
    String::from_utf8_lossy(&grouped).into_owned() + &text[whole..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_percentiles_are_those_of_the_sorted_values() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        let mut values: Vec<f64> = (1..=1_000).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.5), 500.0);
        assert_eq!(percentile(&mut values, 0.999), 999.0);
        assert_eq!(percentile(&mut [], 0.5), 0.0);
    }

    #[test]
    fn a_goal_is_met_or_missed() {
        let row = |goal| Row::new("x", "y", "us", goal).ours([1.0, 3.0, 2.0]).raw([1.0, 1.0, 1.0]);
        assert_eq!(row(Goal::None).is_met(), None);
        assert_eq!(row(Goal::AtMost(2.0)).is_met(), Some(true));
        assert_eq!(row(Goal::AtMost(1.9)).is_met(), Some(false));
        assert_eq!(row(Goal::AtLeast(2.1)).is_met(), Some(false));
        assert_eq!(row(Goal::TimesRaw(2.0)).is_met(), Some(true));
        assert_eq!(row(Goal::TimesRaw(1.2)).is_met(), Some(false));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.353, 35.31, 353.1, 1_234_567.0].map(short), ["0.35", "35.3", "353", "1,234,567"]);
    }
}
