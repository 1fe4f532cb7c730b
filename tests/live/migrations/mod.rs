//! Migrations on the lab's own tenants.

pub mod matrix;

use crate::ground::Ground;

/// A name and what is tried.
type Named = (&'static str, fn(&Ground));

pub const ALL: &[Named] = &[
    ("m1_every_schema_of_every_model_is_in_the_matrix", matrix::whole),
    ("m7_a_schema_that_was_changed_by_hand_is_set_apart", matrix::shape),
    ("m7_a_history_that_does_not_fit_its_file_is_drift", matrix::drift),
];
