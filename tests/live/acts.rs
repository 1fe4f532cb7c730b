//! Operations on real servers: done and read back, killed at chance and taken up again, raced for, and refused.

use std::{fs, process::Child, thread, time::Duration};

use serde_json::Value as Json;

use crate::{
    faults::Heals,
    ground::Ground,
    proxy::{Cut, Proxy},
};

/// A name and what is tried.
type Named = (&'static str, fn(&Ground));

pub const ALL: &[Named] = &[
    ("resume_replay_is_done_only_with_the_word_and_read_back", resume_replay),
    ("the_root_of_a_chain_is_ended_and_nobody_else", end_sessions),
    ("killed_at_chance_and_taken_up_again_it_ends_done", killed_at_chance),
    ("of_two_operators_one_is_told", two_operators),
    ("a_line_that_is_cut_leaves_a_question_and_never_a_second_deed", cut),
];

/// Deaths of each operation's process; `TENANTRY_TEST_KILLS` asks for more.
const KILLS: u32 = 20;
/// Races of two operators; `TENANTRY_TEST_RACES` asks for more.
const RACES: u32 = 20;
/// Longest that a process lives before it is killed.
const LIFE: u64 = 800;
/// So often one run is killed; then it lives, because a step in doubt takes its time to be asked about.
const DEATHS: u32 = 3;
/// Lives after which something must have come of it.
const LIVES: usize = 20;

fn wanted(variable: &str, usual: u32) -> u32 {
    std::env::var(variable)
        .ok()
        .and_then(|said| said.parse().ok())
        .unwrap_or(usual)
}

fn seeded(what: &str) -> fastrand::Rng {
    let seed = std::env::var("TENANTRY_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("{what} with TENANTRY_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

fn json(ground: &Ground, line: &str) -> (Json, Option<i32>) {
    let output = ground.console(&words(line));
    let value = serde_json::from_slice(&output.stdout);
    (
        value.unwrap_or_else(|_| panic!("{line}: {output:?}")),
        output.status.code(),
    )
}

/// Ends with this code, and says this.
#[track_caller]
fn says(ground: &Ground, line: &str, code: i32, said: &str) {
    let output = ground.console(&words(line));
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{line}: {text}");
    assert!(text.contains(said), "{line}: {text}");
}

/// The state of a standby, as it is shown.
fn state(ground: &Ground, standby: &str) -> String {
    let (value, _) = json(ground, "show replicas --json");
    let rows = value["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["standby"] == standby).unwrap();
    row["state"].as_str().unwrap().to_owned()
}

/// The newest run.
fn newest(ground: &Ground) -> Option<(String, String)> {
    let (value, _) = json(ground, "runs --json");
    let run = value["runs"].as_array().unwrap().first()?.clone();
    Some((run["run"].as_str()?.to_owned(), run["state"].as_str()?.to_owned()))
}

/// The sessions of the batch job that work, the root of the chain first.
fn batch(ground: &Ground) -> Vec<String> {
    let (value, _) = json(ground, "show sessions /orders_batch --json");
    let active = |row: &&Json| row["state"] == "active";
    let rows = value["rows"].as_array().unwrap().clone();
    let path = |row: &Json| {
        let path = row["target"]["path"].as_array().unwrap().iter();
        path.map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("/")
    };
    rows.iter().filter(active).map(path).collect()
}

pub fn resume_replay(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    says(ground, "plan resume-replay atlas/atlas-b", 2, "is not paused");
    ground.lab(&["fault", "pause-replay", "atlas-b"]);
    let (plan, code) = json(ground, "plan resume-replay atlas/atlas-b --json");
    assert_eq!((code, &plan["confirm"]["word"]), (Some(3), &Json::from("y")));
    let digest = plan["digest"].as_str().unwrap().to_owned();
    says(ground, "run resume-replay atlas/atlas-b", 3, "to confirm, type y");
    says(
        ground,
        "run resume-replay atlas/atlas-b --confirm yes",
        3,
        "to confirm, type y",
    );
    says(
        ground,
        "run resume-replay atlas/atlas-b --confirm y --digest 00",
        3,
        "not the one that was shown",
    );
    assert_eq!(state(ground, "atlas-b"), "replay paused", "nothing was confirmed");
    says(
        ground,
        &format!("run resume-replay atlas/atlas-b --confirm y --digest {digest} --reason drill"),
        0,
        "read back: yes",
    );
    assert_ne!(state(ground, "atlas-b"), "replay paused");
    assert_eq!(newest(ground).unwrap().1, "done");
    says(ground, "audit", 0, "because: drill");
    says(ground, "audit verify", 0, "lines, whole");
}

pub fn end_sessions(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    ground.lab(&["fault", "block", "atlas"]);
    let sessions = batch(ground);
    let root = &sessions[0];
    let (plan, _) = json(ground, &format!("plan end-sessions {root} --set how=terminate --json"));
    let touches = plan["plan"]["touches"].to_string();
    assert!(
        touches.contains("sessions wait for it") && touches.contains("tenant Northwind Traders"),
        "{touches}"
    );
    says(
        ground,
        &format!("run end-sessions {root} --set how=terminate --confirm y"),
        0,
        "read back: yes",
    );
    let left = batch(ground);
    assert!(!left.contains(root), "{left:?}");
    // The same process id with another beginning would be another session: this one is gone, and nothing is guessed.
    says(ground, &format!("plan end-sessions {root}"), 2, "is not there any more");
    says(ground, "plan end-sessions", 2, "needs at least one session");
    says(
        ground,
        "plan end-sessions atlas/atlas-a/1 --set how=shoot",
        2,
        "cancel, terminate",
    );
}

fn start(ground: &Ground, line: &str) -> Child {
    let mut command = ground.command(&words(line));
    let said = fs::File::create(Ground::scratch("said")).unwrap();
    command.stdout(said.try_clone().unwrap()).stderr(said);
    command.spawn().unwrap()
}

/// Waits until it is to be killed: at any moment of its life, or, as often, soon after its journal grows.
fn live(child: &mut Child, random: &mut fastrand::Rng) {
    if random.bool() {
        return thread::sleep(Duration::from_millis(random.u64(0..LIFE)));
    }
    let before = Ground::journals();
    while child.try_wait().unwrap().is_none() && Ground::journals() == before {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(random.u64(0..12)));
}

/// Starts it, kills it after a while that chance decides, and takes it up until it has ended. How often it was killed.
fn killed(ground: &Ground, line: &str, random: &mut fastrand::Rng) -> u32 {
    let mut kills = 0;
    let before = newest(ground).map(|(id, _)| id);
    let mut child = start(ground, line);
    for _ in 0..LIVES {
        if kills < DEATHS {
            live(&mut child, random);
        } else {
            child.wait().unwrap();
        }
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        match newest(ground).filter(|(id, _)| Some(id) != before.as_ref()) {
            Some((_, state)) if state == "done" => return kills,
            Some((id, state)) if state == "interrupted" => {
                child = start(ground, &format!("run --resume {id} --confirm y"));
            }
            // It died before it had written anything, so nothing was done.
            None => child = start(ground, line),
            Some((_, state)) if state == "never begun" => child = start(ground, line),
            Some((id, state)) => panic!("{id} is {state}"),
        }
    }
    let said = fs::read_to_string(Ground::scratch("said")).unwrap();
    panic!("{line} does not end in {LIVES} lives; in the last it said: {said}")
}

/// What the journals say is what is so: whole chains, an end of every run, and each deed after its intent.
fn checked(ground: &Ground) {
    says(ground, "audit verify", 0, "");
    let journals = Ground::journal_texts();
    assert!(!journals.is_empty());
    for secret in ground.secrets() {
        assert!(
            !journals.contains(&secret),
            "a secret of {} characters is in a journal",
            secret.len()
        );
    }
    let (value, _) = json(ground, "runs --json");
    for run in value["runs"].as_array().unwrap() {
        assert!(
            ["done", "never begun"].contains(&run["state"].as_str().unwrap()),
            "{run}"
        );
    }
}

pub fn killed_at_chance(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let mut random = seeded("killed");
    let (mut replays, mut ends) = (0, 0);
    let kills = wanted("TENANTRY_TEST_KILLS", KILLS);
    while replays < kills {
        ground.lab(&["fault", "pause-replay", "atlas-b"]);
        replays += killed(ground, "run resume-replay atlas/atlas-b --confirm y", &mut random);
        assert_ne!(state(ground, "atlas-b"), "replay paused");
        ground.lab(&["heal"]);
    }
    while ends < kills {
        ground.lab(&["fault", "block", "atlas"]);
        let root = batch(ground).remove(0);
        ends += killed(
            ground,
            &format!("run end-sessions {root} --set how=terminate --confirm y"),
            &mut random,
        );
        assert!(!batch(ground).contains(&root), "{root} is still there");
        ground.lab(&["heal"]);
    }
    checked(ground);
    println!("killed {replays} times while it resumed replay, {ends} times while it ended a session");
}

/// The fleet as it is, but for the port of one server.
fn detour(ground: &Ground, from: u16, to: u16) -> std::path::PathBuf {
    let fleet = fs::read_to_string(ground.fleet()).unwrap();
    let path = Ground::scratch("detour.toml");
    fs::write(
        &path,
        fleet.replace(&format!("port = {from},"), &format!("port = {to},")),
    )
    .unwrap();
    path
}

pub fn cut(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let port = ground.port("atlas-b");
    for (cut, said, heard) in [(Cut::BeforeTheAnswer, 1, 1), (Cut::BeforeTheServer, 2, 1)] {
        ground.lab(&["fault", "pause-replay", "atlas-b"]);
        let proxy = Proxy::to(port, "pg_wal_replay_resume", cut);
        let mut command = ground.command(&words("run resume-replay atlas/atlas-b --confirm y"));
        let output = command
            .env("TENANTRY_FLEET", detour(ground, port, proxy.port))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{cut:?}: {text}");
        assert!(
            text.contains("no answer") && text.contains("read back: yes"),
            "{cut:?}: {text}"
        );
        assert_eq!(proxy.counts(), (said, heard), "{cut:?}: {text}");
        assert_ne!(state(ground, "atlas-b"), "replay paused", "{cut:?}");
        ground.lab(&["heal"]);
    }
}

pub fn two_operators(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    let (mut told, mut late) = (0, 0);
    let races = wanted("TENANTRY_TEST_RACES", RACES);
    for _ in 0..races {
        ground.lab(&["fault", "pause-replay", "atlas-b"]);
        let line = words("run resume-replay atlas/atlas-b --confirm y");
        let outputs = thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| ground.console(&line)));
            both.map(|one| one.join().unwrap())
        });
        let texts = outputs.map(|output| {
            let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
            (output.status.code().unwrap(), text)
        });
        let done = texts.iter().filter(|(code, _)| *code == 0).count();
        assert!(done >= 1, "{texts:?}");
        for (_, text) in texts.iter().filter(|(code, _)| *code != 0) {
            let held = text.contains("is held by tenantry/resume-replay/");
            let over = ["is not paused", "was held by a run that has just ended"];
            assert!(held || over.iter().any(|words| text.contains(words)), "{text}");
            told += u32::from(held);
        }
        late += u32::from(done == 2);
        ground.lab(&["heal"]);
    }
    println!("{races} races: {told} were told who holds it, {late} came when it was over");
    checked(ground);
}
