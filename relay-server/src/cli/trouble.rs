//! Which exit code each trouble has: what the rest of the program says, as the command line's [`Trouble`].

use std::io;
use std::path::Path;

use crate::admin::{Code, Trouble};
use crate::config::ConfigError;
use crate::data_dir;
use crate::net::TlsError;
use crate::shell::StartError;
use crate::store::OpenError;
use crate::store::backup::BackupError;
use crate::store::restore::RestoreError;

/// Why the server does not start; `names_certificate` is the configuration file, if the certificate stands in it.
pub(super) fn start(error: StartError, names_certificate: Option<&Path>) -> Trouble {
    let Some(file) = names_certificate else { return error.into() };
    let code = match &error {
        StartError::Tls(TlsError::File { why, .. }) => of_io(why, Code::Usage),
        StartError::Tls(TlsError::NoPem { .. } | TlsError::Unusable(_)) => Code::Usage,
        _ => return error.into(),
    };
    Trouble::new(code, format!("{}: {error}", file.display()))
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        let code = match &error {
            ConfigError::Unreadable { why, .. } => of_io(why, Code::Usage),
            ConfigError::Syntax { .. }
            | ConfigError::UnknownKey { .. }
            | ConfigError::BadValue { .. }
            | ConfigError::Contradiction(_)
            | ConfigError::In { .. } => Code::Usage,
        };
        Self::new(code, error.to_string())
    }
}

impl From<data_dir::Error> for Trouble {
    fn from(error: data_dir::Error) -> Self {
        let code = match &error {
            data_dir::Error::Missing(_) => Code::NotFound,
            data_dir::Error::InUse(_) => Code::Conflict,
            data_dir::Error::NoDirectory(_) | data_dir::Error::NotPrivate(_) => Code::Usage,
            data_dir::Error::Io { source, .. } => of_io(source, Code::Unexpected),
            data_dir::Error::Privileges { .. } => Code::Denied,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StartError> for Trouble {
    fn from(error: StartError) -> Self {
        let code = match error {
            StartError::Directory(error) => return error.into(),
            StartError::Listen { ref why, .. } => of_io(why, Code::Unexpected),
            StartError::Tls(TlsError::File { ref why, .. }) => of_io(why, Code::Unexpected),
            StartError::Tls(_) | StartError::Store(_) | StartError::System(_) => Code::Unexpected,
        };
        Self::new(code, error.to_string())
    }
}

impl From<TlsError> for Trouble {
    fn from(error: TlsError) -> Self {
        StartError::Tls(error).into()
    }
}

impl From<BackupError> for Trouble {
    fn from(error: BackupError) -> Self {
        let code = match &error {
            BackupError::Exists(_) | BackupError::Busy(_) => Code::Conflict,
            BackupError::NoFile(_) | BackupError::Inside(_) => Code::Usage,
            BackupError::NoStore(_) => Code::NotFound,
            BackupError::Write { source, .. } => of_io(source, Code::Unexpected),
            BackupError::Store(error) => of_open(error),
            BackupError::Pending(_) => Code::Unexpected,
        };
        Self::new(code, error.to_string())
    }
}

impl From<RestoreError> for Trouble {
    fn from(error: RestoreError) -> Self {
        let code = match &error {
            RestoreError::Read { source, .. } | RestoreError::Write { source, .. } => {
                of_io(source, Code::Unexpected)
            }
            RestoreError::Store(error) => of_open(error),
            RestoreError::Foreign(_)
            | RestoreError::Damaged { .. }
            | RestoreError::Newer(_)
            | RestoreError::Interrupted { .. } => Code::Unexpected,
        };
        Self::new(code, error.to_string())
    }
}

fn of_open(error: &OpenError) -> Code {
    match error {
        OpenError::Io { source, .. } => of_io(source, Code::Unexpected),
        _ => Code::Unexpected,
    }
}

fn of_io(error: &io::Error, otherwise: Code) -> Code {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Code::Denied,
        io::ErrorKind::AddrInUse => Code::Conflict,
        io::ErrorKind::NotFound => Code::NotFound,
        io::ErrorKind::AddrNotAvailable => Code::Usage,
        _ => otherwise,
    }
}
