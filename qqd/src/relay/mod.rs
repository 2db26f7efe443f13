//! The way to the relays: one TCP connection for each account, TLS on it, stanzas both ways. It decides nothing: it tells what happened
//! as [`News`](crate::core::io::News), each time with the number of the attempt that it belongs to.
//!
//! No byte of a stanza leaves before the relay's key is trusted. A relay that floods is slowed down, not stored.

mod dial;
mod link;
mod links;
mod outgoing;
mod probe;
mod trust;
mod wake;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use link::Link;
pub use links::Links;
pub use probe::probe;
pub use wake::Wake;

/// Deadlines and limits of a link.
#[derive(Debug, Clone)]
pub struct Settings {
    /// For the resolver and TCP together, whatever number of addresses there are.
    pub connect: Duration,
    /// How long one address may take before the next one is tried beside it.
    pub stagger: Duration,
    /// For the TLS handshake.
    pub tls: Duration,
    /// Without a byte for so long the relay is gone; also how long TCP waits for what was sent to be acknowledged.
    pub silence: Duration,
    /// For sending the rest and hearing the relay's good-bye after a hang-up.
    pub goodbye: Duration,
    /// The most bytes that wait to be sent; beyond it the link is lost.
    pub unsent_max: usize,
    /// The certificate authorities; the system's when none are given, read once when first needed.
    pub roots: Option<Arc<rustls::RootCertStore>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            stagger: Duration::from_millis(250),
            tls: Duration::from_secs(5),
            silence: Duration::from_secs(75),
            goodbye: Duration::from_secs(1),
            unsent_max: 4 * 1024 * 1024,
            roots: None,
        }
    }
}
