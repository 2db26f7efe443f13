//! `open`: a friend or a link, and on which screen the caller sits.

use ipc_schema::client::Client;
use ipc_schema::daemon::{Open, Screen};

use crate::Stop;
use crate::print::Printer;

/// How a link begins; no friend is called so.
const LINK: &str = "qiao://";

/// What was typed may be a link: then it is no friend's name.
pub(crate) fn tell_apart(params: &mut Open) {
    params.link = params.to.take_if(|to| to.starts_with(LINK));
}

/// Asks for the window.
pub(crate) fn open(client: &mut Client, params: &Open, printer: &Printer) -> Result<(), Stop> {
    let word = |name| std::env::var(name).ok().filter(|word| !word.is_empty());
    let screen = Screen {
        wayland_display: word("WAYLAND_DISPLAY"),
        display: word("DISPLAY"),
        xauthority: word("XAUTHORITY"),
    };
    // Of no use to anybody else: whoever started this program gave it the right to take the keyboard focus.
    let token = word("XDG_ACTIVATION_TOKEN").or_else(|| word("DESKTOP_STARTUP_ID"));
    let is_somewhere = screen.display.is_some() || screen.wayland_display.is_some();
    let params = Open { token, screen: is_somewhere.then(|| Box::new(screen)), ..params.clone() };
    printer.opened(&client.call(&params)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_no_friend() {
        let told = |to: &str| {
            let mut params = Open { to: Some(to.into()), ..Open::default() };
            tell_apart(&mut params);
            (params.to, params.link)
        };
        assert_eq!(told("bob"), (Some("bob".into()), None));
        assert_eq!(told("qiao://h/i/c#p"), (None, Some("qiao://h/i/c#p".into())));
    }
}
