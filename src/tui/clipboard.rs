//! Words on their way to the operator's clipboard, which may be three machines away.

use std::{
    io::{self, Write},
    process::Stdio,
    time::Duration,
};

use crossterm::{clipboard::CopyToClipboard, queue};
use tokio::{io::AsyncWriteExt, process::Command, sync::mpsc, time::timeout};

use super::update::Msg;
use crate::model::Severity;

/// Longest text that terminals take by OSC 52: 100,000 bytes in base 64, less the frame.
const MOST: usize = 74_000;

/// Sends the words. Inside tmux by its own command, because tmux drops OSC 52 as it is set up by default; else by
/// OSC 52, to which no terminal answers, so that only sending can be told.
///
/// # Errors
/// What the terminal's file answers.
pub(super) fn copy(words: String, tmux: bool, out: &mut impl Write, told: &mpsc::Sender<Msg>) -> io::Result<()> {
    if tmux {
        let told = told.clone();
        tokio::spawn(async move {
            let msg = match timeout(Duration::from_secs(2), load(&words)).await {
                Ok(Ok(())) => Msg::Told(Severity::Notice, format!("copied by tmux: {}", brief(&words))),
                Ok(Err(wrong)) => refused(&wrong.to_string()),
                Err(_) => refused("no answer"),
            };
            told.send(msg).await.ok();
        });
        return Ok(());
    }
    let msg = if words.len() > MOST {
        refused("it is too long for a terminal's clipboard")
    } else {
        queue!(out, CopyToClipboard::to_clipboard_from(&words))?;
        out.flush()?;
        Msg::Told(
            Severity::Notice,
            format!("sent to the terminal's clipboard: {}", brief(&words)),
        )
    };
    told.try_send(msg).ok();
    Ok(())
}

fn refused(why: &str) -> Msg {
    Msg::Told(
        Severity::Warning,
        format!("not copied: {why}; :select shows bare words for the terminal's own selection"),
    )
}

/// Words go by standard input: arguments are seen by everybody on the machine.
async fn load(words: &str) -> io::Result<()> {
    let mut tmux = Command::new("tmux")
        .args(["load-buffer", "-w", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = tmux.stdin.take() {
        input.write_all(words.as_bytes()).await?;
    }
    let status = tmux.wait().await?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("tmux ended with {status}")))
    }
}

fn brief(words: &str) -> String {
    let first = words.lines().next().unwrap_or_default();
    match words.lines().count() {
        0 | 1 => first.to_owned(),
        lines => format!("{lines} lines"),
    }
}
