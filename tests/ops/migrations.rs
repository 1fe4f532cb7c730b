//! Plans of migrations on simulated doors: who goes first, who follows, what is written down, and the way back.

use std::{collections::BTreeMap, fs, ops::Range};

use sha2::{Digest, Sha256};
use tenantry::{
    config::{Settings, Watch},
    model::{Act, Artefact, FaultKind, Fleet, Plan, Question, Step, Tree, Undo, Words, hex},
    ops::{
        self,
        Stage::{self, Done, Refused, Waiting},
        act::Acting,
        engine::Hands,
    },
    provider::{self, postgres::Operators},
};

use crate::{
    plans::{evidence::surveyed, plan, request, schemas, world},
    sim::{Sim, block_on, confirmed},
};

/// A migration of schemas that are behind.
fn migration(arguments: &[(&str, &str)]) -> Plan {
    let world = world();
    let request = request("migrate", schemas(&world), arguments);
    ops::plan(&request, &surveyed(&request, &world)).unwrap()
}

/// The steps of each schema, by their numbers; the one that goes first is the first.
fn each(plan: &Plan) -> Vec<Range<usize>> {
    let Tree::Seq(parts) = &plan.steps else {
        panic!("{:?}", plan.steps);
    };
    let (mut all, mut at) = (Vec::new(), 0);
    for part in parts {
        if let Tree::Each { over, .. } = part {
            let mut first = at;
            for tree in over {
                all.push(first..first + tree.count());
                first += tree.count();
            }
        }
        at += part.count();
    }
    assert_eq!(all.len(), 4, "{}", plan.title);
    all
}

/// What becomes of each schema where the last steps of these are refused and gates say this, until the run ends.
fn fares(plan: &Plan, refused: &[usize], gates: &[bool]) -> Vec<Stage> {
    let (sim, each) = (Sim::of(plan), each(plan));
    {
        let mut world = sim.world.lock().unwrap();
        world.refused = refused.iter().map(|n| each[*n].end - 1).collect();
        world.gates = gates.to_vec();
    }
    block_on(sim.live(&confirmed(plan)))
        .expect("it lives")
        .expect("the journal is well");
    sim.holds("a migration");
    let run = sim.run();
    let stages: Vec<Stage> = run.steps().map(|(_, state)| state.stage).collect();
    let last = |steps: Range<usize>| {
        let begun = stages[steps.clone()].iter().any(|stage| *stage != Stage::Waiting);
        if begun { stages[steps.end - 1] } else { Stage::Waiting }
    };
    each.into_iter().map(last).collect()
}

#[test]
fn one_that_fails_first_is_the_last() {
    let plan = migration(&[("waves", "1,1"), ("failures", "3")]);
    assert_eq!(fares(&plan, &[], &[]), [Done; 4]);
    assert_eq!(fares(&plan, &[0], &[]), [Refused, Waiting, Waiting, Waiting]);
}

#[test]
fn a_wave_of_a_migration_begins_where_the_servers_bear_it_and_not_before() {
    let plan = migration(&[("waves", "1,1"), ("failures", "3")]);
    assert_eq!(fares(&plan, &[], &[false]), [Done, Done, Waiting, Waiting]);
    assert_eq!(fares(&plan, &[], &[true, false]), [Done, Done, Done, Waiting]);
}

#[test]
fn more_failures_than_were_allowed_let_no_wave_of_a_migration_begin() {
    // Where nobody says how many, none may.
    for failures in [&[("waves", "1,1")][..], &[("waves", "1,1"), ("failures", "0")]] {
        let plan = migration(failures);
        assert_eq!(fares(&plan, &[1], &[]), [Done, Refused, Waiting, Waiting]);
    }
    // They are counted over all waves.
    let plan = migration(&[("waves", "1,1"), ("failures", "1")]);
    assert_eq!(fares(&plan, &[1], &[]), [Done, Refused, Done, Done]);
    assert_eq!(fares(&plan, &[1, 2], &[]), [Done, Refused, Refused, Waiting]);
}

/// A statement, as far as it matters here.
#[derive(Debug, PartialEq)]
enum Said {
    /// The checksum of a file that is sent.
    File(String),
    Text(String),
}

fn said(act: &Act) -> Vec<Said> {
    let Act::Transact(transact) = act else {
        return Vec::new();
    };
    let one = |words: &Words| match words {
        Words::File(part) => Said::File(part.sha256.clone()),
        Words::Text(text) => Said::Text(text.clone()),
        Words::Rows(rows) => panic!("{rows:?}"),
    };
    transact.statements.iter().map(one).collect()
}

/// The checksums of the files that a deed sends, in their order.
fn files(act: &Act) -> Vec<String> {
    let file = |one| match one {
        Said::File(sha256) => Some(sha256),
        Said::Text(_) => None,
    };
    said(act).into_iter().filter_map(file).collect()
}

/// The steps that send files in transactions.
fn sends(plan: &Plan) -> Vec<&Step> {
    let all = plan.steps.steps();
    let found: Vec<&Step> = all.into_iter().filter(|step| !files(&step.act).is_empty()).collect();
    assert!(found.len() >= 4, "{}", found.len());
    found
}

