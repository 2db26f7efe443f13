//! What a service manager is told, if one waits for it: a datagram to the socket that `NOTIFY_SOCKET` names
//! (sd_notify(3)). Nobody's not listening ever stops the relay.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Clients can connect.
pub(super) const READY: &str = "READY=1";

/// Told to stop, and doing so.
pub(super) const STOPPING: &str = "STOPPING=1";

/// Tells it.
pub(super) fn tell(state: &str) {
    let Some(socket) = env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty()) else { return };
    if let Err(error) = send(&socket, state) {
        tracing::warn!(%error, ?socket, "the service manager could not be told {state}");
    }
}

/// A path, or behind an `@` a name without one (unix(7)).
fn send(socket: &OsStr, state: &str) -> io::Result<()> {
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let from = UnixDatagram::unbound()?;
    // A manager that does not read is no reason to wait.
    from.set_nonblocking(true)?;
    from.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_service_manager_hears_by_path_and_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let by_path = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), READY).unwrap();
        assert_eq!(heard(&by_path), "READY=1");

        let name = format!("qiaoqiao-notify-{}", std::process::id());
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        send(OsStr::new(&format!("@{name}")), STOPPING).unwrap();
        assert_eq!(heard(&by_name), "STOPPING=1");
    }

    #[test]
    fn a_manager_that_is_gone_or_does_not_read_is_an_error_and_no_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        assert!(send(path.as_os_str(), READY).is_err());
        let _silent = UnixDatagram::bind(&path).unwrap();
        let mut sent = 0;
        while send(path.as_os_str(), READY).is_ok() {
            sent += 1;
            assert!(sent < 100_000, "its queue is full some time");
        }
    }
}
