//! What a dialogue changes around the core: the clock, the store, the pool, the disk, a client's reading; and the limits.

use relay_server::core::{Input, Limits};

use super::CoreStage;
use crate::dialogue::{Change, time};

impl CoreStage {
    /// What a line such as `store stops` or `A reads on` says; `who` is whose line it is.
    pub(super) fn change_world(&mut self, who: Option<&str>, change: &Change) -> Result<(), String> {
        match change {
            Change::Clock(by) => self.pass(*by),
            Change::StoreStops => self.store_stands = true,
            Change::StoreGoes => {
                self.store_stands = false;
                self.settle();
            }
            Change::PoolStops => self.pool_stands = true,
            Change::PoolGoes => {
                self.pool_stands = false;
                self.settle();
            }
            Change::PoolBusy => self.pool_busy = true,
            Change::PoolFree => self.pool_busy = false,
            Change::DiskFull => self.disk_full = true,
            Change::DiskFree => self.disk_full = false,
            Change::Quiet
            | Change::StopsReading
            | Change::ReadsOn
            | Change::IsPaused
            | Change::IsNotPaused => {
                return self.change_of(who.ok_or("whose?")?, change);
            }
        }
        Ok(())
    }

    fn change_of(&mut self, who: &str, change: &Change) -> Result<(), String> {
        let client = self.client(who);
        let session = client.session;
        match change {
            Change::Quiet => self.run(Input::Quiet { session }),
            Change::StopsReading => client.reads = false,
            Change::ReadsOn => {
                client.reads = true;
                self.catch_up(session);
                self.settle();
            }
            Change::IsPaused if client.paused.is_zero() => return Err(format!("{who} is not paused")),
            Change::IsNotPaused if !client.paused.is_zero() => {
                return Err(format!("{who} is paused for {:?}", client.paused));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Sets a limit by its name.
pub(super) fn limit(limits: &mut Limits, key: &str, value: &str) {
    let number = || value.parse::<u32>().unwrap_or_else(|_| panic!("{value} is no number"));
    match key {
        "content_max" => limits.content_max = number() as usize,
        "chats_per_second" => limits.chats_per_second = number(),
        "chats_burst" => limits.chats_burst = number(),
        "typing_per_second" => limits.typing_per_second = number(),
        "marks_per_second" => limits.marks_per_second = number(),
        "marks_burst" => limits.marks_burst = number(),
        "typing_burst" => limits.typing_burst = number(),
        "shake_interval" => limits.shake_interval = time(value).expect("a time"),
        "friends" => limits.friends = number(),
        "strangers" => limits.strangers = number(),
        "groups" => limits.groups = number(),
        "requests_per_day" => limits.requests_per_day = number(),
        "devices" => limits.devices = number(),
        "failed_logins" => limits.failed_logins = number(),
        "failed_logins_per_address" => limits.failed_logins_per_address = number(),
        "failed_logins_per_account" => limits.failed_logins_per_account = number(),
        "token_logins_per_address" => limits.token_logins_per_address = number(),
        "registrations_per_address" => limits.registrations_per_address = number(),
        "registration" => limits.open_registration = value == "open",
        other => panic!("there is no limit {other}"),
    }
}