fn asked(question: &Question) -> String {
    match question {
        Question::Sql(sql) | Question::Take(_, sql) | Question::List(_, sql) => sql.text.clone(),
        Question::All(all) => all.iter().map(asked).collect::<Vec<_>>().join("\n"),
        Question::Look(look) | Question::TakeAs(_, look) => look.sql.text.clone(),
        Question::Trial(trial) => trial.statements.join("\n"),
        Question::Process(process) | Question::Verdict(process) => process.words.join(" "),
        Question::Vault(_) | Question::Login(_) | Question::Attempts(_) => String::new(),
    }
}

#[test]
fn each_file_commits_with_its_line_in_the_history_and_both_are_read_back() {
    for arguments in [&[][..], &[("transaction", "file")]] {
        let plan = migration(arguments);
        for step in sends(&plan) {
            let statements = said(&step.act);
            let mut lines = 0;
            for (at, statement) in statements.iter().enumerate() {
                let Said::File(sha256) = statement else { continue };
                let next = statements[at + 1..].iter().find_map(|one| match one {
                    Said::Text(text) if text.starts_with("insert into") => Some(text),
                    _ => None,
                });
                let line = next.unwrap_or_else(|| panic!("{}: a file without its line", step.name));
                assert!(line.contains("tenantry_migration") && line.contains(sha256), "{line}");
                lines += 1;
            }
            let so = asked(&step.check.ask);
            let all = format!("select count(*) = {lines} from ");
            assert!(
                so.starts_with(&all) && so.contains("where complete and version in"),
                "{so}"
            );
            let Act::Transact(transact) = &step.act else {
                unreachable!()
            };
            assert!(
                transact.proofs.contains(&so),
                "{}: committed without its proof",
                step.name
            );
            assert_eq!(transact.unless.as_ref(), Some(&so), "{}: done twice", step.name);
        }
        // And when all is done every schema is asked again.
        let steps = plan.steps.steps();
        let after = each(&plan).last().unwrap().end;
        let last: String = steps[after..].iter().map(|step| asked(&step.check.ask)).collect();
        for step in sends(&plan) {
            let so = asked(&step.check.ask);
            let (_, table) = so.split_once(" from ").unwrap();
            let (table, _) = table.split_once(" where ").unwrap();
            assert!(last.contains(table), "{table} is not asked in the end");
        }
    }
}

/// The versions whose lines a deed writes or takes away, in its order.
fn versions(act: &Act) -> Vec<String> {
    let one = |one| {
        let Said::Text(text) = one else { return None };
        let line = text
            .strip_prefix("insert into ")
            .and_then(|rest| rest.split_once(" values ('"))
            .or_else(|| text.strip_prefix("delete from ")?.split_once(" version in ('"))?;
        Some(line.1.split_once('\'')?.0.to_owned())
    };
    said(act).into_iter().filter_map(one).collect()
}

#[test]
fn the_way_back_is_the_way_there_from_its_end() {
    let mut several = 0;
    for step in sends(&migration(&[])) {
        let Undo::Act(undo) = &step.undo else { continue };
        let (there, mut back) = (versions(&step.act), versions(undo));
        several += usize::from(there.len() > 1);
        assert_eq!(files(undo).len(), there.len(), "{}: a file has no way back", step.name);
        back.reverse();
        assert_eq!(there, back, "{}", step.name);
        let (mut forth, sent) = (files(&step.act), files(undo));
        forth.retain(|file| sent.contains(file));
        assert!(forth.is_empty(), "{}: a file is its own way back", step.name);
    }
    assert!(several > 0, "no schema is more than one version behind");
}

#[test]
fn a_file_that_was_changed_since_is_not_sent() {
    provider::choose_tls();
    let settings = Settings {
        fleet: Fleet::default(),
        vault: None,
        access: BTreeMap::new(),
        operate: BTreeMap::new(),
        watch: Watch { max_connections: 1 },
    };
    let directory = std::env::temp_dir().join(format!("tenantry-files-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("V1__one.sql");
    let text = "create table one ();";
    let plan = Plan {
        artefacts: vec![Artefact {
            directory: directory.clone(),
            file: "V1__one.sql".into(),
            sha256: hex(&Sha256::digest(text)),
            bytes: 20,
        }],
        ..plan(Tree::Seq(Vec::new()))
    };
    let take = || {
        let hands = Acting::new(Operators::new(&settings).expect("operators"));
        block_on(async { hands.take("run", &plan).await })
    };
    fs::write(&file, text).unwrap();
    let as_it_was = take();
    // As long as before, and well formed.
    fs::write(&file, "create table two ();").unwrap();
    let changed = take();
    fs::remove_file(&file).unwrap();
    let gone = take();
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(as_it_was, Ok(()));
    let fault = changed.expect_err("it was changed");
    assert_eq!(fault.kind, FaultKind::Refused);
    let what = "V1__one.sql is not the file that the plan was made from";
    assert_eq!(fault.what.raw(), what);
    assert!(gone.is_err(), "it is gone");
}
