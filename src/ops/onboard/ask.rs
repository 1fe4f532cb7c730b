//! What is asked of a new tenant besides its short name, and what is meant where nothing is said.

use crate::{
    model::{Isolation, Onboarding, Request, Target, Tier},
    ops::{Ask, Refusal},
};

/// Its limits.
pub(in crate::ops) const TIER: Ask = Ask {
    name: "tier",
    words: &[],
    about: "its limits; the fleet file's by default",
};
/// Whether it stands in a backup at once.
pub(in crate::ops) const BACKUP: Ask = Ask {
    name: "backup",
    words: &["now", "later"],
    about: "whether one is made once it is there",
};
pub(super) const ALL: &[Ask] = &[
    Ask {
        name: "name",
        words: &[],
        about: "what people call it; its short name by default",
    },
    Ask {
        name: "model",
        words: &[DEFAULT, "shared", "schema", "database"],
        about: "where it lives; the fleet file's by default",
    },
    TIER,
    BACKUP,
    Ask {
        name: "alike",
        words: &["refuse", "allow"],
        about: "a name that could be mistaken for another",
    },
    Ask {
        name: "instance",
        words: &[],
        about: "the one with most room by default",
    },
    Ask {
        name: "id",
        words: &[],
        about: "in shared tables; the server's own by default",
    },
    Ask {
        name: "leaks",
        words: &["refuse", "allow"],
        about: "shared tables that are open to other tenants",
    },
];

const DEFAULT: &str = "default";

/// What is wished for.
#[derive(Clone, Debug)]
pub(super) struct Wishes<'a> {
    pub(super) how: &'a Onboarding,
    pub(super) name: Option<&'a str>,
    pub(super) model: Isolation,
    pub(super) tier: (&'a str, &'a Tier),
    pub(super) instance: Option<&'a str>,
    /// What the tenant column of shared tables shall hold; where nothing is said, the server makes an id.
    pub(super) id: Option<&'a str>,
    /// It may be mistaken for another.
    pub(super) alike: bool,
    /// Its rows may stand in tables that are open to others.
    pub(super) leaks: bool,
}

impl<'a> Wishes<'a> {
    pub(super) fn of(request: &'a Request, target: &Target, how: &'a Onboarding) -> Result<Self, Refusal> {
        let say = |name| request.said_of(target, name);
        let said = say("model").filter(|said| *said != DEFAULT);
        let named = |word: &str| Isolation::ALL.into_iter().find(|model| model.word() == word);
        let model = said.and_then(named).unwrap_or(how.model);
        if model == Isolation::Instance {
            let refusal = Refusal::new("nobody is configured who makes instances");
            return Err(refusal.hint("model is shared, schema or database"));
        }
        Ok(Self {
            how,
            name: say("name"),
            model,
            tier: tier(say("tier"), how)?,
            instance: say("instance"),
            id: say("id"),
            alike: say("alike") == Some("allow"),
            leaks: say("leaks") == Some("allow"),
        })
    }

    /// What people call one of this short name.
    pub(super) fn called<'s>(&self, slug: &'s str) -> &'s str
    where
        'a: 's,
    {
        self.name.unwrap_or(slug)
    }
}

fn tier<'a>(said: Option<&str>, how: &'a Onboarding) -> Result<(&'a str, &'a Tier), Refusal> {
    let there = how.tiers.keys().cloned().collect::<Vec<_>>().join(", ");
    let Some(name) = said.or(how.tier.as_deref()) else {
        return Err(Refusal::new("no tier is said").hint(format!("tier is one of {there}")));
    };
    let found = how.tiers.get_key_value(name);
    let none = || Refusal::new(format!("there is no tier {name:?}")).hint(format!("there are {there}"));
    found.map(|(name, tier)| (name.as_str(), tier)).ok_or_else(none)
}
