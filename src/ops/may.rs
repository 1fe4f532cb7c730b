//! As whom a function is called that only some may call.

use crate::model::quote;

/// Whom the login to act with becomes for it: an empty word where it may call the function as it is, else roles that it may
/// become, those first that nobody logs in as. A login of a lease is another one in each process, and is nobody to become.
pub(super) fn who_calls(function: &str) -> String {
    let function = quote::literal(function);
    let may = |role: &str| format!("has_function_privilege({role}, {function}, 'execute')");
    format!(
        "select '' where {} union all (select rolname::text from pg_roles where not {} and {} \
         and pg_has_role(current_user, oid, 'member') order by rolcanlogin, rolname)",
        may("current_user"),
        may("current_user"),
        may("oid")
    )
}

/// As whom it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// The role to become; none where the login may as it is.
    pub(super) role: Option<String>,
}

/// As whom, where anybody may.
pub(super) fn caller(found: &[String]) -> Option<Caller> {
    let first = found.first()?;
    let role = (!first.is_empty()).then(|| first.clone());
    Some(Caller { role })
}

#[cfg(test)]
mod tests {
    use super::{Caller, caller};

    #[test]
    fn an_empty_word_is_nobody_to_become() {
        let of = |found: &[&str]| caller(&found.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        let some = |role: Option<&str>| {
            let role = role.map(ToOwned::to_owned);
            Some(Caller { role })
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[""]), some(None));
        assert_eq!(of(&["operators", "others"]), some(Some("operators")));
    }
}
