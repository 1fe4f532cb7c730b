//! Errors that decide how the process ends.

use std::io::{self, ErrorKind};

use color_eyre::Report;
use tenantry::{
    headless::Exit,
    model::{Fault, FaultKind},
};

/// An error that decides how the process ends.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Ending(Exit, String);

/// How the process ends with this error. A reader that went away has had enough: that is no failure.
pub fn of(error: &Report) -> Exit {
    let broken_pipe = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    if error.downcast_ref::<io::Error>().is_some_and(broken_pipe) {
        return Exit::Done;
    }
    error.downcast_ref::<Ending>().map_or(Exit::Failed, |ending| ending.0)
}

/// The command line or a file is wrong.
pub fn usage(error: impl ToString) -> Report {
    Ending(Exit::Usage, error.to_string()).into()
}

/// A door did not open.
pub fn refused(fault: Fault) -> Report {
    let hint = fault.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let exit = if fault.kind == FaultKind::Credential {
        Exit::Refused
    } else {
        Exit::Failed
    };
    Ending(exit, format!("{fault}{hint}")).into()
}
