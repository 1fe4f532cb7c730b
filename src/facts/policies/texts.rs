//! The conditions of policies as SQL. A relation that somebody has locked loses its own conditions and no other's.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Conditions, sql};
use crate::{
    model::{Fault, FaultKind, Target, Text},
    provider::{Doors, postgres::Param},
};

/// Questions that may fail before the rest is given up; each failure costs a wait for a lock, and a session.
const FAILURES: usize = 6;
const LOCKED: &str = "somebody holds or waits for an exclusive lock on the relation";

/// What could be read, by the policy's oid, and what could not, by the relation's.
#[derive(Default)]
pub struct Reading {
    pub texts: BTreeMap<u32, Conditions>,
    pub unseen: BTreeMap<u32, Text>,
}

#[derive(Deserialize)]
struct Reply {
    busy: Vec<u32>,
    texts: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    oid: u32,
    using: Option<Text>,
    check: Option<Text>,
}

/// Asks for all at once; where that fails, for each half, until what is in the way stands alone.
pub async fn read(doors: &Doors, server: &Target, database: &str, relations: Vec<u32>) -> Result<Reading, Fault> {
    let mut reading = Reading::default();
    let mut open = vec![relations];
    let mut failures = 0;
    while let Some(batch) = open.pop() {
        if batch.is_empty() {
            continue;
        }
        let asked = [Param::Oids(batch.clone())];
        match doors
            .servers
            .json::<Reply>(server, Some(database), sql::TEXTS, &asked)
            .await
        {
            Ok(reply) => reading.take(reply.value),
            // A lock that came after we looked, or a relation that is gone meanwhile.
            Err(fault) if matches!(fault.kind, FaultKind::Timeout | FaultKind::Refused | FaultKind::Denied) => {
                failures += 1;
                if batch.len() == 1 || failures >= FAILURES {
                    let why = batch.into_iter().map(|relation| (relation, fault.what.clone()));
                    reading.unseen.extend(why);
                } else {
                    let (left, right) = batch.split_at(batch.len() / 2);
                    open.extend([left.to_vec(), right.to_vec()]);
                }
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(reading)
}

impl Reading {
    fn take(&mut self, reply: Reply) {
        let locked = reply.busy.into_iter().map(|relation| (relation, LOCKED.into()));
        self.unseen.extend(locked);
        let texts = reply.texts.into_iter().map(|row| {
            let conditions = Conditions {
                using: row.using,
                check: row.check,
            };
            (row.oid, conditions)
        });
        self.texts.extend(texts);
    }
}
