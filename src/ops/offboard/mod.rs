//! A tenant that goes: it is shut out first; then it moves, or after a wait its data is taken away for good.

mod disable;
mod fill;
mod gone;
mod inside;
mod mark;
mod own;
mod purge;
mod relocate;
mod remains;

use super::{Refusal, migrate, onboard, refusal::primary, rotate, survey::Known, tenant::Home};
use crate::{
    facts::tenants::{self, Tenant},
    model::{Isolation, Place, Target},
    store::Snapshot,
};
pub use disable::Disable;
use own::Own;
pub use purge::Purge;
pub use relocate::Move;

/// How long reading back may take, in seconds.
const WITHIN: u64 = 10;

/// A tenant, and what is its own.
struct Who<'a> {
    known: &'a Tenant,
    target: &'a Target,
    /// Its short name, by which its roles of the secrets server are known.
    slug: Option<String>,
    place: Place,
    own: Own,
    /// Who watches, and goes on to.
    readers: &'a str,
}

impl<'a> Who<'a> {
    fn of(target: &'a Target, world: &'a Snapshot) -> Result<Self, Refusal> {
        let home = Home::of(target, world)?;
        let model = home.known.model;
        if model == Isolation::Shared {
            let refusal = Refusal::new(format!(
                "{} shares its tables, and none of their policies reads whether a tenant is shut out",
                home.known.name
            ));
            return Err(refusal.hint("what its application says of itself is all that they go by: shut it out there"));
        }
        let track = migrate::track(world, target.part(0), model)?;
        let server = primary(world, target.part(0))?;
        let (place, own) = match model {
            Isolation::Schema => (
                server.database(home.database.as_str()),
                Own::Schema(home.known.id().to_owned()),
            ),
            Isolation::Shared | Isolation::Database | Isolation::Instance => {
                (server, Own::Database(home.database.clone()))
            }
        };
        Ok(Self {
            known: home.known,
            target,
            slug: tenants::apart(world, target).map(|(_, slug)| slug.raw().to_owned()),
            place,
            own,
            readers: &track.readers,
        })
    }

    /// The roles of the secrets server that are its own, each with its path; none as long as nobody has looked.
    fn leased(&self, mount: &str, known: Known<'_>) -> Result<Vec<(String, String)>, Refusal> {
        let mut own = Vec::new();
        let Some(slug) = &self.slug else { return Ok(own) };
        for name in onboard::leased(self.target.part(0), slug) {
            if rotate::is_role(&name, known)? == Some(true) {
                let path = format!("{mount}/roles/{name}");
                own.push((name, path));
            }
        }
        Ok(own)
    }
}
