//! The windows before screens of other scales: as large as there, and as sharp. `scripts/scales` makes one picture of them.

use std::path::Path;
use std::time::{Duration, Instant};

use qiaoqiao_tests::desktop::Desktop;
use qiaoqiao_tests::person::Person;
use qiaoqiao_tests::wait;

use crate::seat::{FRIENDS, Seat};

/// Where `scripts/scales` finds them.
const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/pictures");

/// What a desktop's settings call 150 and 200 %.
const LARGER: [f64; 2] = [1.5, 2.0];

/// A window that does not change for so long is drawn; the cursor does not blink before that.
const STILL: Duration = Duration::from_millis(300);

/// The four windows at this scale, each with its size in pixels.
fn windows(scale: f64) -> Vec<(&'static str, (usize, usize))> {
    let bob = "Bob Müller";
    let mut seat = Seat::before(Desktop::scaled(scale), Person::new("bob"));
    seat.start(&[]);
    seat.reads("log in", "How would you like to begin?");
    let login = seat.shot("login", "log in", scale);
    drop(seat);
    let mut seat = Seat::before(Desktop::scaled(scale), Person::new("alice"));
    seat.start(&["--mock"]);
    seat.reads(FRIENDS, bob);
    let friends = seat.shot("friends", FRIENDS, scale);
    seat.window(FRIENDS).press("list item", bob);
    seat.fill(
        bob,
        "entry",
        "Message to Bob",
        "See you at six: a line that is long enough to be broken, and one that shows every edge",
    );
    let display = seat.desktop.display();
    let typed = display.shot(display.window(bob));
    seat.desktop.keys().press(&["Return"]);
    seat.reads(bob, "You: See you at six");
    wait::until("the message is drawn", || (display.shot(display.window(bob)) != typed).then_some(()));
    let chat = seat.shot("chat", bob, scale);
    seat.window(FRIENDS).press("button", "Settings");
    seat.window("Settings").press_to("tab", "Sounds", "A friend comes on line");
    let settings = seat.shot("settings", "Settings", scale);
    vec![login, friends, chat, settings]
}

impl Seat {
    /// Keeps a picture of a window that moves no more.
    fn shot(&self, name: &'static str, title: &str, scale: f64) -> (&'static str, (usize, usize)) {
        let display = self.desktop.display();
        let window = display.window(title);
        let mut last = display.shot(window);
        let mut since = Instant::now();
        wait::until(&format!("{name} stands still"), || {
            let now = display.shot(window);
            if now != last {
                (last, since) = (now, Instant::now());
            }
            (since.elapsed() > STILL && last.colours() > 12).then_some(())
        });
        std::fs::write(Path::new(PICTURES).join(format!("{name}-{scale}.ppm")), last.to_ppm())
            .expect("the picture is kept");
        self.tell(&format!("sees {name} at {scale}: {} x {} pixels", last.width, last.height));
        (name, (last.width, last.height))
    }
}

#[test]
#[ignore = "run by scripts/scales"]
fn windows_are_as_large_on_a_screen_of_another_scale() {
    std::fs::create_dir_all(PICTURES).expect("a directory");
    let plain = windows(1.0);
    for scale in LARGER {
        for ((name, size), (_, before)) in windows(scale).into_iter().zip(&plain) {
            let fits = |now: usize, then: usize| {
                let (now, then) = (i32::try_from(now).expect("a size"), i32::try_from(then).expect("a size"));
                (f64::from(now) - f64::from(then) * scale).abs() <= 1.0
            };
            assert!(
                fits(size.0, before.0) && fits(size.1, before.1),
                "{name} at {scale}: {size:?}, {before:?} at 1"
            );
        }
    }
}
