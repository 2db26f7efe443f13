//! A look at the way to a relay: name, TCP, TLS and key, and nothing is said on it.

use std::time::{Duration, Instant};

use super::{Settings, dial};
use crate::core::io::{Aim, Probe};

/// For each step; both together stay below what whoever asks waits for.
const STEP: Duration = Duration::from_secs(4);

/// Looks, within 8 s.
pub async fn probe(aim: Aim) -> Probe {
    look(aim, Settings { connect: STEP, tls: STEP, ..Settings::default() }).await
}

/// [`probe`] with other deadlines.
pub(super) async fn look(aim: Aim, settings: Settings) -> Probe {
    let Aim { account, address, trust } = aim;
    let begun = Instant::now();
    match dial::connect(&address, &settings).await {
        Err(closed) => Probe { account, tcp: Err(closed.clone()), tls: Err(closed) },
        Ok(tcp) => {
            let took = begun.elapsed();
            let reached = dial::secure(tcp, &address, trust, &settings).await;
            Probe { account, tcp: Ok(took), tls: reached.map(|reached| reached.key) }
        }
    }
}
