//! From the parsed command line to one request and its printed reply.

use std::io::{IsTerminal, Read};
use std::time::Duration;

use clap::ArgMatches;
use ipc_schema::account::State;
use ipc_schema::client::Client;
use ipc_schema::presence::Shown;
use ipc_schema::{Code, Error, METHODS, MethodRow, Request, account, daemon, friend, presence};
use serde_json::Value;

use crate::command::Options;
use crate::print::{Around, Printer};
use crate::{
    Stop, completion, connect, export, friend_name, join, login, man, open, passwd, send, stop, terminal,
    watch, words,
};

/// The longest message that standard input may hold, in bytes: what no daemon takes is not read to its end.
const STDIN_MAX: u64 = 1 << 20;
/// How long the server may take to say which devices are on line.
const LOOK: Duration = Duration::from_secs(2);

/// Carries out what the command line says.
pub(crate) fn run(matches: &ArgMatches, options: &Options, printer: &mut Printer) -> Result<(), Stop> {
    let (name, sub) = matches.subcommand().ok_or_else(|| Error::new(Code::Usage, "a command is missing"))?;
    match name {
        "watch" => return watch::watch(sub, options, printer),
        "wait" => return watch::wait(sub, options, printer),
        "rpc" => return rpc(sub, options, printer),
        "schema" => return printer.data(&ipc_schema::schema()),
        "words" if printer.is_json() => return printer.data(&words::data()),
        "words" => return printer.text(&words::text()),
        "man" => return man::man(sub),
        "completion" => return completion::completion(sub, printer),
        _ => {}
    }
    let (row, sub) = row(name, sub)?;
    let mut request = ipc_schema::cli::request(row, sub)
        .map_err(|error| Error::new(Code::Usage, error.to_string().lines().next().unwrap_or_default()))?;
    match (&mut request, &options.account) {
        (Request::AccountLogout(params), account) => params.account.clone_from(account),
        (Request::AccountLogin(_) | Request::AccountJoin(_) | Request::AccountRegister(_), Some(_)) => {
            let sentence = format!("{} names its account itself; leave --account out", row.verb);
            return Err(Error::new(Code::Usage, sentence).into());
        }
        _ => {}
    }
    let mut client = connect::connect(options)?;
    call(&mut client, request, (sub, options), printer).map_err(|stop| match stop {
        Stop::Error(error) if error.code == Code::UnknownMethod => older(&mut client, row.name).into(),
        stop => stop,
    })
}

/// The daemon that runs does not know a method of this version: it was there before the update.
fn older(client: &mut Client, method: &str) -> Error {
    let version = client.welcome().daemon.clone();
    let message = format!(
        "the qqd that runs (version {version}) does not know {method}; it is older than this qqctl and must be restarted"
    );
    client.set_timeout(Some(LOOK));
    let by_hand = match client.call(&daemon::Status {}) {
        Ok(report) => format!("kill {} (the next qqctl starts the new one)", report.daemon.pid),
        Err(_) => "end it (the next qqctl starts the new one)".to_owned(),
    };
    let hint = format!("systemctl --user restart qqd; without systemd: {by_hand}");
    Error::new(Code::UnknownMethod, message).with_hint(hint)
}

/// The method that a short form, or a feature and its verb, stands for.
fn row<'a>(name: &str, matches: &'a ArgMatches) -> Result<(&'static MethodRow, &'a ArgMatches), Error> {
    let commands = || METHODS.iter().filter(|row| row.command);
    let found = match matches.subcommand() {
        Some((verb, sub)) => {
            commands().find(|row| row.feature == name && row.verb == verb).map(|row| (row, sub))
        }
        None => commands().find(|row| row.short == Some(name)).map(|row| (row, matches)),
    };
    found.ok_or_else(|| Error::new(Code::Usage, format!("there is no command {name}")))
}

