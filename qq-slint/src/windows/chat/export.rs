//! The whole conversation into a file: as text to read, or with all that is kept of it.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ipc_schema::chat::{self, Format};
use qq_slint_ui::Say;
use slint::ComponentHandle;

use super::Chat;
use crate::app::App;
use crate::asking::{Answer, Question};
use crate::windows::date;

/// A file that is being written, page by page. One that is not finished goes again.
struct Export {
    file: BufWriter<File>,
    path: PathBuf,
    format: Format,
    messages: i32,
    whole: bool,
}

impl Drop for Export {
    fn drop(&mut self) {
        if !self.whole {
            // Half a conversation looks like a whole one: it does not stay.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Chat {
    /// Asks where to, and writes.
    pub(super) fn export(self: &Rc<Self>, app: &Rc<App>) {
        let weak = Rc::downgrade(self);
        let name = self.friend_name(app);
        let question = Question::new("export", name, move |app, answer, path, _| {
            let Some(chat) = weak.upgrade() else { return answer.done() };
            match Export::create(Path::new(&path)) {
                Ok(export) => chat.export_page(app, export, None, answer),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    answer.refuse(&app.voice.global::<Say>().invoke_file_exists(path.into()));
                }
                Err(error) => refuse(app, &answer, &error),
            }
        });
        let place =
            suggestion(&self.peer.1, &crate::clock::now().to_zoned(crate::clock::zone()).date().to_string());
        self.stage.ask(app, question.such_as(place.display().to_string()));
    }

    /// Writes the page after this row, and the pages after that.
    fn export_page(self: &Rc<Self>, app: &App, mut export: Export, after: Option<u64>, answer: Answer) {
        let params = chat::Export { to: self.to(), format: export.format, after };
        let weak = Rc::downgrade(self);
        app.link.call(Some(&self.peer.0), &params, move |reply| {
            let Some(chat) = weak.upgrade() else { return answer.done() };
            App::with(|app| match reply {
                Err(error) => answer.failed(app, &error),
                Ok(page) => match export.write(&page.messages) {
                    Err(error) => refuse(app, &answer, &error),
                    Ok(last) if page.more && last > after => chat.export_page(app, export, last, answer),
                    Ok(_) => match export.finish() {
                        Ok((messages, path)) => {
                            answer.done();
                            let say = app.voice.global::<Say>();
                            let said = say.invoke_exported(messages, path.display().to_string().into());
                            let title = say.invoke_ask_title("export".into(), chat.friend_name(app));
                            chat.stage.tell(&title, &said);
                        }
                        Err(error) => refuse(app, &answer, &error),
                    },
                },
            });
        });
    }
}

impl Export {
    fn create(path: &Path) -> std::io::Result<Self> {
        // Only its owner reads it, as with the daemon's own files.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let is_json = path.extension().is_some_and(|ending| ending == "jsonl" || ending == "json");
        let format = if is_json { Format::Jsonl } else { Format::Text };
        Ok(Self { file: BufWriter::new(file), path: path.to_owned(), format, messages: 0, whole: false })
    }

    /// Writes a page; gives the row of its last message.
    fn write(&mut self, messages: &[chat::Whole]) -> std::io::Result<Option<u64>> {
        for whole in messages {
            match self.format {
                Format::Jsonl => {
                    serde_json::to_writer(&mut self.file, whole)?;
                    self.file.write_all(b"\n")?;
                }
                Format::Text => {
                    let message = &whole.message;
                    writeln!(self.file, "{}  {}: {}", date(&message.ts), message.from, message.text)?;
                }
            }
            self.messages = self.messages.saturating_add(1);
        }
        Ok(messages.last().and_then(|whole| whole.message.row))
    }

    fn finish(mut self) -> std::io::Result<(i32, PathBuf)> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        self.whole = true;
        Ok((self.messages, self.path.clone()))
    }
}

fn refuse(app: &App, answer: &Answer, error: &std::io::Error) {
    answer.refuse(&app.voice.global::<Say>().invoke_export_failed(error.to_string().into()));
}

/// Where to, unless the user says otherwise: `bob-2026-01-31.txt` at home.
fn suggestion(friend: &str, day: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    home.join(format!("{friend}-{day}.txt"))
}
