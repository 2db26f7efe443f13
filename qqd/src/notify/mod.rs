//! The desktop, over D-Bus: its notification service, its lock screen, its "do not disturb". The daemon runs without any
//! bus and joins one when it appears; whatever is missing there is missing quietly. Nothing is asked twice and nothing is
//! polled: what changes is told by signals.

mod bus;
mod face;
mod lock;
mod logind;
mod service;

use std::path::PathBuf;

use tokio::sync::mpsc;
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
    let (locked, mut locks) = mpsc::channel(8);
    tokio::spawn(logind::watch(locked));
    let mut watch = place.watch();
    loop {
        let bus = tokio::select! {
            bus = place.join(&mut watch) => bus,
            ended = drained(&mut orders) => return ended,
        };
        tracing::info!("on the session's bus");
        let mut desk =
            Session { service: Service::new(bus.clone()), locks: Locks::default(), inputs: &inputs };
        match desk.serve(&bus, &mut orders, &mut locks).await {
            Ok(Ended::Daemon) => return,
            Ok(Ended::Bus) => tracing::info!("the session's bus is gone"),
            Err(error) => tracing::info!(%error, "the session's bus cannot be used"),
        }
        desk.tell(Desk::Service(There::None)).await;
        desk.tell(Desk::Inhibited(false)).await;
        desk.tell(Desk::Locked(false)).await;
    }
}

/// Without a bus there is nothing to be done with orders; returns when there will be no more.
async fn drained(orders: &mut mpsc::Receiver<Order>) {
    while orders.recv().await.is_some() {}
}

/// Why there is no more to do.
enum Ended {
    Bus,
    Daemon,
}

/// One time on a bus.
struct Session<'a> {
    service: Service,
    locks: Locks,
    inputs: &'a mpsc::Sender<Input>,
}

impl Session<'_> {
    async fn serve(
        &mut self,
        bus: &Connection,
        orders: &mut mpsc::Receiver<Order>,
        logind: &mut mpsc::Receiver<bool>,
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
                        let locked = self.locks.hear(&message);
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
                Some(locked) = logind.recv() => {
                    let locked = self.locks.hint(locked);
                    self.tell_lock(locked).await;
                }
            }
        }
    }

    async fn tell_lock(&self, changed: Option<bool>) {
        if let Some(locked) = changed {
            self.tell(Desk::Locked(locked)).await;
        }
    }

    async fn tell_all(&self, news: Vec<Desk>) {
        for desk in news {
            self.tell(desk).await;
        }
    }

    async fn tell(&self, desk: Desk) {
        // Without a shell nobody listens.
        let _ = self.inputs.send(Input::Desk(desk)).await;
    }
}
