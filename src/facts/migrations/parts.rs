//! Asking about many things at once where a few may be in the way of all others.

use crate::model::{Fault, FaultKind};

/// Questions that may fail before the rest is given up; each failure costs a wait, and perhaps a session.
const FAILURES: usize = 6;

/// What is still to be asked about, in batches. A batch that failed comes again in halves, until what is in the way stands
/// alone.
pub struct Parts<K> {
    open: Vec<Vec<K>>,
    failures: usize,
    /// What could not be told, and why.
    pub untold: Vec<(K, Fault)>,
}

impl<K: Clone> Parts<K> {
    /// All of these, so many at once.
    pub fn of(all: &[K], size: usize) -> Self {
        Self {
            open: all.chunks(size.max(1)).map(<[K]>::to_vec).collect(),
            failures: 0,
            untold: Vec::new(),
        }
    }

    /// What to ask about next.
    pub fn next(&mut self) -> Option<Vec<K>> {
        self.open.pop()
    }

    /// Says that this batch was not answered. Fails where no other would be either.
    pub fn failed(&mut self, batch: Vec<K>, fault: Fault) -> Result<(), Fault> {
        if !is_about_some(fault.kind) {
            return Err(fault);
        }
        self.failures += 1;
        if batch.len() == 1 || self.failures >= FAILURES {
            self.untold.extend(batch.into_iter().map(|one| (one, fault.clone())));
        } else {
            let (left, right) = batch.split_at(batch.len() / 2);
            self.open.extend([left.to_vec(), right.to_vec()]);
        }
        Ok(())
    }
}

/// A lock that came after we looked, something that is gone meanwhile or is not what it is called.
fn is_about_some(kind: FaultKind) -> bool {
    use FaultKind::{Denied, Malformed, Refused, Timeout, Unsupported};
    matches!(kind, Timeout | Refused | Denied | Unsupported | Malformed)
}

#[cfg(test)]
mod tests {
    use super::Parts;
    use crate::model::{Fault, FaultKind};

    #[test]
    fn what_is_in_the_way_is_found_and_all_others_are_told() {
        let all: Vec<u32> = (0..10).collect();
        let mut parts = Parts::of(&all, 8);
        let mut told = Vec::new();
        while let Some(batch) = parts.next() {
            if batch.contains(&7) {
                parts.failed(batch, Fault::new(FaultKind::Timeout, "locked")).unwrap();
            } else {
                told.extend(batch);
            }
        }
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2, 3, 4, 5, 6, 8, 9]);
        assert_eq!(parts.untold.iter().map(|(one, _)| *one).collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn a_server_that_is_gone_is_not_asked_again() {
        let mut parts = Parts::of(&[1, 2], 1);
        let batch = parts.next().unwrap();
        assert!(parts.failed(batch, Fault::new(FaultKind::Unreachable, "gone")).is_err());
    }
}
