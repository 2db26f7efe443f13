//! `--half`: two people's windows beside each other on one screen, for `make demo` and for whoever wants to look at both sides.

use clap::ValueEnum;
use slint::{LogicalPosition, LogicalSize, Window};

/// Which half of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Half {
    /// From its left edge.
    Left,
    /// From the middle of a screen of 1280 px.
    Right,
}

/// Which of somebody's windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Friends,
    Chat,
}

impl Half {
    /// Gives a window its place, before it is shown for the first time; on Wayland the compositor chooses the place.
    pub(crate) fn place(self, window: &Window, part: Part) {
        let (x, width) = self.column(part);
        window.set_position(LogicalPosition::new(x, TOP));
        window.set_size(LogicalSize::new(width, HEIGHT));
    }

    /// Left edge and width, in logical pixels.
    fn column(self, part: Part) -> (f32, f32) {
        let from = match self {
            Self::Left => 0.0,
            Self::Right => SCREEN.0 / 2.0,
        };
        match part {
            Part::Friends => (from, FRIENDS),
            Part::Chat => (from + FRIENDS + FRAME, SCREEN.0 / 2.0 - FRIENDS - 2.0 * FRAME),
        }
    }
}

/// The smallest screen on which all four windows have room, in logical pixels.
const SCREEN: (f32, f32) = (1280.0, 800.0);
/// The width of the friend list: its least.
const FRIENDS: f32 = 260.0;
/// What a window manager may draw at both sides of a window together.
const FRAME: f32 = 8.0;
/// Where the windows begin: below a panel.
const TOP: f32 = 32.0;
/// Room is left for a title above, and a panel below.
const HEIGHT: f32 = 660.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_windows_with_their_frames_do_not_overlap_and_none_is_narrower_than_it_can_be() {
        let halves = [Half::Left, Half::Right];
        let all = halves.iter().flat_map(|half| [Part::Friends, Part::Chat].map(|part| half.column(part)));
        let mut end = 0.0;
        for (x, width) in all {
            assert!(x >= end && width >= 260.0, "{x} {width}");
            end = x + width + FRAME;
        }
        let right = Half::Right.column(Part::Chat);
        assert!(end <= SCREEN.0 && right.1 >= 360.0, "{end} {right:?}");
        assert!(TOP + HEIGHT <= SCREEN.1 - 100.0);
    }
}
