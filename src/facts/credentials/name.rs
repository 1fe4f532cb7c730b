//! The user names that the engine makes, and what can be read from them.

use jiff::Timestamp;

/// What the engine's own template leaves of a role's name.
const SHORTEST: usize = 8;

/// What the engine's own template tells: `v-<display name, 8>-<role, 8>-<20 at random>-<unix time>`
/// (`username_template` of the `PostgreSQL` plugin, the same in Vault and `OpenBao`). Templates that only leave more of
/// the role's name are read as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// `<display name>-<role>`: which is which cannot be told, for both may hold hyphens.
    head: &'a str,
    /// When the name was made, by the secrets server's clock: up to a few seconds before the lease.
    pub issued: Timestamp,
}

/// Reads a user name; none where the engine's own template did not make it.
pub fn read(user: &str) -> Option<Name<'_>> {
    let rest = user.strip_prefix("v-")?;
    let (rest, seconds) = rest.rsplit_once('-')?;
    let (head, random) = rest.rsplit_once('-')?;
    let is_random = random.len() == 20 && random.chars().all(|c| c.is_ascii_alphanumeric());
    let is_time = seconds.len() == 10 && seconds.chars().all(|c| c.is_ascii_digit());
    let issued = seconds.parse().ok().and_then(|at| Timestamp::from_second(at).ok())?;
    (is_random && is_time).then_some(Name { head, issued })
}

impl<'a> Name<'a> {
    /// Whether it could have been made for this role.
    pub fn is_of(self, role: &str) -> bool {
        self.token(role).is_some()
    }

    /// The first characters of the display name of the token that asked for it.
    pub fn token(self, role: &str) -> Option<&'a str> {
        let ends = role.char_indices().map(|(at, c)| at + c.len_utf8());
        let mut cuts: Vec<usize> = ends.skip(SHORTEST - 1).collect();
        cuts.push(role.len());
        let token = |cut: &usize| self.head.strip_suffix(&role[..*cut])?.strip_suffix('-');
        // The longest first: of `a-b` and `b` the name of the role `a-b` tells the first.
        cuts.iter().rev().find_map(token)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_name_tells_its_role_its_token_and_its_second() {
        let name = read("v-root-runtime--JVS2pZ1CXvY4HL7QweCb-1795491584").expect("the engine's");
        assert_eq!(name.token("runtime-user"), Some("root"));
        assert!(!name.is_of("db-admin"));
        assert_eq!(name.issued.as_second(), 1_795_491_584);
        let name = read("v-a-b-c-db-admin-WF7vyTPXmERIYjDVW3Xk-1795491584").expect("the engine's");
        assert_eq!(name.token("db-admin"), Some("a-b-c"));
        let name = read("v-approle-atlas-db-admin-NOUN015MwudSbU7Rxz7i-1795494868").expect("its role in full");
        assert_eq!(name.token("atlas-db-admin"), Some("approle"));
        assert!(!name.is_of("atlas-runtime-user"));
    }

    #[test]
    fn other_names_are_not_the_engines() {
        for user in [
            "postgres",
            "v-",
            "v-x-y-short-1795491584",
            "v-root-role-WF7vyTPXmERIYjDVW3Xk-yesterday",
            "legacy",
        ] {
            assert_eq!(read(user), None, "{user}");
        }
    }
}
