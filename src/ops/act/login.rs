//! Whether a login is accepted: tried for real, and closed again.

use secrecy::SecretString;

use super::Acting;
use crate::{
    model::{self, Fault, FaultKind, Place, Text, With},
    ops::scribe::Scribe,
    provider::postgres::Login,
};

impl Acting {
    /// Whether it comes of a login what should.
    pub(super) async fn opens(&self, login: &model::Login, scribe: &Scribe) -> Result<bool, Fault> {
        match &login.with {
            With::Static { path, hold } => {
                let with = self.vault()?.login(path).await?;
                if let Some(name) = hold {
                    self.hold(name, with.clone());
                }
                Ok(self.operators.accepts(&login.place, &with).await? == login.opens)
            }
            With::Held { name, user } => match self.held(name) {
                Some(with) => Ok(self.operators.accepts(&login.place, &with).await? == login.opens),
                None => self.lost(login, user, scribe).await,
            },
            With::Chance { user } => Ok(!login.opens && self.refuses_chance(&login.place, user).await?),
        }
    }

    /// The process that held it is gone: what should open cannot be shown to, and what should not is shown another way.
    async fn lost(&self, login: &model::Login, user: &str, scribe: &Scribe) -> Result<bool, Fault> {
        if login.opens || !self.refuses_chance(&login.place, user).await? {
            return Ok(false);
        }
        let words = "is not held any more since the run was taken up; a password of chance is refused there, and a role has one password";
        scribe
            .note(format!("the password of {} {words}", Text::from(user)))
            .await?;
        Ok(true)
    }

    async fn refuses_chance(&self, place: &Place, user: &str) -> Result<bool, Fault> {
        if !self.operators.accepts(place, &chance(user)).await? {
            return Ok(true);
        }
        let fault = format!(
            "{} takes any password of {}: passwords do not count there",
            place.server,
            Text::from(user)
        );
        Err(Fault::new(FaultKind::Refused, fault).hint("look at pg_hba.conf"))
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
