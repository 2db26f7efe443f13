//! The table as a command line (feature `cli`): every method is a command with its params as
//! arguments, named and explained by the table.

use clap::{ArgMatches, Command};

use crate::{MethodRow, Request};

/// The command of a method, named after its verb; for the short form, rename it to [`MethodRow::short`].
pub fn command(row: &MethodRow) -> Command {
    crate::augment(row.name, Command::new(row.verb)).about(row.about)
}

/// The request that a command's arguments stand for.
///
/// # Errors
/// As clap's own, when the matches are not those of [`command`].
pub fn request(row: &MethodRow, matches: &ArgMatches) -> Result<Request, clap::Error> {
    crate::from_matches(row.name, matches)
}
