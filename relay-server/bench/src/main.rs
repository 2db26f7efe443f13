//! `relay-bench`: the relay in numbers. Starts the real `relay-server`, and beside it a bare forwarder in the same run, so
//! that what is printed holds on a slow or busy machine, too: the ratio of both.

mod host;
mod login;
mod raw;
mod scenario;
mod server;
mod size;
mod table;
mod tally;
mod tasks;
mod tls;
mod wire;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand, ValueEnum as _};
use tokio::task::LocalSet;

use host::{Busy, Host};
use scenario::{Ephemeral, Scenario};
use size::Size;
use table::Report;
use world::World;

const HELP: &str = "\
What is measured:
  Each scenario runs a few rounds; in each the reference (`raw`) comes first and the relay second, as processes of their
  own. `raw` forwards bytes from one socket to another and knows nothing else: what sockets and TLS cost by themselves.
  CPU is that of the server's process, from /proc; the clients live in this process and are not counted. The number that
  holds from one machine to another is the ratio; absolute ones are good for comparing two runs on a quiet machine.
  Every message is counted: if one is lost, doubled or out of order, the table says so and the exit code is 1.

Where:
  Databases lie below $TMPDIR (default /tmp). Let it be a real disk: on a tmpfs a sync costs nothing.

Examples:
  make bench                                  everything, about four minutes
  relay-bench --only chat --rounds 5          one scenario, more rounds
  relay-bench --only forward,idle --json b.json
  relay-bench --quick                         a second or two: does everything still work?";

/// Measures the relay beside a bare forwarder, and prints a table with the goals.
#[derive(Debug, Parser)]
#[command(name = "relay-bench", version, after_help = HELP)]
struct Args {
    /// Only these scenarios, separated by commas
    #[arg(long, value_name = "SCENARIO", value_delimiter = ',', value_enum)]
    only: Vec<Scenario>,
    /// Interleaved rounds; the table has their medians
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Few people, few messages, one round: shows that everything works, and measures nothing
    #[arg(long)]
    quick: bool,
    /// Also writes everything as JSON, each round by itself
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The stanza that is forwarded and not stored
    #[arg(long, value_enum, default_value = "typing")]
    ephemeral: Ephemeral,
    /// The relay to measure [default: relay-server beside this program]
    #[arg(long, value_name = "PROGRAM")]
    relay: Option<PathBuf>,
    #[command(subcommand)]
    hidden: Option<Hidden>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// The reference, as a process of its own.
    #[command(hide = true)]
    Raw,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.hidden {
        Some(Hidden::Raw) => raw::serve().map(|()| true),
        None => bench(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("relay-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether every message came once and in order.
fn bench(args: &Args) -> Result<bool> {
    let size = if args.quick { Size::quick() } else { Size::full(usize::from(args.rounds)) };
    let program = program(args.relay.as_deref())?;
    let files = host::raise_file_limit();
    let wanted = 2 * size.people as u64 + 64;
    if files < wanted {
        say(&format!(
            "only {files} files may be open, {wanted} are wanted: raise the hard limit (ulimit -Hn)"
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = LocalSet::new().block_on(&runtime, run(args, size, program))?;
    let mut out = std::io::stdout().lock();
    out.write_all(report.table().as_bytes())?;
    if let Some(path) = &args.json {
        std::fs::write(path, report.json()? + "\n")
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let clean = report.tallies.iter().all(|(_, tally)| tally.is_clean());
    if !clean {
        say("FAILED: messages were lost, doubled or out of order; see the counts above");
    }
    Ok(clean)
}

async fn run(args: &Args, size: Size, program: PathBuf) -> Result<Report> {
    let busy = Busy::now();
    let world = World::make(program, size, say).await?;
    let mut host = Host::look(world.folder());
    let (mut rows, mut tallies) = (Vec::new(), Vec::new());
    for scenario in Scenario::value_variants() {
        if !args.only.is_empty() && !args.only.contains(scenario) {
            continue;
        }
        let begun = Instant::now();
        let found = scenario.run(&world, args.ephemeral).await.with_context(|| scenario.name())?;
        say(&format!("{}: {:.1} s", scenario.name(), begun.elapsed().as_secs_f64()));
        rows.extend(found.rows);
        tallies.push((scenario.name(), found.tally));
    }
    host.load_after = host::load();
    host.others_percent = busy.others_since(host::own_cpu());
    tallies.retain(|(_, tally)| tally.expected > 0);
    Ok(Report { host, size, quick: args.quick, ephemeral: args.ephemeral.word(), rows, tallies })
}

/// The relay that was named, or the one that was built with this program.
fn program(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let beside = std::env::current_exe()?.with_file_name("relay-server");
    if !beside.exists() {
        bail!("{} is not built: run `make bench`, or name one with --relay", beside.display());
    }
    Ok(beside)
}

/// Words for a person; the table alone goes to standard output.
fn say(text: &str) {
    // Nobody may be listening.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
