//! What a screen reader is told without asking: the announcements on the accessibility bus.

use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use zbus::export::futures_core::Stream;
use zbus::zvariant::{OwnedValue, Structure};
use zbus::{MatchRule, MessageStream};

use super::bus::Buses;
use crate::wait;

/// The announcements of all programs of a desktop, from the moment on that this was made.
#[derive(Debug)]
pub struct Announcements {
    said: Receiver<String>,
    passed: std::cell::RefCell<Vec<String>>,
}

impl Announcements {
    /// Listens from now on.
    pub fn listen(buses: &Buses) -> Self {
        let address = buses.accessibility().to_owned();
        let (ready, is_ready) = channel();
        let (tell, said) = channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let mut stream = subscribed(&address).await;
                ready.send(()).expect("somebody waits");
                loop {
                    let next = std::future::poll_fn(|context| Pin::new(&mut stream).poll_next(context)).await;
                    let Some(Ok(message)) = next else { return };
                    let Some(text) = text(&message) else { continue };
                    if tell.send(text).is_err() {
                        return;
                    }
                }
            });
        });
        is_ready.recv_timeout(wait::PATIENCE).expect("the accessibility bus takes a listener");
        Self { said, passed: std::cell::RefCell::default() }
    }

    /// Waits until something has been said that contains `text`, now or since the start.
    pub fn heard(&self, text: &str) {
        if self.passed.borrow().iter().any(|said| said.contains(text)) {
            return;
        }
        let end = Instant::now() + wait::PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match self.said.recv_timeout(left) {
                Ok(said) => {
                    let fits = said.contains(text);
                    self.passed.borrow_mut().push(said);
                    if fits {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{text:?} was not announced; this was: {:#?}", self.passed.borrow())
                }
            }
        }
    }
}

async fn subscribed(address: &str) -> MessageStream {
    let builder = zbus::connection::Builder::address(address).expect("an address");
    let connection = builder.build().await.expect("the bus answers");
    let rule = MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .interface("org.a11y.atspi.Event.Object")
        .and_then(|rule| rule.member("Announcement"))
        .expect("names")
        .build();
    let stream = MessageStream::for_match_rule(rule, &connection, Some(1024)).await.expect("a match");
    // The registry forwards what programs emit only where somebody says that they listen; ours emit always, and say it
    // for the others.
    let _ = connection
        .call_method(
            Some("org.a11y.atspi.Registry"),
            "/org/a11y/atspi/registry",
            Some("org.a11y.atspi.Registry"),
            "RegisterEvent",
            &("object:announcement", Vec::<String>::new(), ""),
        )
        .await;
    stream
}

/// The sentence of an announcement: the body is `(detail, politeness, 0, sentence, properties)`.
fn text(message: &zbus::Message) -> Option<String> {
    let body = message.body();
    let body: Structure<'_> = body.deserialize().ok()?;
    let sentence = OwnedValue::try_from(body.fields().get(3)?.try_clone().ok()?).ok()?;
    let inner = match &*sentence {
        zbus::zvariant::Value::Value(inner) => inner.try_to_owned().ok()?,
        _ => sentence,
    };
    inner.downcast_ref::<&str>().ok().map(str::to_owned)
}
