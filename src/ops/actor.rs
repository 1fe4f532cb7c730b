//! As whom something is done that the login to act with may not do itself: a role that it may become by `SET ROLE`.

use super::{
    Refusal,
    survey::{Inquiries, Inquiry, Known},
};
use crate::{model::Place, store::Snapshot};

/// An attribute of roles, which nobody inherits (PostgreSQL documentation 22.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// `CREATEROLE`
    CreateRole,
    /// `REPLICATION`
    Replication,
}

impl Attribute {
    fn column(self) -> &'static str {
        match self {
            Self::CreateRole => "rolcreaterole",
            Self::Replication => "rolreplication",
        }
    }

    fn name(self, place: &Place) -> String {
        format!("who on {} has {} and may be become", place.server, self.column())
    }

    /// Which roles with it the login to act with may become.
    pub fn inquiry(self, place: &Place) -> Inquiries {
        let sql = format!(
            "select rolname::text from pg_roles where {} and pg_has_role(current_user, oid, 'member') \
             order by rolcanlogin, rolname",
            self.column()
        );
        Inquiries::from([(self.name(place), Inquiry::Rows(place.sql(sql)))])
    }

    /// The role to become: the first that there is.
    ///
    /// # Errors
    /// Where there is none, or nobody could be asked.
    pub fn actor(self, world: &Snapshot, place: &Place) -> Result<String, Refusal> {
        let found = Known::of(world).rows(&self.name(place))?.unwrap_or_default();
        let none = || {
            let word = self.column().trim_start_matches("rol").to_uppercase();
            Refusal::new(format!(
                "the login to act with on {} has no {word}, and may become nobody who has",
                place.server
            ))
            .hint("grant it a role with that attribute and NOLOGIN")
        };
        found.first().cloned().ok_or_else(none)
    }
}
