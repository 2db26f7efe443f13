//! `pace`: an open loop. A thread of its own sends at a fixed rate, whatever comes back, and each time is measured from
//! the moment at which the message was due: a server that stalls is not spared what was to be sent meanwhile.

use std::io::Write as _;
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use super::Found;
use super::chat::Party;
use super::forward::{Ephemeral, FIRST, Pair};
use crate::server::Cost;
use crate::table::{Goal, Row, percentile};
use crate::tally::Tally;
use crate::tasks;
use crate::wire;
use crate::world::{Place, World};

/// The last moment before a message is due is waited for awake: sleeping is not that precise.
const AWAKE: Duration = Duration::from_micros(150);

/// The first message is due this long after the start.
const LEAD: Duration = Duration::from_millis(20);

/// What has not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// When each message is due.
#[derive(Debug, Clone, Copy)]
struct Plan {
    start: Instant,
    gap: Duration,
    count: u64,
}

impl Plan {
    fn new(count: u64, rate: u64) -> Self {
        Self {
            start: Instant::now() + LEAD,
            gap: Duration::from_secs(1) / u32::try_from(rate).unwrap_or(u32::MAX),
            count,
        }
    }

    fn due(&self, number: u64) -> Instant {
        self.start + self.gap * u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// Sends on the connections in turn, each its own messages in order.
    fn send(self, to: Vec<(TcpStream, Vec<Vec<u8>>)>) -> JoinHandle<Result<()>> {
        std::thread::spawn(move || {
            let mut to: Vec<_> =
                to.into_iter().map(|(socket, messages)| (socket, messages.into_iter())).collect();
            let mut turn = 0;
            for number in 0..self.count {
                let due = self.due(number);
                while let Some(left) =
                    due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
                {
                    match left.checked_sub(AWAKE) {
                        Some(sleep) if !sleep.is_zero() => std::thread::sleep(sleep),
                        _ => std::hint::spin_loop(),
                    }
                }
                let (socket, messages) = &mut to[turn];
                write(socket, &messages.next().unwrap_or_default())?;
                turn = (turn + 1) % to.len();
            }
            Ok(())
        })
    }

    /// How late, in microseconds.
    fn late(&self, number: u64, now: Instant) -> f64 {
        now.saturating_duration_since(self.due(number)).as_secs_f64() * 1e6
    }

    fn end(&self) -> tokio::time::Instant {
        (self.due(self.count) + PATIENCE).into()
    }
}

/// The socket does not block, as its reader shares it.
fn write(socket: &mut TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match socket.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().map_err(|_| anyhow!("the sending thread panicked"))?
}

pub(super) async fn run(world: &World, ephemeral: Ephemeral) -> Result<Found> {
    let mut found = Found::default();
    let (mut ours, mut reference, mut chats) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..world.size.rounds {
        for (place, results) in
            [(world.raw()?, &mut reference), (world.relay(&format!("pace-forward-{round}"))?, &mut ours)]
        {
            let (mut late, tally) = forward(world, &place, ephemeral).await?;
            place.leave()?;
            found.tally = found.tally + tally;
            results.push([0.5, 0.99, 0.999].map(|share| percentile(&mut late, share)));
        }
        let place = world.relay(&format!("pace-chat-{round}"))?;
        let (cost, [mut acks, mut chat], tally) = chat(world, &place).await?;
        place.leave()?;
        found.tally = found.tally + tally;
        let of = |late: &mut [f64]| [0.5, 0.99, 0.999].map(|share| percentile(late, share) / 1e3);
        chats.push((cost, of(&mut acks), of(&mut chat)));
    }
    let rate = world.size.pace_forward;
    for (at, share, goal) in
        [(0, "p50", Goal::AtMost(60.0)), (1, "p99", Goal::None), (2, "p99.9", Goal::AtMost(800.0))]
    {
        let row = Row::new("pace", format!("{share}, {} at {rate}/s", ephemeral.word()), "us", goal);
        found
            .rows
            .push(row.ours(ours.iter().map(|late| late[at])).raw(reference.iter().map(|late| late[at])));
    }
    let rate = world.size.pace_chat;
    let costs: Vec<Cost> = chats.iter().map(|(cost, ..)| *cost).collect();
    let cpu = Row::new("pace", format!("CPU a chat at {rate}/s"), "us", Goal::None);
    let count = world.size.paced;
    found.rows.push(cpu.ours(costs.iter().map(|cost| cost.cpu_us(count))).cost(&costs));
    for (at, share, goal) in [(0, "p50", Goal::AtMost(5.0)), (1, "p99", Goal::None), (2, "p99.9", Goal::None)]
    {
        let row =
            |what: &str, goal| Row::new("pace", format!("{what} {share}, chats at {rate}/s"), "ms", goal);
        found.rows.push(row("ack", goal).ours(chats.iter().map(|(_, acks, _)| acks[at])));
        found.rows.push(row("delivery", Goal::None).ours(chats.iter().map(|(.., delivered)| delivered[at])));
    }
    Ok(found)
}

/// Ephemeral stanzas between one pair.
async fn forward(world: &World, place: &Place, ephemeral: Ephemeral) -> Result<(Vec<f64>, Tally)> {
    let mut pair = Pair::open(place, &place.door(false), 0, ephemeral).await?;
    let is_turn = pair.is_turn();
    let bytes = (0..world.size.paced).map(|turn| pair.bytes(turn)).collect();
    place.server.settle().await?;
    let plan = Plan::new(world.size.paced, world.size.pace_forward);
    let sending = plan.send(vec![(pair.sender.writer()?, bytes)]);
    let mut late = Vec::new();
    let mut misordered = 0;
    let heard = tokio::time::timeout_at(plan.end(), async {
        while (late.len() as u64) < plan.count {
            pair.receiver.more().await?;
            let now = Instant::now();
            while let Some(unit) = pair.receiver.take() {
                match is_turn(unit, late.len() as u64) {
                    None => wire::no_error(unit)?,
                    Some(in_turn) => {
                        misordered += u64::from(!in_turn);
                        late.push(plan.late(late.len() as u64, now));
                    }
                }
            }
        }
        Ok(())
    });
    heard.await.unwrap_or(Ok::<_, anyhow::Error>(()))?;
    join(sending)?;
    let heard = late.len() as u64;
    let (lost, doubled) = (plan.count.saturating_sub(heard), heard.saturating_sub(plan.count));
    Ok((late, Tally { expected: plan.count, lost, doubled, misordered }))
}

/// Chats from every other client to its partner; the times of the acks and of the deliveries.
async fn chat(world: &World, place: &Place) -> Result<(Cost, [Vec<f64>; 2], Tally)> {
    let mut parties = Vec::new();
    for me in FIRST..FIRST + world.size.chatters {
        parties.push(Party::open(place, false, me, me ^ 1).await?);
    }
    let senders = parties.len() as u64 / 2;
    let each = world.size.paced / senders;
    let mut outgoing = Vec::new();
    for party in parties.iter_mut().step_by(2) {
        let mut chats = Vec::new();
        for _ in 0..each {
            let mut chat = Vec::new();
            party.write_chat(&mut chat);
            chats.push(chat);
        }
        outgoing.push((party.wire.writer()?, chats));
    }
    place.server.settle().await?;
    let used = place.server.used()?;
    let plan = Plan::new(each * senders, world.size.pace_chat);
    let sending = plan.send(outgoing);
    let listening = parties.into_iter().enumerate().map(|(at, mut party)| async move {
        let sender = at as u64 / 2;
        let (sends, mut late) = (at % 2 == 0, Vec::new());
        let heard = tokio::time::timeout_at(
            plan.end(),
            listen(&mut party, sends, each, |number, now| {
                late.push(plan.late((number - 1) * senders + sender, now));
            }),
        );
        heard.await.unwrap_or(Ok(()))?;
        Ok((party, sends, late))
    });
    let parties = tasks::all(listening).await?;
    let cost = place.server.since(used)?;
    join(sending)?;
    let mut late = [Vec::new(), Vec::new()];
    let mut tally = Tally::default();
    for (party, sends, times) in parties {
        tally = tally + if sends { party.tally(each, 0) } else { party.tally(0, each) };
        late[usize::from(!sends)].extend(times);
    }
    Ok((cost, late, tally))
}

/// Hears acks as a sender, chats as a receiver, until all have come; `on` is told of each.
async fn listen(party: &mut Party, sends: bool, each: u64, mut on: impl FnMut(u64, Instant)) -> Result<()> {
    let end = party.rows.last + each;
    let mut told = 0;
    while told < each || party.rows.last < end {
        party.wire.more().await?;
        let now = Instant::now();
        party.hear()?;
        // The sender's socket belongs to the sending thread; its receipts are left out.
        let mut receipt = Vec::new();
        if !sends {
            party.write_receipt(&mut receipt);
            party.wire.say(&receipt).await?;
        }
        let heard = if sends { party.acked() } else { party.theirs.last };
        (told + 1..=heard).for_each(|number| on(number, now));
        told = told.max(heard);
    }
    Ok(())
}
