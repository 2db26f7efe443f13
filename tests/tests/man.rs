//! The pages of the manual, as the programs write them: a checker finds nothing, and a reader can read them.

use std::process::Command;

use qiaoqiao_tests::program;

#[test]
fn every_page_is_one_that_man_can_show_without_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    for (name, flag) in [("qqctl", "man"), ("qqd", "--man"), ("relay-server", "man"), ("qq-slint", "--man")] {
        let out = program::command(name).arg(flag).arg(dir.path()).output().unwrap();
        assert!(out.status.success() && out.stdout.is_empty(), "{name}: {out:?}");
    }
    let pages: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|page| page.unwrap().path()).collect();
    for page in
        ["qqctl.1", "qqctl-send.1", "qqd.1", "qq-slint.1", "relay-server.8", "relay-server-account-add.8"]
    {
        assert!(pages.contains(&dir.path().join(page)), "{page} is missing: {pages:?}");
    }
    let checked = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).args(&pages).output();
    let checked = checked.expect("mandoc is there: scripts/setup test");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // A terminal of 80 columns: what is laid out is not broken by it.
    for page in &pages {
        let shown = Command::new("mandoc").args(["-T", "utf8"]).arg(page).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        let page = page.display();
        // Chinese takes two columns, and overstruck letters take one.
        for line in shown.lines().filter(|line| line.is_ascii()) {
            let erased = 2 * line.matches('\u{8}').count();
            assert!(line.len() - erased <= 80, "{page}: an example in --help has at most 73 columns: {line}");
        }
    }
}
