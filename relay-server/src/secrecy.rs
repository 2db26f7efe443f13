//! What keeps passwords inside this process.

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};

/// No core dump of this process is ever written, by whatever means: it may hold passwords.
pub fn no_core_dumps() {
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0).and_then(|()| set_dumpable(false)) {
        tracing::warn!(%error, "core dumps could not be turned off");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_are_no_core_dumps() {
        super::no_core_dumps();
        assert!(!nix::sys::prctl::get_dumpable().unwrap());
        assert_eq!(nix::sys::resource::getrlimit(super::Resource::RLIMIT_CORE).unwrap(), (0, 0));
    }
}
