//! Reads what stands under a path without asking for all of it each time.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    model::{Fault, FaultKind, Text},
    provider::vault::Vault,
};

/// Known names that are read again in one beat.
const AGAIN: usize = 16;
/// New names that are read in one beat.
const FRESH: usize = 256;
/// Calls under way at the same time.
const AT_ONCE: usize = 8;

/// Something that was read, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Read<T> {
    /// What it was.
    pub value: T,
    /// When that was true.
    pub at: Timestamp,
    /// Why it could not be read again, where it could not.
    pub fault: Option<Fault>,
}

/// The names under a path with what is known of each: new names at once, known ones a few at a time, the oldest first.
///
/// One name that is denied keeps what was known of it. A server that does not answer is a fault of the whole.
pub async fn browse<T: Clone>(
    vault: &Vault,
    path: &str,
    known: Option<&BTreeMap<Text, Read<T>>>,
    parse: fn(&Json) -> T,
) -> Result<BTreeMap<Text, Read<T>>, Fault> {
    let names: Vec<Text> = vault.list(path).await?.into_iter().map(Text::from).collect();
    let before = |name: &Text| known.and_then(|known| known.get(name));
    let mut found: BTreeMap<Text, Read<T>> = names
        .iter()
        .filter_map(|name| Some((name.clone(), before(name)?.clone())))
        .collect();
    let fresh = names.into_iter().filter(|name| before(name).is_none()).take(FRESH);
    let due: Vec<Text> = fresh.chain(oldest(&found)).collect();
    let calls = due.into_iter().map(|name| async move {
        let answer = vault.read(&format!("{path}/{}", name.raw())).await;
        (name, answer)
    });
    let mut answers = stream::iter(calls).buffer_unordered(AT_ONCE);
    while let Some((name, answer)) = answers.next().await {
        keep(&mut found, name, answer, parse)?;
    }
    Ok(found)
}

fn oldest<T>(found: &BTreeMap<Text, Read<T>>) -> Vec<Text> {
    let mut names: Vec<_> = found.iter().map(|(name, read)| (read.at, name.clone())).collect();
    names.sort();
    names.into_iter().take(AGAIN).map(|(_, name)| name).collect()
}

fn keep<T>(
    found: &mut BTreeMap<Text, Read<T>>,
    name: Text,
    answer: Result<Json, Fault>,
    parse: fn(&Json) -> T,
) -> Result<(), Fault> {
    match answer {
        Ok(answer) => {
            let read = Read {
                value: parse(&answer["data"]),
                at: Timestamp::now(),
                fault: None,
            };
            found.insert(name, read);
        }
        Err(fault) if fault.kind == FaultKind::Unsupported => {
            found.remove(&name);
        }
        Err(fault)
            if matches!(
                fault.kind,
                FaultKind::Denied | FaultKind::Refused | FaultKind::Malformed
            ) =>
        {
            // What was never read is parsed from nothing: the name at least is known.
            let read = found.entry(name).or_insert_with(|| Read {
                value: parse(&Json::Null),
                at: Timestamp::UNIX_EPOCH,
                fault: None,
            });
            read.fault = Some(fault);
        }
        Err(fault) => return Err(fault),
    }
    Ok(())
}
