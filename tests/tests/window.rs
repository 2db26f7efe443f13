//! The window program before a user's eyes: real windows on a private desktop, real daemons, a real relay, driven through
//! the accessibility bus and by real keys.

use qiaoqiao_tests::desktop::Desktop;
use qiaoqiao_tests::person::Person;

#[test]
fn a_screen_reader_reads_the_friend_list() {
    let desktop = Desktop::start();
    let alice = Person::new("alice");
    let _program = desktop.windows_of(&alice, &["--mock"]);
    let screen = desktop.screen();
    let window = screen.window("Qiaoqiao");
    let list = window.control("list item", "Bob Müller");
    assert!(list.name.contains("on line"), "{list}");
}
