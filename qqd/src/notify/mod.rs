//! The desktop, over D-Bus: its notification service, its lock screen, its "do not disturb". The daemon runs without any
//! bus and joins one when it appears; whatever is missing there is missing quietly. Nothing is asked twice and nothing is
//! polled: what changes is told by signals.

mod bus;
mod face;
mod lock;
mod logind;
mod service;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use zbus::export::ordered_stream::OrderedStreamExt;
use zbus::message::Type;
use zbus::{Connection, MessageStream};

use crate::core::Input;
use crate::core::io::{Desk, Notice, Service as There};
use bus::Place;
use lock::Locks;
use service::Service;

/// Orders that wait for the desktop; beyond, they are dropped: it is told what is newest soon enough.
const QUEUE: usize = 128;

/// The first pause after a bus that was there for less than [`SHORT`]; each one after it is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// A bus that is there so long is one that can be used.
const SHORT: Duration = Duration::from_secs(10);

/// What the desktop is to do.
#[derive(Debug)]
enum Order {
    Show(Box<Notice>, Vec<PathBuf>),
    Close(u64),
}

/// The way to the desktop; dropping it ends it.
#[derive(Debug)]
pub struct Desktop {
    orders: mpsc::Sender<Order>,
}

impl Desktop {
    /// Looks for the session's bus from now on; what the desktop tells goes to `inputs`. Call it inside a tokio runtime.
    pub fn start(inputs: mpsc::Sender<Input>) -> Self {
        let (orders, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(run(Place::of_environment(), waiting, inputs));
        Self { orders }
    }

    /// Shows a notification, with the avatar in the first of these files that is there.
    pub fn show(&self, notice: Box<Notice>, picture: Vec<PathBuf>) {
        self.order(Order::Show(notice, picture));
    }

    /// Takes a notification away.
    pub fn close(&self, number: u64) {
        self.order(Order::Close(number));
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            tracing::warn!("the desktop does not take notifications as fast as they come; one is dropped");
        }
    }
}

async fn run(place: Place, mut orders: mpsc::Receiver<Order>, inputs: mpsc::Sender<Input>) {
    let (hint, mut hints) = mpsc::channel(8);
    tokio::spawn(logind::watch(hint));
    let mut watch = place.watch();
    let mut locks = Locks::default();
    let mut pauses = Pauses::default();
    let mut pause = Duration::ZERO;
    loop {
        let there = async {
            // A bus that comes is tried at once.
            bus::pause(&mut watch, pause).await;
            place.join(&mut watch).await
        };
        let bus = tokio::select! {
            bus = there => bus,
            ended = idle(&mut orders, &mut hints, &mut locks, &inputs) => return ended,
        };
        tracing::info!("on the session's bus");
        let began = Instant::now();
        let mut desk = Session { service: Service::new(bus.clone()), locks: &mut locks, inputs: &inputs };
        match desk.serve(&bus, &mut orders, &mut hints).await {
            Ok(Ended::Daemon) => return,
            Ok(Ended::Bus) => tracing::info!("the session's bus is gone"),
            Err(error) => tracing::info!(%error, "the session's bus cannot be used"),
        }
        pause = pauses.after(began.elapsed());
        tell(&inputs, Desk::Service(There::None)).await;
        tell(&inputs, Desk::Inhibited(false)).await;
        tell_lock(&inputs, locks.leave()).await;
    }
}

/// How long to wait before a bus is joined again.
#[derive(Debug, Default)]
struct Pauses {
    last: Duration,
}

impl Pauses {
    /// After one that was there so long.
    fn after(&mut self, lasted: Duration) -> Duration {
        self.last = if lasted < SHORT { (self.last * 2).clamp(PAUSE, PAUSE_MAX) } else { Duration::ZERO };
        self.last
    }
}

/// Without a bus there is nothing to be done with orders; returns when there will be no more.
async fn idle(
    orders: &mut mpsc::Receiver<Order>,
    hints: &mut mpsc::Receiver<bool>,
    locks: &mut Locks,
    inputs: &mpsc::Sender<Input>,
) {
    loop {
        tokio::select! {
            order = orders.recv() => if order.is_none() { return },
            Some(locked) = hints.recv() => tell_lock(inputs, locks.hint(locked)).await,
        }
    }
}

async fn tell_lock(inputs: &mpsc::Sender<Input>, changed: Option<bool>) {
    if let Some(locked) = changed {
        tell(inputs, Desk::Locked(locked)).await;
    }
}

async fn tell(inputs: &mpsc::Sender<Input>, desk: Desk) {
    // Without a shell nobody listens.
    let _ = inputs.send(Input::Desk(desk)).await;
}

/// Why there is no more to do.
enum Ended {
    Bus,
    Daemon,
}

/// One time on a bus.
struct Session<'a> {
    service: Service,
    locks: &'a mut Locks,
    inputs: &'a mpsc::Sender<Input>,
}

impl Session<'_> {
    async fn serve(
        &mut self,
        bus: &Connection,
        orders: &mut mpsc::Receiver<Order>,
        hints: &mut mpsc::Receiver<bool>,
    ) -> zbus::Result<Ended> {
        let mut messages = MessageStream::from(bus);
        bus::listen(bus, &service::rules()).await?;
        bus::listen(bus, &lock::rules()).await?;
        let there = self.service.look().await;
        self.tell_all(there).await;
        let locked = self.locks.look(bus).await;
        self.tell_lock(locked).await;
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    None | Some(Err(_)) => return Ok(Ended::Bus),
                    Some(Ok(message)) if message.message_type() == Type::Signal => {
                        let news = self.service.hear(&message).await;
                        self.tell_all(news).await;
                        let locked = self.locks.hear(bus, &message).await;
                        self.tell_lock(locked).await;
                    }
                    Some(Ok(_)) => {}
                },
                order = orders.recv() => match order {
                    None => return Ok(Ended::Daemon),
                    Some(Order::Show(notice, picture)) => {
                        let news = self.service.show(&notice, picture).await;
                        self.tell_all(news).await;
                    }
                    Some(Order::Close(number)) => self.service.close(number).await,
                },
                Some(locked) = hints.recv() => {
                    let locked = self.locks.hint(locked);
                    self.tell_lock(locked).await;
                }
            }
        }
    }

    async fn tell_lock(&self, changed: Option<bool>) {
        tell_lock(self.inputs, changed).await;
    }

    async fn tell_all(&self, news: Vec<Desk>) {
        for desk in news {
            tell(self.inputs, desk).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_that_is_of_no_use_is_joined_ever_less_often() {
        let mut pauses = Pauses::default();
        let short: Vec<u64> = (0..11).map(|_| pauses.after(Duration::ZERO).as_secs()).collect();
        assert_eq!(short, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pauses.after(SHORT), Duration::ZERO, "one that was");
        assert_eq!(pauses.after(Duration::ZERO), PAUSE);
    }
}
