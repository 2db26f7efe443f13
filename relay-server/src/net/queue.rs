//! How much of what was written the peer's kernel has not acknowledged yet (SIOCOUTQ, tcp(7)). Nothing else.
#![allow(unsafe_code, reason = "SIOCOUTQ is reached by ioctl only; one call, with its own tests")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use nix::libc::{TIOCOUTQ, c_int};

nix::ioctl_read_bad!(
    /// SIOCOUTQ, which is the socket's name for TIOCOUTQ.
    outgoing_queue,
    TIOCOUTQ,
    c_int
);

/// The bytes that the peer's kernel has not acknowledged.
pub fn unacknowledged(socket: &impl AsFd) -> io::Result<usize> {
    let mut bytes: c_int = 0;
    // SAFETY: the descriptor is borrowed, so it is open during the call; TIOCOUTQ writes one int to the address,
    // which is that of a live, exclusively borrowed int.
    unsafe { outgoing_queue(socket.as_fd().as_raw_fd(), &raw mut bytes) }?;
    Ok(usize::try_from(bytes).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    fn until_acknowledged(socket: &TcpStream) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while unacknowledged(socket).unwrap() > 0 {
            assert!(Instant::now() < deadline, "the kernel never acknowledged");
            std::thread::yield_now();
        }
    }

    /// Writes until the peer, which does not read, takes no more.
    fn fill(socket: &mut TcpStream) {
        socket.set_nonblocking(true).unwrap();
        while socket.write(&[b'x'; 65_536]).is_ok() {}
        assert!(unacknowledged(socket).unwrap() > 0);
    }

    #[test]
    fn what_the_peers_kernel_has_is_not_counted() {
        let (mut near, mut far) = pair();
        assert_eq!(unacknowledged(&near).unwrap(), 0);
        near.write_all(b"hello").unwrap();
        until_acknowledged(&near);
        let mut heard = [0; 5];
        far.read_exact(&mut heard).unwrap();
    }

    #[test]
    fn what_the_peers_kernel_has_no_room_for_is_counted() {
        let (mut near, mut far) = pair();
        fill(&mut near);
        std::thread::spawn(move || std::io::copy(&mut far, &mut std::io::sink()));
        until_acknowledged(&near);
    }

    #[test]
    fn what_a_reset_connection_never_delivered_stays_counted() {
        let (mut near, far) = pair();
        fill(&mut near);
        socket2::SockRef::from(&far).set_linger(Some(Duration::ZERO)).unwrap();
        drop(far);
        let deadline = Instant::now() + Duration::from_secs(10);
        while near.take_error().unwrap().is_none() {
            assert!(Instant::now() < deadline, "no reset came");
            std::thread::yield_now();
        }
        assert!(unacknowledged(&near).unwrap() > 0);
    }
}
