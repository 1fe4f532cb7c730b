//! A schema that is brought from version to version: its history, what it still lacks, and where its shape differs.

use crate::{
    model::{Section, Target},
    store::Snapshot,
};

pub fn sections(_target: &Target, _world: &Snapshot) -> Option<Vec<Section>> {
    None
}
