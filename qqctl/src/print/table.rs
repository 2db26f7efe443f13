//! Tables for people: columns by what a terminal shows, not by bytes; never wider than the terminal, no spaces at a
//! line's end. Whoever fills one has made other people's text harmless before.

use super::wrap::{cut, lines};
use super::{Paint, Style};
use crate::text::columns;

/// No column is cut to less: a character and what says that more is missing.
const NARROWEST: usize = 3;

/// A column: its title, and on which side its text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    title: &'static str,
    right: bool,
    gap: usize,
}

impl Column {
    /// Of text; it is cut where the line would be too long.
    pub(super) const fn text(title: &'static str) -> Self {
        Self { title, right: false, gap: 2 }
    }

    /// Of numbers, to the right; never cut.
    pub(super) const fn number(title: &'static str) -> Self {
        Self { title, right: true, gap: 2 }
    }

    /// So many spaces before it instead of two.
    pub(super) const fn after(self, gap: usize) -> Self {
        Self { gap, ..self }
    }
}

#[derive(Debug)]
enum Row {
    Cells(Vec<(String, Style)>),
    Line(String, Style),
    Note(String),
}

/// Spaces before each line of a note.
const NOTE: usize = 2;

/// Rows under columns.
#[derive(Debug)]
pub(super) struct Table {
    indent: usize,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { indent: 0, columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// So many spaces before every row, but not before a line.
    pub(super) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    /// A row; a cell for every column.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = (String, Style)>) {
        self.rows.push(Row::Cells(cells.into_iter().collect()));
    }

    /// A line of its own between the rows, across all columns.
    pub(super) fn line(&mut self, text: String, style: Style) {
        self.rows.push(Row::Line(text, style));
    }

    /// A sentence about the row above; never cut, but broken.
    pub(super) fn note(&mut self, text: String) {
        self.rows.push(Row::Note(text));
    }

    /// The table as text. `width` is the terminal's; without one nothing is cut. A column without any text is left out,
    /// and so are the titles if there are none.
    pub(super) fn text(&self, width: Option<usize>, paint: Paint) -> String {
        let widths = self.widths(width);
        let mut text = Vec::new();
        if self.columns.iter().any(|column| !column.title.is_empty()) && self.cells().next().is_some() {
            let titles =
                self.columns.iter().map(|column| (column.title.to_owned(), Style::Dim)).collect::<Vec<_>>();
            text.push(self.line_of(&titles, &widths, paint));
        }
        for row in &self.rows {
            match row {
                Row::Cells(cells) => text.push(self.line_of(cells, &widths, paint)),
                Row::Line(line, style) => {
                    text.push(paint.style(*style, &cut(line, width.unwrap_or(usize::MAX))));
                }
                Row::Note(note) => {
                    let note = lines(note, width.map(|width| width.saturating_sub(NOTE)));
                    text.extend(note.iter().map(|line| format!("{:NOTE$}{line}", "")));
                }
            }
        }
        text.join("\n")
    }

