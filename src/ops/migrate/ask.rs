//! What a migration asks besides its schemas, and what is meant where nothing is said.

use crate::{
    model::{Limits, Request, Version},
    ops::{Ask, Refusal},
};

/// What stands in for what is left out comes first, and all of it fits beside the form at 80 columns.
pub(super) const ALL: &[Ask] = &[
    Ask {
        name: "to",
        words: &[],
        about: "last one by default: the version to be at",
    },
    Ask {
        name: "how",
        words: &["apply", "baseline"],
        about: "baseline: only record it, for who has it all",
    },
    Ask {
        name: "transaction",
        words: &["schema", "file"],
        about: "what commits together: a schema, or each file",
    },
    Ask {
        name: "apart",
        words: &["leave", "include"],
        about: "schemas that are not what their version says",
    },
    Ask {
        name: "rehearse",
        words: &["no", "yes"],
        about: "try the first schema before, rolled back",
    },
    Ask {
        name: "canary",
        words: &[],
        about: "smallest by default: who goes first, by path",
    },
    Ask {
        name: "waves",
        words: &[],
        about: "1%,10% by default, then the rest: their sizes",
    },
    Ask {
        name: "cap",
        words: &[],
        about: "4 by default: so many at once on each server",
    },
    Ask {
        name: "failures",
        words: &[],
        about: "0 by default: so many may fail, as 3 or 2%",
    },
    Ask {
        name: "lock",
        words: &[],
        about: "500 by default: ms to wait for a lock at most",
    },
    Ask {
        name: "hold",
        words: &[],
        about: "30 by default: s to hold locks, all tries",
    },
    Ask {
        name: "behind",
        words: &[],
        about: "64 by default: MB a standby may be behind",
    },
    Ask {
        name: "retain",
        words: &[],
        about: "4096 by default: MB of log a slot may keep",
    },
    Ask {
        name: "patience",
        words: &[],
        about: "600 by default: s to wait for either",
    },
    Ask {
        name: "probe",
        words: &[],
        about: "none by default: a boolean asked of each schema",
    },
];

/// So often a lock is tried for again.
const RETRIES: u32 = 20;

/// What is wished for.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer to a question of its own"
)]
pub(super) struct Wishes {
    pub(super) to: Option<Version>,
    pub(super) baseline: bool,
    /// Each file commits by itself.
    pub(super) by_file: bool,
    /// Schemas that are set apart come along.
    pub(super) apart: bool,
    /// The files of the first schema are tried before.
    pub(super) rehearse: bool,
    pub(super) canary: Option<String>,
    waves: Vec<Share>,
    pub(super) cap: usize,
    failures: Share,
    pub(super) limits: Limits,
    /// In bytes.
    pub(super) behind: u64,
    /// In bytes.
    pub(super) retain: u64,
    /// In seconds.
    pub(super) patience: u64,
    pub(super) probe: Option<String>,
}

/// A number, or a part of all.
#[derive(Clone, Copy, Debug)]
enum Share {
    Count(usize),
    /// In hundredths.
    Percent(usize),
}

impl Wishes {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        let said = Said(request);
        let waves = said.text("waves").unwrap_or("1%,10%");
        let waves: Result<Vec<Share>, Refusal> = waves.split(',').map(|share| Share::of("waves", share)).collect();
        let lock = said.number("lock", 500)?;
        let hold = said.number("hold", 30)?;
        Ok(Self {
            to: said.text("to").map(version).transpose()?,
            baseline: said.text("how") == Some("baseline"),
            by_file: said.text("transaction") == Some("file"),
            apart: said.text("apart") == Some("include"),
            rehearse: said.text("rehearse") == Some("yes"),
            canary: said.text("canary").map(ToOwned::to_owned),
            waves: waves?,
            cap: usize::try_from(said.number("cap", 4)?.max(1)).unwrap_or(1),
            failures: Share::of("failures", said.text("failures").unwrap_or("0"))?,
            limits: Limits {
                lock: lock.max(1),
                retries: RETRIES,
                budget: hold.max(1).saturating_mul(1000),
            },
            behind: said.number("behind", 64)?.saturating_mul(1 << 20),
            retain: said.number("retain", 4096)?.saturating_mul(1 << 20),
            patience: said.number("patience", 600)?,
            probe: said.text("probe").map(ToOwned::to_owned),
        })
    }

    /// The sizes of waves over so many.
    pub(super) fn waves(&self, many: usize) -> Vec<usize> {
        let sizes: Vec<usize> = self.waves.iter().map(|share| share.of_all(many).max(1)).collect();
        let taken: usize = sizes.iter().sum();
        let rest = many.saturating_sub(taken);
        sizes.into_iter().chain((rest > 0).then_some(rest)).collect()
    }

    /// How many of so many may fail.
    pub(super) fn failures(&self, many: usize) -> usize {
        self.failures.of_all(many)
    }
}

fn version(words: &str) -> Result<Version, Refusal> {
    words
        .parse()
        .map_err(|wrong: String| Refusal::new(wrong).hint("such as to=3 or to=1.2"))
}

struct Said<'a>(&'a Request);

impl<'a> Said<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.said(name)
    }

    fn number(&self, name: &str, otherwise: u64) -> Result<u64, Refusal> {
        self.text(name).map_or(Ok(otherwise), |said| {
            said.parse()
                .map_err(|_| Refusal::new(format!("{name} is a whole number, not {said:?}")))
        })
    }
}

impl Share {
    fn of(name: &str, words: &str) -> Result<Self, Refusal> {
        let words = words.trim();
        let wrong = || {
            Refusal::new(format!(
                "{name} takes numbers and percents such as 3 or 2%, not {words:?}"
            ))
        };
        let number = |words: &str| words.parse().map_err(|_| wrong());
        match words.strip_suffix('%') {
            Some(percent) => number(percent).map(Self::Percent),
            None => number(words).map(Self::Count),
        }
    }

    fn of_all(self, many: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => many.saturating_mul(percent).div_ceil(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Wishes;
    use crate::model::Request;

    fn wishes(arguments: &[(&str, &str)]) -> Result<Wishes, String> {
        let pair = |(name, said): &(&str, &str)| ((*name).to_owned(), (*said).to_owned());
        let request = Request {
            operation: "migrate".into(),
            targets: Vec::new(),
            arguments: arguments.iter().map(pair).collect::<BTreeMap<_, _>>(),
            ..Request::default()
        };
        Wishes::of(&request).map_err(|refusal| refusal.what)
    }

    #[test]
    fn waves_and_failures_are_numbers_or_parts_of_all() {
        let plain = wishes(&[]).unwrap();
        assert_eq!(plain.waves(1199), [12, 120, 1067]);
        assert_eq!(plain.waves(2), [1, 1]);
        assert_eq!(plain.failures(1000), 0);
        let said = wishes(&[("waves", "5, 50%"), ("failures", "2%")]).unwrap();
        assert_eq!(said.waves(100), [5, 50, 45]);
        assert_eq!(said.failures(150), 3);
        assert!(wishes(&[("waves", "many")]).unwrap_err().contains("\"many\""));
        assert!(wishes(&[("lock", "soon")]).unwrap_err().contains("whole number"));
        assert!(wishes(&[("to", "new")]).unwrap_err().contains("no version"));
    }
}