fn call(
    client: &mut Client,
    mut request: Request,
    (sub, options): (&ArgMatches, &Options),
    printer: &mut Printer,
) -> Result<(), Stop> {
    complete(client, &mut request)?;
    match request {
        Request::FriendAccept(params) if params.friend.is_empty() => Err(who_asks(client, "accept")?.into()),
        Request::FriendDecline(params) if params.friend.is_empty() => {
            Err(who_asks(client, "decline")?.into())
        }
        Request::AccountLogin(params) => login::login(client, params, sub, printer),
        Request::AccountRemove(params) => passwd::remove(client, params, sub, printer),
        Request::AccountJoin(params) => join::join(client, params, sub, printer),
        Request::AccountRegister(params) => join::register(client, params, sub, printer),
        Request::AccountPasswd(_) => passwd::passwd(client, sub, printer),
        Request::ChatSend(params) => send::send(client, params, printer),
        Request::ChatExport(params) => export::export(client, params, printer),
        Request::DaemonOpen(params) => open::open(client, &params, printer),
        Request::DaemonStop(params) => stop::stop(client, &params, options, printer),
        Request::DaemonDoctor(params) => printer.checked(&client.call(&params)?),
        // As the daemon wrote it: a newer one may say more than this version knows.
        request if printer.is_json() => printer.data(&client.call_raw(request.name(), &request)?),
        Request::AccountRelay(params) => printer.moved(&client.call(&params)?),
        Request::AccountLogout(params) => printer.logged_out(&client.call(&params)?),
        Request::DaemonStatus(params) => printer.status(&client.call(&params)?),
        Request::FriendList(params) => printer.friends(&client.call(&params)?),
        Request::CallStart(params) => printer.call(&client.call(&params)?),
        Request::CallAccept(params) => printer.call(&client.call(&params)?),
        Request::CallDecline(params) => printer.call(&client.call(&params)?),
        Request::CallHangup(params) => printer.call(&client.call(&params)?),
        Request::PresenceSet(params) => {
            let shown = client.call(&params)?;
            let around = around(client, &shown);
            printer.presence_set(&shown, around)
        }
        Request::ChatTyping(params) => printer.typing(&client.call(&params)?, params.stopped),
        Request::PresenceShow(params) => {
            let shown = client.call(&params)?;
            let around = shown.friend.is_none().then(|| around(client, &shown));
            printer.presence(&shown, around)
        }
        Request::ChatHistory(params) => printer.history(&client.call(&params)?),
        Request::ChatRead(params) => printer.unread(&client.call(&params)?),
        Request::ShakeSend(params) => printer.shaken(&client.call(&params)?),
        Request::FriendAdd(params) => printer.added(&client.call(&params)?),
        Request::FriendAccept(params) => printer.changed(&client.call(&params)?, "and you are friends now."),
        Request::FriendDecline(params) => {
            printer.changed(&client.call(&params)?, "is told that you do not want to be friends.")
        }
        Request::FriendRemove(params) => {
            printer.changed(&client.call(&params)?, "is out of your list; what was said stays.")
        }
        Request::FriendMove(params) => {
            let sentence = format!("stands in {} now.", friend::in_english(params.group.trim()));
            printer.changed(&client.call(&params)?, &sentence)
        }
        Request::FriendRename(params) => {
            let sentence = match params.remark.as_deref().unwrap_or_default() {
                "" => "is shown under its own name again.".to_owned(),
                remark => format!("is called {remark} here now."),
            };
            printer.changed(&client.call(&params)?, &sentence)
        }
        Request::FriendBlock(params) => {
            printer.changed(&client.call(&params)?, "is blocked: nothing of it reaches you any more.")
        }
        Request::FriendUnblock(params) => printer.changed(&client.call(&params)?, "is not blocked any more."),
        Request::FriendPicture(params) => printer.pictured(&client.call(&params)?),
        Request::GroupAdd(params) => printer.group(&client.call(&params)?, "is there now."),
        Request::GroupRename(params) => printer.group(&client.call(&params)?, "has this name now."),
        Request::GroupRemove(params) => {
            printer.group(&client.call(&params)?, "is gone; its friends stand in My Friends.")
        }
        Request::AccountProfile(params) => printer.profile(&client.call(&params)?),
        Request::AccountLink(params) => printer.linked(&client.call(&params)?),
        Request::AccountRevoke(params) => printer.revoked(&client.call(&params)?),
        Request::AccountDevices(params) => printer.devices(&client.call(&params)?),
        Request::ChatDraft(params) => printer.draft(&client.call(&params)?, params.text.is_some()),
        Request::ChatSearch(params) => printer.hits(&params.text, &client.call(&params)?),
        Request::ChatExplain(params) => printer.explained(&client.call(&params)?),
        Request::OutboxList(params) => printer.outbox(&client.call(&params)?),
        Request::OutboxRetry(params) => printer.retried(&client.call(&params)?),
        Request::OutboxCancel(params) => printer.cancelled(&client.call(&params)?),
        Request::OutboxClear(params) => printer.cleared(&client.call(&params)?),
        Request::NotifyStatus(params) => printer.rules(&client.call(&params)?),
        Request::NotifyDnd(params) => printer.rules(&client.call(&params)?),
        Request::NotifyQuiet(params) => printer.rules(&client.call(&params)?),
        Request::NotifyMute(params) => printer.rules(&client.call(&params)?),
        Request::NotifyContent(params) => printer.rules(&client.call(&params)?),
        Request::Hello(_) | Request::EventsSubscribe(_) | Request::DaemonView(_) => {
            Err(Error::new(Code::Usage, "this belongs to the connection; use watch, or rpc").into())
        }
    }
}

/// Nobody was named: those who ask to be friends, and how one of them is answered.
fn who_asks(client: &mut Client, verb: &str) -> Result<Error, Error> {
    let listed = client.call(&friend::List {})?;
    let asking: Vec<&str> =
        listed.requests.iter().filter(|asked| asked.incoming).map(|asked| asked.friend.as_str()).collect();
    Ok(match asking[..] {
        [] => Error::new(Code::NotFound, "nobody asks to be friends"),
        [one] => Error::new(Code::Usage, format!("{one} asks to be friends; name who is meant"))
            .with_hint(format!("qqctl friend {verb} {one}")),
        [first, ..] => {
            Error::new(Code::Usage, format!("{} ask to be friends; name who is meant", asking.join(", ")))
                .with_hint(format!("qqctl friend {verb} {first}"))
        }
    })
}

