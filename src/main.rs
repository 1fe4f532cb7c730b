//! Parse, run, exit. Nothing is decided here.

mod acting;
mod cli;
mod console;
mod ending;
mod moments;
mod run;
mod who;
mod wire;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use cli::Cli;
use tenantry::{headless::Exit, provider};

fn main() -> ExitCode {
    provider::choose_tls();
    // A crash must not leave the token on a disk; who may not be asked to forgo cores loses nothing but this.
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    let _ = nix::sys::prctl::set_dumpable(false);
    let cli = Cli::parse();
    let ended = color_eyre::install().and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let ended = runtime.block_on(run::run(cli));
        // What still waits for a server must not keep us.
        runtime.shutdown_timeout(Duration::from_millis(100));
        ended
    });
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let exit = ending::of(&error);
            if exit != Exit::Done {
                let _ = writeln!(io::stderr(), "{error:#}");
            }
            ExitCode::from(exit as u8)
        }
    }
}
