//! The directory, the lock, stale and inherited sockets.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use tempfile::TempDir;

use super::*;

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let socket = home.path().join("qqd/ipc.sock");
    (home, socket)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o777
}

fn refused(socket: &Path) -> String {
    Place::take(socket).unwrap_err().to_string()
}

#[tokio::test]
async fn directory_and_socket_are_made_for_the_user_alone() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    let listener = place.listen().unwrap();
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(&socket.with_file_name("ipc.sock.lock")), 0o600);
    assert!(answers(&socket).unwrap());
    drop(listener);
    assert!(!socket.exists(), "the socket goes with its listener");
}

#[test]
fn a_directory_that_others_can_enter_is_refused() {
    for open in [0o755, 0o710, 0o702, 0o1777] {
        let (_home, socket) = home();
        let directory = socket.parent().unwrap();
        fs::create_dir(directory).unwrap();
        fs::set_permissions(directory, Permissions::from_mode(open)).unwrap();
        let sentence = refused(&socket);
        assert!(sentence.contains("is open to other users") && sentence.contains("chmod 700"), "{sentence}");
        assert!(!socket.with_file_name("ipc.sock.lock").exists());
    }
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    let (_home, socket) = home();
    let directory = socket.parent().unwrap();
    fs::create_dir(directory).unwrap();
    fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
    if geteuid().is_root() {
        std::os::unix::fs::chown(directory, Some(65_534), None).unwrap();
        let sentence = refused(&socket);
        assert!(sentence.contains("belongs to user 65534"), "{sentence}");
    } else {
        // Not root: another user's directory is at hand.
        assert!(private(Path::new("/")).unwrap_err().to_string().contains("belongs to user 0"));
    }
}

#[test]
fn a_link_or_a_file_instead_of_the_directory_is_refused() {
    let (home, socket) = home();
    let directory = socket.parent().unwrap();
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, directory).unwrap();
    assert!(refused(&socket).contains("is no directory"));
    fs::remove_file(directory).unwrap();
    fs::write(directory, "").unwrap();
    assert!(refused(&socket).contains("is no directory"));
}

#[test]
fn a_directory_that_cannot_be_made_is_said() {
    let (_home, socket) = home();
    let deeper = socket.parent().unwrap().join("deeper/ipc.sock");
    assert!(refused(&deeper).contains("cannot make the directory"));
}

#[test]
fn a_second_daemon_is_told_who_is_there() {
    let (_home, socket) = home();
    let place = Place::take(&socket).unwrap();
    let second = Place::take(&socket).unwrap_err();
    assert!(matches!(second, Refusal::Taken { pid, .. } if pid == Some(std::process::id())));
    assert!(second.to_string().contains("another qqd serves"), "{second}");
    drop(place);
    Place::take(&socket).unwrap();
}

#[tokio::test]
async fn a_stale_socket_is_replaced() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let _listener = place.listen().unwrap();
    assert!(answers(&socket).unwrap());
    assert_eq!(mode(&socket), 0o600);
}

#[tokio::test]
async fn a_socket_that_somebody_answers_on_is_not_replaced() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    let _somebody = UnixListener::bind(&socket).unwrap();
    assert!(matches!(place.listen().unwrap_err(), Refusal::Taken { .. }));
    assert!(answers(&socket).unwrap());
}

#[tokio::test]
async fn somebody_too_busy_to_answer_is_somebody() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    let busy = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    busy.bind(&SockAddr::unix(&socket).unwrap()).unwrap();
    busy.listen(1).unwrap();
    let mut waiting = Vec::new();
    // Until its queue is full: then a try would wait.
    loop {
        let one = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        one.set_nonblocking(true).unwrap();
        if one.connect(&SockAddr::unix(&socket).unwrap()).is_err() {
            break;
        }
        waiting.push(one);
    }
    assert!(matches!(place.listen().unwrap_err(), Refusal::Taken { .. }));
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    fs::write(&socket, "mine").unwrap();
    assert!(place.listen().unwrap_err().to_string().contains("is no socket"));
    assert_eq!(fs::read(&socket).unwrap(), b"mine");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_said() {
    let (home, _) = home();
    let socket = home.path().join("x".repeat(100)).join("ipc.sock");
    let mut place = Place::take(&socket).unwrap();
    assert!(place.listen().unwrap_err().to_string().contains("cannot listen on"));
}

#[tokio::test]
async fn a_place_that_others_can_enter_by_now_is_noticed() {
    let (_home, socket) = home();
    let mut place = Place::take(&socket).unwrap();
    let _listener = place.listen().unwrap();
    Place::look(&socket).unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&socket, 0o666);
    assert!(Place::look(&socket).unwrap_err().to_string().contains("0666"));
    set(&socket, 0o600);
    set(socket.parent().unwrap(), 0o755);
    assert!(Place::look(&socket).unwrap_err().to_string().contains("0755"));
    set(socket.parent().unwrap(), 0o700);
    fs::remove_file(&socket).unwrap();
    assert!(Place::look(&socket).is_err(), "nobody can come in any more");
}
