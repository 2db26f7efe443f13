//! What notifications say, in the languages that the daemon knows: one table, chosen once by its locale.

/// A language of the daemon's own sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English, for everybody whose language is not here.
    #[default]
    English,
    /// 简体中文.
    Chinese,
}

impl Language {
    /// By the name of a locale, such as `zh_CN.UTF-8`.
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") { Self::Chinese } else { Self::English }
    }

    pub(super) fn open(self) -> &'static str {
        self.pick("Open", "打开")
    }

    pub(super) fn read(self) -> &'static str {
        self.pick("Mark read", "标为已读")
    }

    pub(super) fn shake_back(self) -> &'static str {
        self.pick("Shake back", "抖回去")
    }

    pub(super) fn reply(self) -> &'static str {
        self.pick("Reply", "回复")
    }

    pub(super) fn accept(self) -> &'static str {
        self.pick("Accept", "同意")
    }

    pub(super) fn decline(self) -> &'static str {
        self.pick("Decline", "拒绝")
    }

    /// So many messages, as a line of its own.
    pub(super) fn messages(self, count: u64) -> String {
        match (self, count) {
            (Self::English, 1) => "New message".to_owned(),
            (Self::English, count) => format!("{count} messages"),
            (Self::Chinese, 1) => "新消息".to_owned(),
            (Self::Chinese, count) => format!("{count} 条消息"),
        }
    }

    /// A friend, or somebody, shook one's window.
    pub(super) fn shook(self, who: Option<&str>) -> String {
        match (self, who) {
            (Self::English, Some(who)) => format!("{who} shook your window"),
            (Self::English, None) => "Somebody shook your window".to_owned(),
            (Self::Chinese, Some(who)) => format!("{who} 给您发送了一个窗口抖动"),
            (Self::Chinese, None) => "有人给您发送了一个窗口抖动".to_owned(),
        }
    }

    /// A friend request, without what was said with it.
    pub(super) fn asks(self) -> &'static str {
        self.pick("Wants to be your friend", "请求加您为好友")
    }

    /// So many friend requests that are open.
    pub(super) fn ask(self, count: usize) -> String {
        match (self, count) {
            (Self::English, 1) => "1 person would like to be your friend".to_owned(),
            (Self::English, count) => format!("{count} people would like to be your friends"),
            (Self::Chinese, count) => format!("{count} 人请求加您为好友"),
        }
    }

    pub(super) fn calls(self) -> &'static str {
        self.pick("Is calling you", "来电")
    }

    /// The title of what came while one was away.
    pub(super) fn away(self) -> &'static str {
        self.pick("While you were away", "离开期间")
    }

    /// So many messages from so many friends: two or more.
    pub(super) fn missed(self, messages: u64, friends: usize) -> String {
        match self {
            Self::English => format!("{messages} messages from {friends} friends"),
            Self::Chinese => format!("{friends} 位好友发来 {messages} 条消息"),
        }
    }

    pub(super) fn missed_requests(self, count: u64) -> String {
        match (self, count) {
            (Self::English, 1) => "1 friend request".to_owned(),
            (Self::English, count) => format!("{count} friend requests"),
            (Self::Chinese, count) => format!("{count} 个好友请求"),
        }
    }

    /// The title when something that was pressed had no effect.
    pub(super) fn failed(self) -> &'static str {
        self.pick("That did not work", "操作没有成功")
    }

    fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for chinese in ["zh_CN.UTF-8", "zh_TW", "zh"] {
            assert_eq!(Language::of_locale(chinese), Language::Chinese, "{chinese}");
        }
        for other in ["C", "", "en_GB.UTF-8", "de_AT"] {
            assert_eq!(Language::of_locale(other), Language::English, "{other}");
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(Language::English.messages(1), "New message");
        assert_eq!(Language::English.messages(3), "3 messages");
        assert_eq!(Language::Chinese.missed(57, 6), "6 位好友发来 57 条消息");
    }
}
