//! What Slint has no word for: attention, the real position of a window, where its keyboard is. All unstable calls stand here.

use std::cell::RefCell;
use std::future::Future;

use slint::private_unstable_api::re_exports::{FocusReason, ItemWeak, WindowInner};
use slint::winit_030::winit::event::WindowEvent;
use slint::winit_030::winit::platform::startup_notify::WindowAttributesExtStartupNotify;
use slint::winit_030::winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};
use slint::winit_030::winit::window::{ActivationToken, UserAttentionType};
use slint::winit_030::{EventResult, WinitWindowAccessor};
use slint::{PhysicalPosition, Window};

/// Where the window is, when the window system tells: only then a client may move it, too.
pub(crate) fn position(window: &Window) -> Option<PhysicalPosition> {
    let outer = window.with_winit_window(|window| window.outer_position().ok())??;
    Some(PhysicalPosition::new(outer.x, outer.y))
}

/// What has the keyboard in a window.
pub(crate) struct Seat(ItemWeak);

/// What has the keyboard in this window now, if anything has.
pub(crate) fn seat(window: &Window) -> Option<Seat> {
    let item = WindowInner::from_pub(window).focus_item.borrow().clone();
    item.upgrade().map(|_| Seat(item))
}

/// Gives the keyboard back; whether that could be done: what had it may be gone, or not be seen any more.
pub(crate) fn take_seat(window: &Window, seat: &Seat) -> bool {
    let Some(item) = seat.0.upgrade().filter(|item| item.is_visible()) else { return false };
    WindowInner::from_pub(window).set_focus_item(&item, true, FocusReason::Programmatic);
    true
}

/// Marks the window as wanting a look, without taking the keyboard.
pub(crate) fn attention(window: &Window) {
    window.with_winit_window(|window| window.request_user_attention(Some(UserAttentionType::Informational)));
}

/// Whether there is nothing to wait for: the window system knows the window, or there is none (tests).
pub(crate) fn is_ready(window: &Window) -> bool {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    std::pin::pin!(window.winit_window()).poll(&mut context).is_ready()
}

/// Waits until the window system knows the window, shown or not; at once where there is no window system.
pub(crate) async fn exists(window: &Window) {
    // A window that cannot be made says so when it is shown.
    let _ = window.winit_window().await;
}

/// Tells the window manager, before a window is shown, that nobody asked for it: it is not given the keyboard. X11 only;
/// on Wayland the compositor decides. (EWMH, `_NET_WM_USER_TIME`: zero is "no user interaction".)
pub(crate) fn stay_behind(window: &Window) {
    if let Some(id) = x11_window(window) {
        // A window manager that is not told may give it the keyboard: nothing else is lost.
        let _ = set_user_time(id, 0);
    }
}

fn x11_window(window: &Window) -> Option<u32> {
    window.with_winit_window(|window| match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
        RawWindowHandle::Xcb(handle) => Some(handle.window.get()),
        _ => None,
    })?
}

fn set_user_time(window: u32, time: u32) -> Result<(), Box<dyn std::error::Error>> {
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, PropMode};
    use x11rb::wrapper::ConnectionExt as _;
    let (connection, _) = x11rb::connect(None)?;
    let property = connection.intern_atom(false, b"_NET_WM_USER_TIME")?.reply()?.atom;
    connection.change_property32(PropMode::REPLACE, window, property, AtomEnum::CARDINAL, &[time])?;
    // The server has it before the window is mapped over the other connection.
    connection.get_input_focus()?.reply()?;
    connection.flush()?;
    Ok(())
}

thread_local! {
    /// The right to take the keyboard that somebody gave for the next window.
    static TOKEN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The window that is made next may take the keyboard with this xdg-activation token. One that is there already asks for
/// attention: winit has no word for giving it a token.
pub(crate) fn keep_token(token: Option<String>) {
    TOKEN.set(token);
}

/// Lets each new window use the token that is there for it; at first that of the program's own start.
pub(crate) fn with_tokens(selector: slint::BackendSelector) -> slint::BackendSelector {
    let of_start = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"].map(|name| std::env::var(name).ok());
    keep_token(of_start.into_iter().flatten().find(|token| !token.is_empty()));
    selector.with_winit_window_attributes_hook(|attributes| match TOKEN.take() {
        Some(token) => attributes.with_activation_token(ActivationToken::from_raw(token)),
        None => attributes,
    })
}

#[cfg(test)]
thread_local! {
    /// How often a window was given the keyboard.
    static TAKEN: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// How often a window was given the keyboard on this thread.
#[cfg(test)]
pub(crate) fn times_focused() -> u32 {
    TAKEN.get()
}

/// Brings the window to the front with the keyboard: only after the user asked for it.
pub(crate) fn focus(window: &Window) {
    #[cfg(test)]
    TAKEN.set(TAKEN.get() + 1);
    window.with_winit_window(|window| {
        window.set_minimized(false);
        window.focus_window();
    });
}

/// Whether the user is typing in this window.
pub(crate) fn has_focus(window: &Window) -> bool {
    window.with_winit_window(|window| window.has_focus()).unwrap_or(false)
}

/// Calls when the window gets the keyboard, or loses it.
pub(crate) fn on_focus(window: &Window, f: impl Fn(bool) + 'static) {
    window.on_winit_window_event(move |_, event| {
        if let WindowEvent::Focused(gained) = event {
            f(*gained);
        }
        EventResult::Propagate
    });
}

/// Whether the windows live on Wayland.
pub(crate) fn on_wayland() -> bool {
    std::env::var_os("WAYLAND_DISPLAY").is_some_and(|display| !display.is_empty())
}

/// A window is about to be hidden: it gives up keyboard and pointer before, not when the window system says so. What changes
/// in a hidden window is never drawn, and Slint tries again 60 times a second.
pub(crate) fn rest(window: &Window) {
    use slint::platform::WindowEvent;
    window.dispatch_event(WindowEvent::PointerExited);
    window.dispatch_event(WindowEvent::WindowActiveChanged(false));
}
