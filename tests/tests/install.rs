//! `make install` puts each thing where desktops look for it, in a form that they take, and `make uninstall` takes all of it
//! away again: the script below a DESTDIR, held against the validators of the desktop itself.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use qiaoqiao_tests::program;
use tempfile::TempDir;

const ID: &str = "io.github.qiaoqiao.Qiaoqiao";
const PROGRAMS: &[&str] = &["relay-server", "qqd", "qqctl", "qq-slint"];
const SIZES: &[usize] = &[16, 22, 24, 32, 48, 64, 128, 256, 512];

#[test]
fn what_is_installed_is_what_desktops_take_and_all_of_it_goes_again() {
    let place = Place::new();
    place.install(&[], "/usr");
    let share = place.root().join("usr/share");
    for size in SIZES {
        let icon = share.join(format!("icons/hicolor/{size}x{size}/apps/{ID}.png"));
        assert_eq!(png_size(&icon), (*size, *size), "{}", icon.display());
    }
    for icon in [format!("scalable/apps/{ID}.svg"), format!("symbolic/apps/{ID}-symbolic.svg")] {
        let icon =
            std::fs::read_to_string(share.join("icons/hicolor").join(icon)).expect("a file of the test");
        assert!(icon.starts_with("<svg"), "{icon}");
    }
    let entry = share.join(format!("applications/{ID}.desktop"));
    checked(Command::new("desktop-file-validate").arg(&entry));
    let metainfo = share.join(format!("metainfo/{ID}.metainfo.xml"));
    checked(Command::new("appstreamcli").args(["validate", "--no-net"]).arg(metainfo));
    let entry = std::fs::read_to_string(entry).expect("a file of the test");
    for line in ["Exec=qq-slint %u", "MimeType=x-scheme-handler/qiao;", &format!("StartupWMClass={ID}")] {
        assert!(entry.lines().any(|told| told == line), "{line} is not in {entry}");
    }
    for page in ["man1/qq-slint.1", "man1/qqd.1", "man1/qqctl.1", "man8/relay-server.8"] {
        assert!(share.join("man").join(page).exists(), "{page}");
    }
    assert!(place.root().join("usr/bin/qq-slint").exists());

    place.install(&["--remove"], "/usr");
    assert_eq!(files(&place.root()), Vec::<PathBuf>::new());
}

#[test]
fn a_place_of_its_own_is_named_in_the_entry_and_quoted_where_it_must_be() {
    let place = Place::new();
    let exec = [
        ("/opt/qiaoqiao", "/opt/qiaoqiao/bin/qq-slint %u"),
        ("/opt/my qiaoqiao", "\"/opt/my qiaoqiao/bin/qq-slint\" %u"),
    ];
    for (prefix, exec) in exec {
        place.install(&[], prefix);
        let entry = place.root().join(&prefix[1..]).join(format!("share/applications/{ID}.desktop"));
        checked(Command::new("desktop-file-validate").arg(&entry));
        let entry = std::fs::read_to_string(entry).expect("a file of the test");
        assert!(entry.contains(&format!("\nExec={exec}\n")), "{entry}");
    }
}

/// A DESTDIR, and the built programs as small scripts that start them: a copy of each would be half a gigabyte.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a file of the test"));
        std::fs::create_dir(place.built()).expect("a file of the test");
        for name in PROGRAMS {
            let script = place.built().join(name);
            let start = format!("#!/bin/sh\nexec '{}' \"$@\"\n", program::path(name).display());
            std::fs::write(&script, start).expect("a file of the test");
            std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("a file of the test");
        }
        place
    }

    fn built(&self) -> PathBuf {
        self.0.path().join("built")
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    fn install(&self, options: &[&str], prefix: &str) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut install = Command::new("scripts/install");
        install.args(options).arg(prefix).args(PROGRAMS).current_dir(here);
        checked(install.env("DESTDIR", self.root()).env("BUILT", self.built()).env("HOME", "/nowhere"));
    }
}

fn checked(command: &mut Command) -> Output {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; see scripts/setup test"));
    let said = [&out.stdout[..], &out.stderr[..]].concat();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said));
    out
}

/// Width and height, from the head of a PNG file.
fn png_size(path: &Path) -> (usize, usize) {
    let bytes = std::fs::read(path).expect("a file of the test");
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n", "{}", path.display());
    let number =
        |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("a file of the test")) as usize;
    (number(16), number(20))
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .expect("a file of the test")
        .map(|entry| entry.expect("a file of the test").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
