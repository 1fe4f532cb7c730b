//! Migrations of real schemas: killed, poisoned, blocked, held up; and whatever files people write.

mod changes;
mod course;
mod files;
mod isolation;
mod kills;
mod pool;
mod trouble;

use crate::ground::Ground;

/// A name and what is tried.
type Named = (&'static str, fn(&Ground));

pub const ALL: &[Named] = &[
    ("every_model_forth_and_back", trouble::everywhere),
    (
        "m2_killed_again_and_again_each_schema_is_migrated_exactly_once",
        kills::m2,
    ),
    ("m3_who_fails_stays_where_it_was_and_the_others_go_on", trouble::m3),
    ("m4_who_is_in_the_way_is_told_and_waited_for_in_bounds", trouble::m4),
    ("m5_an_index_that_was_not_built_is_taken_away", trouble::m5),
    ("m6_a_standby_that_falls_behind_is_waited_for", trouble::m6),
    (
        "m8_a_table_that_is_open_to_other_tenants_does_not_come_to_be",
        trouble::m8,
    ),
    ("a_door_between_schemas_is_seen_at_the_first", isolation::of_schemas),
    (
        "shared_tables_are_looked_at_with_the_applications_eyes",
        isolation::of_shared_tables,
    ),
    ("who_acts_may_end_with_the_run_and_owns_nothing", changes::by_lease),
    ("m10_more_locks_than_there_is_room_for_are_refused", trouble::m10),
    ("a_rehearsal_says_what_is_taken_and_leaves_nothing", changes::rehearsed),
    ("what_changed_since_it_was_confirmed_is_not_done", changes::changed),
    ("who_came_and_went_meanwhile_is_told", changes::came_and_went),
    ("files_as_people_write_them", files::all),
    ("a_file_that_ends_its_transaction_is_not_believed", files::commits),
];
