//! Starting with the desktop: an entry in `$XDG_CONFIG_HOME/autostart` (Desktop Application Autostart Specification).

use std::path::{Path, PathBuf};

use crate::words::Unwritten;

/// Whether the entry is there, and not switched off by the desktop's own list of such programs.
pub(crate) fn is_on() -> bool {
    path().and_then(|path| std::fs::read_to_string(path).ok()).is_some_and(|entry| starts(&entry))
}

fn starts(entry: &str) -> bool {
    !entry.lines().any(|line| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false"))
}

/// Writes the entry, or takes it away.
///
/// # Errors
/// When the entry cannot be written or taken away, or there is no home for it.
pub(crate) fn set(on: bool) -> Result<(), Unwritten> {
    if on == is_on() {
        return Ok(());
    }
    let Some(path) = path() else {
        return Err(Unwritten { path: "~/.config".into(), error: std::io::ErrorKind::NotFound.into() });
    };
    let set = if on { write(&path) } else { std::fs::remove_file(&path) };
    set.map_err(|error| Unwritten { path, error })
}

fn write(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let program = std::env::current_exe()?.display().to_string();
    // What Linux says of a program whose file an update has replaced: its name is the new one's, too.
    std::fs::write(path, entry(program.trim_end_matches(" (deleted)")))
}

fn entry(program: &str) -> String {
    // A quoted argument escapes these with a backslash, and the value of a key escapes backslashes once more.
    let mut quoted = String::new();
    for letter in program.chars() {
        match letter {
            '\\' => quoted.push_str("\\\\\\\\"),
            '"' | '`' | '$' => quoted.extend(['\\', '\\', letter]),
            _ => quoted.push(letter),
        }
    }
    let quoted = quoted.replace('%', "%%");
    format!(
        "[Desktop Entry]\nType=Application\nName=Qiaoqiao 敲敲\nIcon=io.github.qiaoqiao.Qiaoqiao\nExec=\"{quoted}\" --hidden\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )
}

fn path() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let config =
        config.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(config.join("autostart/io.github.qiaoqiao.Qiaoqiao.desktop"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_odd_letters_stays_one_argument() {
        assert!(entry("/opt/my qq/qq-slint").contains("Exec=\"/opt/my qq/qq-slint\" --hidden\n"));
        assert!(entry("/a$b%c").contains("Exec=\"/a\\\\$b%%c\" --hidden"));
        assert!(entry("/a\\b").contains(r#"Exec="/a\\\\b" --hidden"#));
    }

    #[test]
    fn an_entry_that_the_desktop_has_switched_off_does_not_start() {
        assert!(starts(&entry("/usr/bin/qq-slint")));
        assert!(!starts(&format!("{}Hidden=true\n", entry("/usr/bin/qq-slint"))));
    }
}
