//! Whether a login is accepted: tried for real, and closed again.

use secrecy::SecretString;

use super::Acting;
use crate::{
    model::{self, Fault, FaultKind, With},
    ops::scribe::Scribe,
    provider::postgres::Login,
};

impl Acting {
    pub(super) async fn opens(&self, login: &model::Login, scribe: &Scribe) -> Result<bool, Fault> {
        let (with, by_chance) = match &login.with {
            With::Static { path, hold } => {
                let with = self.vault()?.login(path).await?;
                if let Some(name) = hold {
                    self.hold(name, with.clone());
                }
                (with, false)
            }
            With::Held { name, user } => match self.held(name) {
                Some(with) => (with, false),
                None => (chance(user), true),
            },
            With::Chance { user } => (chance(user), true),
        };
        let accepted = self.operators.accepts(&login.place, &with).await?;
        if by_chance && accepted != login.opens {
            let fault = format!(
                "{} takes any password of {}: passwords do not count there",
                login.place.server, with.user
            );
            return Err(Fault::new(FaultKind::Refused, fault).hint("look at pg_hba.conf"));
        }
        if let (With::Held { user, .. }, true) = (&login.with, by_chance) {
            let words = "is not held any more since the run was taken up; a password of chance is refused there, and a role has one password";
            scribe.note(format!("the old password of {user} {words}")).await?;
        }
        Ok(accepted == login.opens)
    }
}

/// A password that nobody has.
fn chance(user: &str) -> Login {
    let password: String = std::iter::repeat_with(fastrand::alphanumeric).take(24).collect();
    Login {
        user: user.to_owned(),
        password: SecretString::from(password),
    }
}

impl Acting {
    pub(super) fn vault(&self) -> Result<&crate::provider::vault::Vault, Fault> {
        let none = || {
            Fault::new(
                FaultKind::Credential,
                "there is no login to act with on the secrets server",
            )
            .hint("give [vault] an operate_auth in the fleet file")
        };
        self.operators.vault().ok_or_else(none)
    }
}
