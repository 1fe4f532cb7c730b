//! The journal's file: cut at every byte, bent at every bit, and refused by the file system.

use std::{fs, io, os::unix::fs::PermissionsExt, path::PathBuf};

use tenantry::{
    model::{Answer, Deed, Entry},
    ops::{
        engine::{self, Stopped},
        journal::{self, Journal, Lines},
    },
};

use crate::{
    plans::restore,
    sim::{Sim, block_on, confirmed, desk},
};

pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A journal of a whole run, and its bytes.
fn written(directory: &Directory) -> (Vec<Entry>, Vec<u8>) {
    let plan = restore();
    let mut lines = Lines::create(&directory.0, "run", false).unwrap();
    let sim = Sim::of(&plan);
    // The simulated journal knows of the intents too, so that the world can tell who was announced.
    block_on(sim.live(&confirmed(&plan))).unwrap().unwrap();
    let entries = sim.world.lock().unwrap().journal.clone();
    for entry in &entries {
        lines.write(entry).unwrap();
    }
    drop(lines);
    (entries, fs::read(journal::path(&directory.0, "run")).unwrap())
}

#[test]
fn what_is_written_is_read_and_nobody_else_may_read_it() {
    let directory = Directory::new("read");
    let (entries, _) = written(&directory);
    let path = journal::path(&directory.0, "run");
    let reading = journal::read(&path).unwrap();
    assert_eq!(reading.entries, entries);
    assert_eq!((reading.wrong, reading.torn), (None, false));
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&directory.0)), (0o600, 0o700));
    assert_eq!(journal::list(&directory.0).unwrap(), [("run".to_owned(), path)]);
}

#[test]
fn cut_at_any_byte_the_whole_lines_before_are_used() {
    let directory = Directory::new("cut");
    let (entries, bytes) = written(&directory);
    for end in 0..bytes.len() {
        let reading = journal::parse(&bytes[..end]);
        let whole = bytes[..end]
            .split_inclusive(|byte| *byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .count();
        assert_eq!(reading.entries, entries[..whole], "cut at {end}");
        assert_eq!(reading.wrong, None, "cut at {end}");
        assert_eq!(reading.torn, end > 0 && bytes[end - 1] != b'\n', "cut at {end}");
    }
}

#[test]
fn a_bit_that_changed_is_found_in_its_line() {
    let directory = Directory::new("bits");
    let (entries, bytes) = written(&directory);
    let mut line = 0;
    for at in 0..bytes.len() {
        // The bit that makes another case of a letter, and each other in turn.
        for bit in [5, at % 8] {
            let mut bent = bytes.clone();
            bent[at] ^= 1 << bit;
            let reading = journal::parse(&bent);
            assert!(
                reading.entries.len() <= line + usize::from(bytes[at] == b'\n'),
                "byte {at}, bit {bit}"
            );
            assert!(
                reading.wrong.is_some() || reading.torn,
                "byte {at}, bit {bit} went unseen"
            );
            assert_eq!(reading.entries, entries[..reading.entries.len()]);
        }
        line += usize::from(bytes[at] == b'\n');
    }
}

#[test]
fn lines_that_were_swapped_repeated_or_taken_out_are_found() {
    let directory = Directory::new("lines");
    let (_, bytes) = written(&directory);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 1..lines.len() - 1 {
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        let mut taken = lines.clone();
        taken.remove(at);
        for bent in [swapped, repeated, taken] {
            assert!(journal::parse(&bent.concat()).wrong.is_some(), "line {at}");
        }
    }
}

#[test]
fn a_torn_line_is_cut_off_before_another_is_written_and_a_wrong_one_is_left_alone() {
    let directory = Directory::new("torn");
    let (entries, bytes) = written(&directory);
    let path = journal::path(&directory.0, "run");
    fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
    let (mut lines, reading) = Lines::go_on(&directory.0, "run").unwrap();
    assert_eq!(reading.entries, entries[..entries.len() - 1]);
    lines.write(&Entry::Note("gone on".into())).unwrap();
    drop(lines);
    let reading = journal::read(&path).unwrap();
    assert_eq!(reading.entries.last(), Some(&Entry::Note("gone on".into())));
    assert_eq!((reading.wrong, reading.torn), (None, false));
    let mut bent = bytes.clone();
    bent[bytes.len() / 2] ^= 1;
    fs::write(&path, &bent).unwrap();
    assert!(Lines::go_on(&directory.0, "run").is_err());
    assert_eq!(fs::read(&path).unwrap(), bent, "it is evidence");
}

#[test]
fn one_process_writes_a_journal() {
    let directory = Directory::new("two");
    let first = Lines::create(&directory.0, "run", false).unwrap();
    assert!(
        Lines::create(&directory.0, "run", false).is_err(),
        "a second journal of one name"
    );
    assert_eq!(
        Lines::go_on(&directory.0, "run").unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    drop(first);
    assert!(Lines::go_on(&directory.0, "run").is_ok());
}

/// A journal that fails at one line, each time with another error.
struct Failing {
    at: usize,
    kind: io::ErrorKind,
    kept: Vec<Entry>,
}

impl Journal for Failing {
    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        if self.kept.len() >= self.at {
            return Err(self.kind.into());
        }
        self.kept.push(entry.clone());
        Ok(())
    }
}

#[test]
fn a_line_that_cannot_be_kept_stops_the_run_before_anything_else_is_done() {
    let plan = restore();
    for kind in [
        io::ErrorKind::StorageFull,
        io::ErrorKind::QuotaExceeded,
        io::ErrorKind::ReadOnlyFilesystem,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::Other,
    ] {
        for at in 0..21 {
            let sim = Sim::of(&plan);
            let mut journal = Failing {
                at,
                kind,
                kept: Vec::new(),
            };
            let mut told = |entry: &Entry, _: &tenantry::ops::Run| {
                // The world judges what was announced by the journal that is really kept.
                sim.world.lock().unwrap().journal.push(entry.clone());
            };
            let ended = block_on(engine::begin(
                &confirmed(&plan),
                "run",
                desk(&mut journal, &mut told),
                &sim,
            ));
            assert!(matches!(ended, Err(Stopped::Journal(_))), "{kind:?} at line {at}");
            let acted = journal
                .kept
                .iter()
                .filter(|entry| matches!(entry, Entry::Intent(Deed::Act(_))))
                .count();
            let world = sim.world.lock().unwrap();
            let done: usize = world.done.values().sum();
            assert!(done <= acted, "{kind:?} at line {at}: {done} done, {acted} announced");
            assert!(world.unannounced.is_empty());
        }
    }
}

#[test]
fn entries_read_back_as_they_were() {
    for entry in [
        Entry::Intent(Deed::Gate(3)),
        Entry::Answer(Deed::Undo(0), Answer::No),
        Entry::Note("…\u{202e}".into()),
    ] {
        let json = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    }
}
