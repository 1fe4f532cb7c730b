//! What the system tells a program that owns a terminal.

use std::io;

use nix::{
    sys::signal::{self, Signal},
    unistd::{getpgrp, getsid},
};
use tokio::{
    select,
    signal::unix::{self, SignalKind},
};

/// Something to obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Hand back the terminal and leave; the number of the signal.
    End(i32),
    /// Hand back the terminal and stop until told to go on.
    Stop,
    /// Take the terminal again: the shell has used it.
    Continue,
    /// The terminal has another size.
    Resized,
}

/// The signals that matter.
pub struct Signals {
    hangup: unix::Signal,
    interrupt: unix::Signal,
    terminate: unix::Signal,
    quit: unix::Signal,
    stop: unix::Signal,
    go_on: unix::Signal,
    resized: unix::Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// Where a signal cannot be listened to.
    pub fn listen() -> io::Result<Self> {
        let of = |signal: Signal| unix::signal(SignalKind::from_raw(signal as i32));
        Ok(Self {
            hangup: of(Signal::SIGHUP)?,
            interrupt: of(Signal::SIGINT)?,
            terminate: of(Signal::SIGTERM)?,
            quit: of(Signal::SIGQUIT)?,
            stop: of(Signal::SIGTSTP)?,
            go_on: of(Signal::SIGCONT)?,
            resized: of(Signal::SIGWINCH)?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        select! {
            _ = self.hangup.recv() => Told::End(Signal::SIGHUP as i32),
            _ = self.interrupt.recv() => Told::End(Signal::SIGINT as i32),
            _ = self.terminate.recv() => Told::End(Signal::SIGTERM as i32),
            _ = self.quit.recv() => Told::End(Signal::SIGQUIT as i32),
            _ = self.stop.recv() => Told::Stop,
            _ = self.go_on.recv() => Told::Continue,
            _ = self.resized.recv() => Told::Resized,
        }
    }
}

/// Whether a shell is there that could take the terminal: not where the console is the session's first program.
pub fn can_stop() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Asks the whole foreground job to stop, as ctrl-z does where a terminal is not raw; `cargo run` has to stop too.
pub fn ask_job_to_stop() {
    signal::killpg(getpgrp(), Signal::SIGTSTP).ok();
}

/// Stops this process until somebody continues it. The terminal must have been handed back before.
pub fn stop_here() {
    signal::raise(Signal::SIGSTOP).ok();
}