    fn cells(&self) -> impl Iterator<Item = &[(String, Style)]> {
        self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => Some(cells.as_slice()),
            Row::Line(..) | Row::Note(_) => None,
        })
    }

    /// How wide each column is; 0 for one that is left out.
    fn widths(&self, limit: Option<usize>) -> Vec<usize> {
        let needed = |at: usize, column: &Column| {
            let widest = self.cells().filter_map(|cells| cells.get(at)).map(|(text, _)| columns(text)).max();
            widest.filter(|widest| *widest > 0).map_or(0, |widest| widest.max(columns(column.title)))
        };
        let mut widths: Vec<usize> =
            self.columns.iter().enumerate().map(|(at, column)| needed(at, column)).collect();
        while self.sum(&widths) > limit.unwrap_or(usize::MAX) {
            // The widest gives way until another one is the widest.
            let text = widths.iter_mut().zip(&self.columns).filter(|(_, column)| !column.right);
            let Some((widest, _)) =
                text.max_by_key(|(width, _)| **width).filter(|(width, _)| **width > NARROWEST)
            else {
                break;
            };
            *widest -= 1;
        }
        widths
    }

    fn sum(&self, widths: &[usize]) -> usize {
        let shown = widths.iter().zip(&self.columns).filter(|(width, _)| **width > 0);
        shown.enumerate().map(|(at, (width, column))| width + self.gap(at, column)).sum()
    }

    /// The spaces before a column; the first one begins the row.
    fn gap(&self, at: usize, column: &Column) -> usize {
        if at == 0 { self.indent } else { column.gap }
    }

    fn line_of(&self, cells: &[(String, Style)], widths: &[usize], paint: Paint) -> String {
        let mut line = String::new();
        // Spaces are written when something follows them.
        let mut spaces = 0;
        let shown = self.columns.iter().zip(widths).zip(cells).filter(|((_, width), _)| **width > 0);
        for (at, ((column, width), (text, style))) in shown.enumerate() {
            spaces += self.gap(at, column);
            let text = cut(text, *width);
            let missing = width - columns(&text);
            if column.right {
                spaces += missing;
            }
            if !text.is_empty() {
                line.push_str(&format!("{:spaces$}{}", "", paint.style(*style, &text)));
                spaces = 0;
            }
            if !column.right {
                spaces += missing;
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Paint = Paint::NONE;

    fn cell(text: &str) -> (String, Style) {
        (text.to_owned(), Style::Plain)
    }

    fn friends() -> Table {
        let mut table = Table::new([
            Column::text("WHO"),
            Column::text("NAME"),
            Column::number("UNREAD"),
            Column::text("NOTE"),
        ]);
        table.row([cell("bob"), cell("小明"), cell("3"), cell("")]);
        table.row([cell("alice"), cell("cafe\u{301}"), cell("12"), cell("在吃饭")]);
        table.row([cell("x"), cell("👍🏽 hi"), cell(""), cell("")]);
        table
    }

    #[test]
    fn columns_line_up_and_no_line_ends_with_a_space() {
        assert_eq!(
            friends().text(None, PLAIN),
            "WHO    NAME   UNREAD  NOTE\n\
             bob    小明        3\n\
             alice  cafe\u{301}       12  在吃饭\n\
             x      👍🏽 hi"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_widest_column_gives_way() {
        let mut table = friends();
        table.row([cell("carol"), cell("一个很长很长很长的名字"), cell("7"), cell("and a long note")]);
        table.note("and a sentence about carol, who has a name that is long: 真的很长".into());
        table.line("a heading that is longer than anything 标题标题标题".into(), Style::Plain);
        for width in 22..70 {
            let text = table.text(Some(width), PLAIN);
            assert!(text.lines().all(|line| columns(line) <= width), "{width}:\n{text}");
            assert!(text.contains("12"), "a number is whole: {text}");
        }
        let text = table.text(Some(40), PLAIN);
        assert!(text.contains("carol") && text.contains('…'), "{text}");
    }

    #[test]
    fn an_empty_column_is_left_out_and_without_titles_there_is_no_head() {
        let mut table =
            Table::new([Column::text(""), Column::text(""), Column::text("").after(1)]).indented(2);
        table.line("Friends".into(), Style::Bold);
        table.row([cell("a"), cell(""), cell("b")]);
        assert_eq!(table.text(Some(80), PLAIN), "Friends\n  a b");
    }

    #[test]
    fn colours_take_no_columns() {
        let mut table = Table::new([Column::text("A"), Column::text("B")]);
        table.row([("x".to_owned(), Style::Green), cell("y")]);
        let text = table.text(Some(80), Paint::ALL);
        assert_eq!(text, "\u{1b}[2mA\u{1b}[0m  \u{1b}[2mB\u{1b}[0m\n\u{1b}[32mx\u{1b}[0m  y");
    }
}
