//! The verb `Process`: a child process, and what it said last.

use std::{process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use crate::{
    model::{Answer, Fault, FaultKind, Process, Text},
    ops::scribe::Scribe,
};

/// What is told of its output: the last lines.
const TOLD: usize = 5;

/// Runs it to its end.
pub async fn run(process: &Process, scribe: &Scribe) -> Answer {
    let Some((program, arguments)) = process.words.split_first() else {
        return Answer::Refused(Fault::new(FaultKind::Refused, "no program is named"));
    };
    let mut command = Command::new(program);
    // The environment is not handed on: what is in it was meant for us.
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).process_group(0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Answer::Refused(Fault::new(FaultKind::Refused, format!("{program}: {error}"))),
    };
    let within = Duration::from_secs(process.within);
    match timeout(within, child.wait_with_output()).await {
        Err(_) => Answer::Silence(Fault::new(
            FaultKind::Timeout,
            format!("{program} did not end in {within:?}"),
        )),
        Ok(Err(error)) => Answer::Silence(Fault::new(FaultKind::Unreachable, format!("{program}: {error}"))),
        Ok(Ok(output)) if output.status.success() => Answer::Yes,
        Ok(Ok(output)) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            let words = format!("{program}: {}: {}", output.status, last(&said));
            match scribe.note(words).await {
                Ok(()) => Answer::No,
                Err(fault) => Answer::Silence(fault),
            }
        }
    }
}

fn last(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(TOLD)..].join("; ");
    Text::from(last.as_str()).to_string()
}
