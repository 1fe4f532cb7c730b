//! What a restore of one tenant promises (R) and how one is brought in (O), what has gone wrong elsewhere with tenants (T) and
//! with copies (B): which tests show each. Each of them names it, in its own name or where it is asserted.

use std::{fs, path::Path};

const PROOFS: &str = "tests/live/acts/proofs.rs";
const PLANTED: &str = "tests/live/acts/planted.rs";
const RESTORE: &str = "tests/live/acts/restore.rs";
const LOAD: &str = "tests/live/acts/load.rs";
const WHOLE: &str = "tests/live/acts/whole.rs";
const COPIES: &str = "tests/live/acts/copies.rs";
const DOORS: &str = "tests/live/acts/doors.rs";
const AMONG: &str = "tests/live/acts/among.rs";
const ONBOARD: &str = "tests/live/acts/onboard.rs";
const ONBOARD_PLANS: &str = "tests/ops/onboard.rs";
const SINCE: &str = "src/ops/restore/tests/since.rs";
const UNITS: &str = "src/ops/restore/tests.rs";

/// Its number, what it says, and the tests: file and function.
type Proved = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const ALL: &[Proved] = &[
    (
        "R1",
        "a plan shows each row and why one cannot be had, and writes nothing",
        &[(PROOFS, "r1_planning_writes_nothing")],
    ),
    (
        "R2",
        "other tenants' rows are as they were, which is proved before the commit",
        &[
            (PLANTED, "each_makes_it_fail_and_roll_back"),
            (LOAD, "shared"),
            (RESTORE, "shared"),
        ],
    ),
    (
        "R3",
        "the server itself holds who writes to the tenant",
        &[
            (PLANTED, "r3_another_tenants_row_is_refused_by_the_server"),
            (PLANTED, "r3_a_table_that_does_not_hold_its_owner_is_left_out"),
        ],
    ),
    (
        "R4",
        "a second plan for the same moment is empty",
        &[(RESTORE, "every_model"), (PROOFS, "all")],
    ),
    (
        "R5",
        "the tenant is what it is in the copy, table by table",
        &[
            (LOAD, "shared"),
            (PROOFS, "all"),
            (PLANTED, "each_makes_it_fail_and_roll_back"),
        ],
    ),
    (
        "R6",
        "rows that have changed since the plan are not written over",
        &[(RESTORE, "shared"), (PLANTED, "each_makes_it_fail_and_roll_back")],
    ),
    (
        "R7",
        "no sequence goes back, and each is above the rows that it numbers",
        &[
            (PLANTED, "each_makes_it_fail_and_roll_back"),
            (PLANTED, "r7_what_is_behind_is_told"),
        ],
    ),
    (
        "R8",
        "references across tenants are found before",
        &[
            (PROOFS, "r8_rows_that_others_refer_to_are_told_and_refused"),
            (
                UNITS,
                "r8_rows_that_others_refer_to_are_not_deleted_and_where_nobody_can_be_asked_none_are",
            ),
        ],
    ),
    (
        "R9",
        "rows go in the order of their keys, circles are broken without any DDL, and nothing is switched off",
        &[
            (PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off"),
            (
                UNITS,
                "r9_tables_stand_behind_those_that_they_refer_to_and_a_circle_needs_a_key_that_waits",
            ),
        ],
    ),
    (
        "R10",
        "one transaction with limits; a death at any statement leaves the tenant as it was or as it should be",
        &[
            (PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off"),
            ("tests/live/acts/kills.rs", "at_chance"),
        ],
    ),
    (
        "R11",
        "what was there before is kept, and brought back by undo",
        &[("tests/live/acts/back.rs", "by_keys"), (RESTORE, "shared")],
    ),
    (
        "R12",
        "the moment is chosen among commits that touched the tenant, and told with zone, position and last commit",
        &[
            ("tests/live/acts/moments.rs", "r12_botched"),
            ("tests/live/acts/moments.rs", "r12_two_commits"),
            (PROOFS, "r1_planning_writes_nothing"),
        ],
    ),
    (
        "R13",
        "tables that have another form by now are told by name",
        &[
            (PROOFS, "r13_columns_that_have_changed_names_are_told_and_refused"),
            (UNITS, "r13_a_table_that_has_another_form_is_refused_by_name"),
            (SINCE, "r13_columns_that_have_changed_names_are_others"),
        ],
    ),
    (
        "R14",
        "the same words for all four models; what holds is told, and how long each phase took",
        &[
            (RESTORE, "every_model"),
            (PROOFS, "r1_planning_writes_nothing"),
            (PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off"),
        ],
    ),
    (
        "O1",
        "a new tenant is brought in once: killed at any step it comes to the same end, and a second run makes nothing",
        &[
            ("tests/live/acts/deaths.rs", "at_any_step"),
            (ONBOARD, "works_and_goes"),
            (ONBOARD, "sealed"),
            ("tests/live/acts/kills.rs", "at_chance"),
            (
                ONBOARD_PLANS,
                "o1_the_same_request_has_the_same_digest_and_another_has_another",
            ),
            (
                ONBOARD_PLANS,
                "o1_what_is_there_stays_and_what_is_half_there_or_open_is_refused",
            ),
        ],
    ),
    (
        "O2",
        "what is taken back, or fails, leaves the catalog and the secrets server as they were",
        &[
            (ONBOARD, "works_and_goes"),
            (AMONG, "works_and_goes"),
            (DOORS, "an_open_door"),
            (AMONG, "an_open_fence"),
            (ONBOARD, "sealed"),
        ],
    ),
    (
        "O3",
        "its logins do their work and break in nowhere: each is tried, refused with the right SQLSTATE, or the run fails",
        &[
            (ONBOARD, "works_and_goes"),
            (AMONG, "works_and_goes"),
            (DOORS, "an_open_door"),
            (AMONG, "an_open_fence"),
            (
                ONBOARD_PLANS,
                "o1_what_is_there_stays_and_what_is_half_there_or_open_is_refused",
            ),
        ],
    ),
    (
        "O4",
        "everything of it is named by its short name, which misleads nobody and is never cut",
        &[
            (
                ONBOARD_PLANS,
                "o4_a_name_that_misleads_or_is_taken_is_refused_before_anybody_is_asked",
            ),
            (ONBOARD_PLANS, "o4_everything_is_named_by_the_short_name"),
            (
                ONBOARD_PLANS,
                "o4_the_id_of_a_tenant_of_shared_tables_is_kept_and_never_derived",
            ),
        ],
    ),
    (
        "O5",
        "a login takes no more than its tier says",
        &[
            (ONBOARD_PLANS, "o5_what_its_logins_may_take_is_what_the_tier_says"),
            (ONBOARD, "is_limited"),
        ],
    ),
    (
        "O6",
        "it is placed where there is room, with the reason, and what was not seen is no room",
        &[(
            ONBOARD_PLANS,
            "o6_it_is_placed_where_there_is_room_and_what_was_not_seen_is_none",
        )],
    ),
    (
        "T1",
        "who dumps under row-level security is shown less and told nothing",
        &[
            (PLANTED, "t1_who_does_not_see_everybody_looks_on_for_nobody"),
            (WHOLE, "schema"),
        ],
    ),
    (
        "T2",
        "a dump of one tenant sets a sequence back that all share",
        &[
            (PLANTED, "each_makes_it_fail_and_roll_back"),
            (PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off"),
        ],
    ),
    (
        "T3",
        "numbered columns take no values and generated ones none at all",
        &[
            (PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off"),
            (
                UNITS,
                "t3_only_columns_that_differ_are_set_and_none_that_the_server_computes",
            ),
        ],
    ),
    (
        "T4",
        "foreign keys reach other tenants' rows past row-level security",
        &[
            (PROOFS, "r8_rows_that_others_refer_to_are_told_and_refused"),
            (PLANTED, "each_makes_it_fail_and_roll_back"),
        ],
    ),
    (
        "T5",
        "as a replica the server takes orphans without a word",
        &[(PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off")],
    ),
    (
        "T6",
        "triggers and constraints are switched for everybody, not for a session",
        &[(PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off")],
    ),
    (
        "T7",
        "a row that collides with one of a tenant that nobody sees is swallowed",
        &[
            (PROOFS, "t7_a_value_that_another_tenant_has_taken_is_told_and_refused"),
            (
                SINCE,
                "t7_values_that_rows_get_are_asked_about_where_they_hold_for_all_tenants",
            ),
        ],
    ),
    (
        "T8",
        "triggers that write into what comes back, and columns that came since",
        &[
            (PLANTED, "each_makes_it_fail_and_roll_back"),
            (UNITS, "r13_a_table_that_has_another_form_is_refused_by_name"),
        ],
    ),
    (
        "B1",
        "what root leaves in a repository breaks the next backup",
        &[("tests/backups/real.rs", "tablespaces")],
    ),
    (
        "B2",
        "a server that does not archive has no log to replay",
        &[(
            "tests/backups/worth.rs",
            "log_that_is_refused_or_not_archived_ends_the_window",
        )],
    ),
    (
        "B3",
        "what was archived last may be named after a backup, and archiving may fail",
        &[
            (
                "src/facts/backups/mod.rs",
                "the_file_is_found_in_the_name_of_what_was_archived",
            ),
            (
                "tests/backups/worth.rs",
                "log_that_is_refused_or_not_archived_ends_the_window",
            ),
        ],
    ),
    (
        "B4",
        "a moment without a zone is another one than was meant, and some forms are refused",
        &[
            ("src/beside/backrest.rs", "a_time_is_written_as_pgbackrest_reads_it"),
            (
                "src/model/moment.rs",
                "a_time_without_a_zone_is_none_and_is_told_how_to_be_one",
            ),
            (COPIES, "beside"),
        ],
    ),
    (
        "B5",
        "a moment is not reached before a commit after it is archived",
        &[
            ("tests/live/acts/troubles.rs", "idle"),
            (
                "tests/ops/copies.rs",
                "the_live_server_is_written_to_only_where_the_moment_is_not_archived",
            ),
        ],
    ),
    (
        "B6",
        "a copy has the live server's settings: its port, and where it archives to",
        &[(
            "src/beside/server.rs",
            "of_the_settings_of_the_live_server_nothing_is_left",
        )],
    ),
    (
        "B7",
        "a copy can be read before it is at its moment",
        &[(COPIES, "beside")],
    ),
    (
        "B8",
        "a change of a table right after the moment holds its lock in the copy",
        &[(COPIES, "beside")],
    ),
    (
        "B9",
        "restore points are moments too",
        &[("src/beside/backrest.rs", "a_time_is_written_as_pgbackrest_reads_it")],
    ),
    (
        "B10",
        "of a copy of one database the others cannot be read",
        &[("tests/live/acts/verify.rs", "restores")],
    ),
    (
        "B11",
        "to replay the making of a tablespace touches the live server's directory",
        &[("tests/backups/real.rs", "tablespaces")],
    ),
    (
        "B12",
        "rows are written with a list of columns, in the order of their keys",
        &[(PROOFS, "r9_only_rows_are_written_and_nothing_is_switched_off")],
    ),
    ("B13", "triggers fire and write rows of their own", &[(PROOFS, "all")]),
    (
        "B14",
        "the owner of a table is silently shown one tenant only",
        &[(PLANTED, "t1_who_does_not_see_everybody_looks_on_for_nobody")],
    ),
    (
        "B15",
        "a restore of rows moves no sequence, one of a schema sets its own to where they were",
        &[(PLANTED, "each_makes_it_fail_and_roll_back"), (WHOLE, "schema")],
    ),
    (
        "B16",
        "what depends on a schema from outside stays with the old one",
        &[(WHOLE, "schema")],
    ),
    (
        "B17",
        "rights of roles that are gone cannot be given again",
        &[(WHOLE, "rights_of_a_role_that_is_gone")],
    ),
    (
        "B18",
        "what is kept needs a name that is free",
        &[
            (
                "src/ops/whole/names.rs",
                "a_name_is_free_and_no_longer_than_the_server_keeps",
            ),
            (WHOLE, "schema"),
        ],
    ),
    (
        "B19",
        "databases change names where nobody is in them",
        &[
            (WHOLE, "database"),
            (
                "tests/ops/whole.rs",
                "a_database_is_made_filled_and_proved_before_anybody_is_shut_out",
            ),
        ],
    ),
];

/// Whether a text has this number, and not one that only begins like it.
fn names(text: &str, number: &str) -> bool {
    let after = |at: usize| text[at + number.len()..].chars().next();
    let before = |at: usize| text[..at].chars().next_back();
    let mut found = text.match_indices(number);
    found.any(|(at, _)| {
        let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        alone(before(at)) && alone(after(at))
    })
}

#[test]
fn what_is_promised_is_named_by_the_tests_that_show_it() {
    let mut wrong = Vec::new();
    for (number, what, tests) in ALL {
        assert!(!tests.is_empty(), "{number}: {what}");
        for (file, test) in *tests {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = fs::read_to_string(&path).unwrap();
            if !text.contains(&format!("fn {test}(")) {
                wrong.push(format!("{number}: {file} has no {test}"));
            } else if !names(&text, number) && !names(&text, &number.to_lowercase()) {
                wrong.push(format!("{number} is not named in {file}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
