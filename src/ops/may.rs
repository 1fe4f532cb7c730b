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

/// The role to become, or that none need be; none where nobody may.
pub(super) fn becomes(found: &[String]) -> Option<Option<String>> {
    let first = found.first()?;
    Some((!first.is_empty()).then(|| first.clone()))
}

#[cfg(test)]
mod tests {
    use super::becomes;

    #[test]
    fn an_empty_word_is_nobody_to_become() {
        let of = |found: &[&str]| becomes(&found.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[""]), Some(None));
        assert_eq!(of(&["operators", "others"]), Some(Some("operators".to_owned())));
    }
}
