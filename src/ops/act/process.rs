//! The verb `Process`: a child process, and what it said last.

use std::{
    io,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    model::{Answer, Fault, FaultKind, Process, Text},
    ops::scribe::Scribe,
};

/// What is told of its output: the last lines.
const TOLD: usize = 5;
/// What is read of lines, and of complaints beside them, in bytes.
const MOST: u64 = 16 << 20;
pub(super) const MOST_SAID: u64 = 64 << 10;

/// Runs it to its end, and tells what it said where that was not a good one.
pub async fn run(process: &Process, scribe: &Scribe) -> Answer {
    let output = match end(process).await {
        Ok(output) => output,
        Err(answer) => return answer,
    };
    if output.status.success() {
        return Answer::Yes;
    }
    // What it says of how far it is must not drive out why it failed.
    let complaint = String::from_utf8_lossy(&output.stderr);
    let said = match complaint.trim() {
        "" => String::from_utf8_lossy(&output.stdout),
        _ => complaint,
    };
    let program = process.words.first().map(String::as_str).unwrap_or_default();
    let words = format!("{program}: {}: {}", output.status, last(&said));
    match scribe.note(words).await {
        Ok(()) => Answer::No,
        Err(fault) => Answer::Silence(fault),
    }
}

/// Whether it ends well.
pub async fn ends_well(process: &Process) -> Result<bool, Fault> {
    match end(process).await {
        Ok(output) => Ok(output.status.success()),
        Err(Answer::Refused(fault) | Answer::Silence(fault) | Answer::Halfway(fault)) => Err(fault),
        Err(Answer::Yes | Answer::No) => Ok(false),
    }
}

/// The lines that it says where it ends well.
pub async fn lines(process: &Process) -> Result<Vec<String>, Fault> {
    let mut child = spawn(process)?;
    let program = process.words.first().map(String::as_str).unwrap_or_default();
    let reading = async {
        let (out, said) = tokio::try_join!(
            bounded(child.stdout.take(), MOST),
            bounded(child.stderr.take(), MOST_SAID)
        )?;
        Ok((out, said, child.wait().await?))
    };
    let (out, said, status) = in_time(process, reading).await?;
    if out.len() as u64 > MOST {
        let what = format!("{program} says more than {} MB", MOST >> 20);
        return Err(Fault::new(FaultKind::Malformed, what));
    }
    if !status.success() {
        let said = String::from_utf8_lossy(&said).into_owned();
        return Err(Fault::new(FaultKind::Refused, last(&said)));
    }
    Ok(String::from_utf8_lossy(&out).lines().map(ToOwned::to_owned).collect())
}

/// Reads one byte more than the bound at most, so that it is known whether there was more; what is behind it is not taken.
pub(super) async fn bounded(from: Option<impl AsyncRead + Unpin>, most: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    if let Some(from) = from {
        from.take(most + 1).read_to_end(&mut read).await?;
    }
    Ok(read)
}

/// The process, started.
pub(super) fn spawn(process: &Process) -> Result<Child, Fault> {
    let none = || Fault::new(FaultKind::Refused, "no program is named");
    let (program, arguments) = process.words.split_first().ok_or_else(none)?;
    let mut command = Command::new(program);
    // The environment is not handed on: what is in it was meant for us.
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).process_group(0);
    command
        .spawn()
        .map_err(|error| Fault::new(FaultKind::Refused, format!("{program}: {error}")))
}

async fn end(process: &Process) -> Result<Output, Answer> {
    let child = spawn(process).map_err(Answer::Refused)?;
    in_time(process, child.wait_with_output())
        .await
        .map_err(Answer::Silence)
}

/// What comes of it in the time that it may take.
async fn in_time<T>(process: &Process, work: impl Future<Output = io::Result<T>>) -> Result<T, Fault> {
    let program = process.words.first().map(String::as_str).unwrap_or_default();
    let within = Duration::from_secs(process.within);
    let late = |_| Fault::new(FaultKind::Timeout, format!("{program} did not end in {within:?}"));
    let wrong = |error: io::Error| Fault::new(FaultKind::Unreachable, format!("{program}: {error}"));
    timeout(within, work).await.map_err(late)?.map_err(wrong)
}

/// The last lines of it.
pub(super) fn last(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(TOLD)..].join("; ");
    Text::from(last.as_str()).to_string()
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::{lines, run};
    use crate::{
        model::{Answer, Entry, Place, Process, Target},
        ops::{Line, Scribe},
    };

    fn shell(words: &str, within: u64) -> Process {
        Process {
            place: Place {
                server: Target::server("atlas", "atlas-a"),
                database: None,
                system: "77".into(),
                timeline: 1,
                recovery: false,
            },
            words: ["/bin/sh", "-c", words].map(Into::into).into(),
            within,
        }
    }

    #[tokio::test]
    async fn its_lines_are_told_where_it_ends_well_and_is_not_endless() {
        let said = lines(&shell("printf 'one\ntwo\n'", 5)).await;
        assert_eq!(said.unwrap(), ["one", "two"]);
        let fault = lines(&shell("echo one; echo why >&2; exit 1", 5)).await.unwrap_err();
        assert_eq!(fault.to_string(), "why");
        let fault = lines(&shell("yes", 60)).await.unwrap_err();
        assert!(fault.to_string().contains("more than 16 MB"), "{fault}");
        let fault = lines(&shell("sleep 600", 1)).await.unwrap_err();
        assert!(fault.to_string().contains("did not end"), "{fault}");
    }

    /// What came of a shell's words, and what was told of it.
    fn told(words: &str, within: u64) -> (Answer, Vec<Entry>) {
        let process = shell(words, within);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let (lines, mut heard) = mpsc::unbounded_channel::<Line>();
            let scribe = Scribe::new(String::new(), [].into(), lines);
            let keeping = async {
                let mut kept = Vec::new();
                while let Some(line) = heard.recv().await {
                    kept.push(line.entry.clone());
                    line.is_kept();
                }
                kept
            };
            let running = async move { run(&process, &scribe).await };
            tokio::join!(running, keeping)
        })
    }

    #[test]
    fn what_a_process_says_when_it_fails_is_told_and_one_that_does_not_end_is_ended() {
        assert_eq!(told("true", 5), (Answer::Yes, vec![]));
        let (answer, notes) = told("yes one | head; printf '\\033[31mtwo\\n' >&2; exit 3", 5);
        assert_eq!(answer, Answer::No);
        let [Entry::Note(note)] = notes.as_slice() else {
            panic!("{notes:?}");
        };
        assert!(
            note.contains("exit status: 3") && note.ends_with("\\u{1b}[31mtwo"),
            "{note}"
        );
        let (_, notes) = told("echo one; exit 3", 5);
        assert!(
            matches!(notes.as_slice(), [Entry::Note(note)] if note.ends_with(": one")),
            "{notes:?}"
        );
        let file = std::env::temp_dir().join(format!("tenantry-process-{}", std::process::id()));
        let (answer, _) = told(&format!("echo $$ > {}; sleep 600", file.display()), 1);
        assert!(matches!(answer, Answer::Silence(_)), "{answer:?}");
        let pid = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let lives = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
        };
        while lives() {
            assert!(std::time::Instant::now() < end, "it goes on");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    #[test]
    fn nothing_of_our_environment_is_handed_on() {
        assert_eq!(told("test -z \"$HOME$CARGO_MANIFEST_DIR\"", 5).0, Answer::Yes);
    }
}