/// Whether the server is connected, and one's other devices on line where they count.
fn around(client: &mut Client, shown: &Shown) -> Around {
    client.set_timeout(Some(LOOK));
    // An invisible one is off line in the reply either way.
    let connected = if shown.invisible {
        let report = client.call(&daemon::Status {});
        let online = |one: &daemon::Account| one.account == shown.account && one.state == State::Online;
        report.is_ok_and(|report| report.accounts.iter().any(online))
    } else {
        shown.state != presence::State::Offline
    };
    let others = if connected && !shown.invisible { other_devices(client) } else { None };
    Around { connected, others }
}

/// How many other devices of the account are on line; none if the server does not say so in time.
fn other_devices(client: &mut Client) -> Option<usize> {
    let list = client.call(&account::Devices {}).ok()?;
    Some(list.devices.iter().filter(|device| device.online && !device.own).count())
}

/// What a person may leave to the command line: the rest of a friend's name, a text that comes from standard input.
fn complete(client: &mut Client, request: &mut Request) -> Result<(), Error> {
    if let Request::DaemonOpen(params) = request {
        open::tell_apart(params);
    }
    let name = match request {
        Request::ChatSend(params) => Some(&mut params.to),
        Request::ChatDraft(params) => Some(&mut params.to),
        Request::DaemonOpen(params) => params.to.as_mut(),
        Request::ChatHistory(params) => Some(&mut params.to),
        Request::ShakeSend(params) => Some(&mut params.to),
        Request::ChatRead(params) => params.to.as_mut(),
        Request::PresenceShow(params) => params.friend.as_mut(),
        Request::Hello(_) | Request::EventsSubscribe(_) | Request::DaemonStatus(_) => None,
        Request::AccountLogin(_) | Request::AccountLogout(_) | Request::FriendList(_) => None,
        Request::FriendRemove(params) => Some(&mut params.friend),
        Request::FriendMove(params) => Some(&mut params.friend),
        Request::FriendRename(params) => Some(&mut params.friend),
        Request::FriendPicture(params) => params.friend.as_mut(),
        Request::ChatSearch(params) => params.to.as_mut(),
        Request::ChatTyping(params) => Some(&mut params.to),
        Request::ChatExport(params) => Some(&mut params.to),
        Request::CallStart(params) => Some(&mut params.friend),
        Request::NotifyMute(params) => Some(&mut params.friend),
        _ => None,
    };
    if let Some(name) = name {
        *name = friend_name::complete(client, name)?;
    }
    if let Request::AccountProfile(account::Profile { picture: Some(path), .. }) = request
        && !path.is_empty()
    {
        // The daemon reads it, and it stands elsewhere.
        *path = whole(path)?;
    }
    let text = match request {
        Request::ChatSend(params) => Some(&mut params.text),
        Request::ChatDraft(params) => params.text.as_mut(),
        _ => None,
    };
    if let Some(text) = text.filter(|text| *text == "-") {
        *text = message_from_stdin()?;
    }
    Ok(())
}

/// A file's whole path.
fn whole(path: &str) -> Result<String, Error> {
    let usage = |said: &str| Error::new(Code::Usage, format!("the path {path:?} {said}"));
    let whole = std::path::absolute(path).map_err(|error| usage(&format!("means nothing here: {error}")))?;
    whole
        .into_os_string()
        .into_string()
        .map_err(|_| usage("leads through a directory whose name is no UTF-8"))
}

fn message_from_stdin() -> Result<String, Error> {
    let usage = |said: String| Error::new(Code::Usage, said);
    let mut bytes = Vec::new();
    let stdin = std::io::stdin();
    if stdin.is_terminal() && terminal::somebody_is_there() {
        terminal::hint("Type the message; Ctrl+D ends it.");
    }
    let read = stdin.lock().take(STDIN_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| usage(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > STDIN_MAX {
        return Err(usage("standard input holds more than a message may (16384 characters)".into()));
    }
    let text = String::from_utf8(bytes).map_err(|_| usage("standard input is not UTF-8 text".into()))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn rpc(sub: &ArgMatches, options: &Options, printer: &mut Printer) -> Result<(), Stop> {
    let method = sub.get_one::<String>("method").map(String::as_str).unwrap_or_default();
    let params = match sub.get_one::<String>("params").map(String::as_str) {
        None => "{}".to_owned(),
        Some("-") => message_from_stdin()?,
        Some(text) => text.to_owned(),
    };
    let params: Value = serde_json::from_str(&params)
        .map_err(|error| Error::new(Code::Usage, format!("the params are no JSON: {error}")))?;
    let mut client = connect::connect(options)?;
    printer.data(&client.call_raw(method, params)?)
}
