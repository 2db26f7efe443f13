//! How the windows look and which language they speak, as the settings say.

use std::rc::Rc;

use qq_slint_ui::Theme;
use slint::ComponentHandle;

use super::App;

impl App {
    /// Dresses a new window: colours, sizes and language as the settings say.
    pub(crate) fn dress<C>(&self, window: &C)
    where
        C: ComponentHandle + 'static,
        for<'a> Theme<'a>: slint::Global<'a, C>,
    {
        let prefs = self.prefs.borrow();
        let theme = window.global::<Theme>();
        theme.set_choice(prefs.theme);
        theme.set_still(self.stands_still());
        theme.set_font_scale(prefs.font_scale);
        theme.invoke_follow();
    }

    /// Gives a new window the size that the last one of its kind was left with, else this one. Said before it is shown:
    /// a window that is made hidden begins as small as it may be.
    pub(crate) fn size(&self, kind: &str, window: &slint::Window, else_: (f32, f32)) {
        let (width, height) = self.prefs.borrow().sizes.get(kind).copied().unwrap_or(else_);
        window.set_size(slint::LogicalSize::new(width, height));
    }

    /// Remembers how large a window is left.
    pub(crate) fn keep_size(&self, kind: &str, window: &slint::Window) {
        if !window.is_visible() || window.is_maximized() || window.is_fullscreen() {
            return;
        }
        let size = window.size().to_logical(window.scale_factor());
        let size = (size.width.round(), size.height.round());
        let before = self.prefs.borrow_mut().sizes.insert(kind.to_owned(), size);
        if before != Some(size) {
            // What cannot be written is said where the user changes settings; a size is not worth a sentence.
            let _ = self.prefs.borrow().save(&self.place);
        }
    }

    /// The other layout: the conversations move into their windows, or beside the list, with what was typed.
    pub(crate) fn lay_out(self: &Rc<Self>) {
        let chats = std::mem::take(&mut *self.chats.borrow_mut());
        let drafts: Vec<_> = chats.into_iter().map(|(peer, chat)| (peer, chat.leave(self))).collect();
        *self.beside.borrow_mut() = None;
        if let Some(friends) = &*self.friends.borrow() {
            friends.nobody_beside();
            friends.take_size(self);
        }
        for (peer, draft) in drafts.into_iter().filter(|(_, draft)| !draft.is_empty()) {
            self.show_chat(&peer, false);
            if let Some(chat) = self.chats.borrow().get(&peer) {
                chat.put_draft(self, &draft);
            }
        }
    }

    /// Whether nothing moves: as the settings say, or the desktop.
    pub(crate) fn stands_still(&self) -> bool {
        self.prefs.borrow().still || self.still.get()
    }

    /// Every window looks as the settings and the desktop say.
    pub(super) fn dress_all(&self) {
        if let Some(login) = &*self.login.borrow() {
            login.dress(self);
        }
        if let Some(friends) = &*self.friends.borrow() {
            friends.dress(self);
        }
        for chat in self.chats.borrow().values() {
            chat.dress(self);
        }
        if let Some(settings) = &*self.settings.borrow() {
            settings.dress(self);
        }
    }

    /// The settings have changed: every window follows, and they are written.
    pub(crate) fn prefs_changed(self: &Rc<Self>) {
        self.speak();
        self.dress_all();
        // What a message does may be another thing now, and the daemon notifies accordingly.
        *self.viewed.borrow_mut() = None;
        self.tell_view();
        let saved = self.prefs.borrow().save(&self.place);
        if let (Err(error), Some(settings)) = (saved, &*self.settings.borrow()) {
            settings.problem(&error.said(&self.voice));
        }
        self.refresh();
    }

    /// Whether the windows are in Chinese: by the setting, else as the desktop.
    pub(crate) fn speaks_chinese(&self) -> bool {
        match self.prefs.borrow().language {
            0 => desktop_speaks_chinese(),
            chosen => chosen == 2,
        }
    }

    pub(super) fn speak(&self) {
        let language = if self.speaks_chinese() { "zh_CN" } else { "en" };
        // English is what the sources hold; a language that is not bundled leaves them as they are.
        let _ = slint::select_bundled_translation(language);
    }
}

fn desktop_speaks_chinese() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_some_and(|value| value.starts_with("zh"))
}
