//! Starting with the desktop: an entry in `$XDG_CONFIG_HOME/autostart` (Desktop Application Autostart Specification).

use std::path::PathBuf;

use anyhow::Context;

/// Whether the entry is there.
pub(crate) fn is_on() -> bool {
    path().is_some_and(|path| path.exists())
}

/// Writes the entry, or takes it away.
pub(crate) fn set(on: bool) -> anyhow::Result<()> {
    if on == is_on() {
        return Ok(());
    }
    let path = path().context("neither XDG_CONFIG_HOME nor HOME is set")?;
    if !on {
        return Ok(std::fs::remove_file(path)?);
    }
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let program = std::env::current_exe()?;
    Ok(std::fs::write(path, entry(&program.display().to_string()))?)
}

fn entry(program: &str) -> String {
    // A quoted argument escapes these with a backslash, and the value of a key escapes backslashes once more.
    let mut quoted = String::new();
    for letter in program.chars() {
        if matches!(letter, '"' | '`' | '$' | '\\') {
            quoted.push_str("\\\\");
        }
        quoted.push(letter);
    }
    let quoted = quoted.replace('%', "%%");
    format!(
        "[Desktop Entry]\nType=Application\nName=Qiaoqiao 敲敲\nExec=\"{quoted}\" --hidden\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
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
    }
}
