//! Operations on real servers: done and read back, killed at chance and taken up again, raced for, and refused.

mod among;
mod back;
mod checker;
mod clears;
mod copies;
pub mod credentials;
mod deaths;
mod disabled;
mod doors;
mod far;
mod indexes;
mod kills;
mod lines;
mod load;
mod moments;
mod mortal;
mod moves;
mod newcomers;
mod onboard;
mod orders;
mod planted;
mod proofs;
mod purged;
mod races;
mod refusals;
mod repository;
mod restore;
mod screen;
mod sessions;
mod tokens;
mod troubles;
mod turns;
mod typed;
mod verify;
mod whole;

pub use kills::{carriers, quiet};

use std::{path::Path, process::Output};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use tenantry::{
    config::Policy,
    model::{Carrier, Permit, Plan, Said},
    ops::{
        Outcome,
        act::Acting,
        carry::{self, Bench, Errand, Reply, What},
        digest,
        house::Person,
        journal,
        record::Record,
    },
    provider::postgres::Operators,
};

use crate::ground::Ground;

/// A name and what is tried.
type Named = (&'static str, fn(&Ground));

pub const ALL: &[Named] = &[
    (
        "resume_replay_is_done_only_with_the_word_and_read_back",
        sessions::resume_replay,
    ),
    ("the_root_of_a_chain_is_ended_and_nobody_else", sessions::end_sessions),
    ("a_static_role_is_rotated_with_its_whole_proof", credentials::rotate),
    (
        "the_engines_own_login_is_rotated_with_its_whole_proof",
        credentials::rotate_root,
    ),
    ("leases_are_revoked_and_nobody_logs_in_with_them", credentials::revoke),
    ("a_leaked_login_is_locked_out_of_every_database", credentials::lock_out),
    ("a_lost_slot_is_dropped", credentials::drop_slot),
    (
        "an_index_that_a_failed_build_has_left_is_dropped_and_no_other",
        indexes::left_over,
    ),
    (
        "a_tenant_with_a_schema_is_brought_in_works_and_goes",
        onboard::works_and_goes,
    ),
    (
        "killed_after_any_of_its_steps_it_comes_to_the_same_end",
        deaths::at_any_step,
    ),
    (
        "a_run_that_was_left_takes_away_nothing_that_came_later",
        onboard::left_and_gone_on,
    ),
    ("an_open_door_makes_it_fail_and_leaves_nothing", doors::an_open_door),
    ("a_tenant_with_a_database_comes_and_goes", newcomers::a_database),
    ("a_tenant_of_shared_tables_works_and_goes", among::works_and_goes),
    ("an_open_fence_makes_it_fail_and_leaves_nothing", among::an_open_fence),
    ("a_tenant_is_shut_out_and_let_in_again", disabled::with_a_schema),
    (
        "everybodys_logins_are_shut_out_of_one_tenant",
        disabled::with_everybodys_logins,
    ),
    ("what_is_taken_away_for_good_was_shut_out_first", purged::a_schema),
    ("a_database_is_taken_away_for_good", purged::a_database),
    ("a_tenant_moves_to_a_database_and_back", moves::to_a_database),
    ("by_keys_over_ssh_a_tenant_is_brought_in_and_taken_back", typed::by_keys),
    ("many_from_a_file_killed_once_come_to_the_same_end", newcomers::many),
    (
        "a_tenant_is_brought_in_while_the_secrets_server_is_sealed_or_is_not",
        onboard::sealed,
    ),
    (
        "a_copy_beside_has_what_the_live_server_has_lost_and_leaves_nothing",
        copies::beside,
    ),
    (
        "a_restore_that_is_tried_counts_where_every_row_was_read",
        verify::restores,
    ),
    (
        "a_repository_is_read_and_what_is_damaged_or_missing_is_named",
        repository::verified,
    ),
    (
        "a_tenant_of_each_model_is_brought_back_and_nobody_else_is_touched",
        restore::every_model,
    ),
    (
        "r1_to_r9_and_r13_hold_and_what_is_planted_against_them_makes_a_restore_fail",
        proofs::all,
    ),
    (
        "a_tenant_is_brought_back_while_the_others_write_and_their_rows_are_what_they_wrote",
        load::shared,
    ),
    (
        "with_backups_on_another_host_a_tenant_is_brought_back_over_ssh",
        far::away,
    ),
    (
        "r12_the_moment_before_a_bad_change_is_found_and_gone_back_to",
        moments::r12_botched,
    ),
    (
        "r12_just_before_a_commit_is_everything_that_was_committed_before_it",
        moments::r12_two_commits,
    ),
    ("r12_just_before_a_run_is_its_restore_point", moments::r12_restore_point),
    (
        "a_schema_is_brought_back_whole_and_nobody_else_is_touched",
        whole::schema,
    ),
    (
        "a_database_is_brought_back_whole_and_nobody_else_is_touched",
        whole::database,
    ),
    (
        "a_database_of_an_instance_is_brought_back_whole_and_its_server_left_alone",
        whole::instance,
    ),
    ("a_copy_that_was_left_half_way_is_gone_on_with", copies::killed),
    (
        "a_copy_on_a_full_disk_says_which_and_what_to_do_and_leaves_nothing",
        troubles::full,
    ),
    ("a_copy_whose_repository_is_gone_says_so", troubles::gone),
    (
        "a_copy_of_a_log_with_a_gap_never_stops_before_it_silently",
        troubles::gap,
    ),
    ("a_moment_after_which_nothing_happens_is_reached", troubles::idle),
    (
        "what_a_run_acts_with_ends_under_it_and_it_goes_on",
        tokens::ended_under_it,
    ),
    (
        "what_a_dead_process_acted_with_is_ended_by_who_takes_the_run_up",
        tokens::outlives_it,
    ),
    ("what_would_not_end_is_said_before_it_is_tried", refusals::revoke),
    ("a_world_that_changed_makes_a_confirmed_plan_void", refusals::drift),
    (
        "the_policy_of_the_house_decides_and_two_persons_confirm",
        refusals::policy,
    ),
    ("a_run_is_told_to_pause_to_go_on_and_to_stop", orders::told),
    ("by_keys_a_run_is_paused_taken_up_and_aborted", turns::by_keys),
    ("over_ssh_a_killed_line_ends_no_run", lines::over_ssh),
    (
        "from_the_view_of_credentials_over_ssh_a_rotation_is_seen_through",
        screen::rotate,
    ),
    (
        "from_the_view_of_tenants_over_ssh_one_is_brought_back_and_forth",
        back::by_keys,
    ),
    (
        "a_vault_that_is_sealed_in_the_middle_leaves_nothing_half_told",
        lines::sealed,
    ),
    (
        "a_primary_that_stops_in_the_middle_leaves_nothing_half_told",
        lines::stopped,
    ),
    (
        "a_line_that_is_cut_leaves_a_question_and_never_a_second_deed",
        lines::cut,
    ),
    ("a_commit_without_an_answer_is_asked_about", lines::commit),
    ("killed_at_chance_and_taken_up_again_it_ends_done", kills::at_chance),
    ("of_two_operators_one_is_told", races::two_operators),
    ("what_is_written_down_is_what_happened", checker::all),
];

/// What a variable asks for, or as many as usual.
pub fn wanted(variable: &str, usual: u32) -> u32 {
    std::env::var(variable)
        .ok()
        .and_then(|said| said.parse().ok())
        .unwrap_or(usual)
}

pub fn seeded(what: &str) -> fastrand::Rng {
    let seed = std::env::var("TENANTRY_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("{what} with TENANTRY_TEST_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

/// The words of a command line; `§` is a space within one.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('§', " ")).collect()
}

/// The binary's own answer to a command line.
fn answer(ground: &Ground, line: &str) -> Output {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    ground.console(&words)
}

/// The plan of a command line that begins with `plan`, as it is shown.
fn plan(ground: &Ground, line: &str) -> Plan {
    let (value, code) = json(ground, &format!("plan {line} --json"));
    assert_eq!(code, Some(3), "{value}");
    let mut plan: Plan = serde_json::from_value(value["plan"].clone()).expect("a plan");
    let rows = value["rows"].as_object().into_iter().flatten();
    let text = |(name, text): (&String, &Json)| (name.clone(), text.as_str().unwrap().into());
    plan.fill(&rows.map(text).collect());
    plan
}

/// Who confirms a plan, in this process.
fn said(plan: &Plan, by: &str) -> Said {
    let now = Timestamp::now();
    Said {
        by: by.into(),
        login: None,
        from: None,
        word: plan.confirm.word(),
        reason: Some("a test".into()),
        permit: Some(Permit {
            ticket: "T-0".into(),
            until: now + SignedDuration::from_mins(1),
        }),
        at: now,
    }
}

/// Carries something out in this process, by this policy. What was said of it first, and how it stands in the end.
fn carry(ground: &Ground, errand: Errand, policy: &Policy, directory: &Path) -> (Option<Reply>, Option<Outcome>) {
    let hands = Acting::new(Operators::new(&ground.settings()).expect("operators"));
    let person = Person {
        user: errand.said.by.clone(),
        groups: Vec::new(),
    };
    let bench = Bench {
        journals: directory,
        policy,
        person: &person,
        by: Carrier::default(),
        hands: &hands,
    };
    let mut replies = Vec::new();
    let mut reply = |said: Reply| replies.push(said);
    ground
        .block_on(carry::carry(errand, &bench, &mut reply))
        .expect("the journal is well");
    let reply = replies.into_iter().next();
    let outcome = match &reply {
        Some(Reply::Begun(id)) => {
            let record = Record::read(id.clone(), &journal::path(directory, id)).expect("a journal");
            record.run.map(|run| run.outcome())
        }
        _ => None,
    };
    (reply, outcome)
}

/// What begins a plan that was looked at.
fn begin(plan: &Plan, by: &str) -> Errand {
    Errand {
        what: What::begin(plan.clone(), digest(plan)),
        said: said(plan, by),
    }
}

fn json(ground: &Ground, line: &str) -> (Json, Option<i32>) {
    let output = answer(ground, line);
    let value = serde_json::from_slice(&output.stdout);
    (
        value.unwrap_or_else(|_| panic!("{line}: {output:?}")),
        output.status.code(),
    )
}

/// Ends with this code, and says this.
#[track_caller]
fn says(ground: &Ground, line: &str, code: i32, said: &str) {
    let output = answer(ground, line);
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
pub fn newest(ground: &Ground) -> Option<(String, String)> {
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
