//! Where the secrets server is: `https`, or `http` on loopback, and nothing that turns verification off.

use reqwest::Url;

use crate::model::{Fault, FaultKind};

/// Switches of the servers' own command lines. Whoever sets one expects it to be obeyed, so it is refused, not ignored.
const SWITCHES: [&str; 2] = ["VAULT_SKIP_VERIFY", "BAO_SKIP_VERIFY"];

/// The address, checked. There is no default and no other scheme.
pub fn checked(address: &str) -> Result<Url, Fault> {
    let url = Url::parse(address).map_err(|e| refused(format!("{address}: no address of a secrets server: {e}")))?;
    match url.scheme() {
        "https" if url.has_host() => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(refused(format!("{address}: plain http away from loopback"))
                .hint("use https; the token would cross the network in the clear"));
        }
        scheme => return Err(refused(format!("{address}: {scheme} is no way to a secrets server"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            refused("the address of the secrets server holds a user or a password".into())
                .hint("name the files with the credentials under [vault] auth"),
        );
    }
    Ok(url)
}

/// Refuses an environment in which somebody wanted certificates not to be verified, whatever the value.
pub fn always_verified(is_set: impl Fn(&str) -> bool) -> Result<(), Fault> {
    match SWITCHES.into_iter().find(|name| is_set(name)) {
        None => Ok(()),
        Some(name) => Err(
            refused(format!("{name} is set, and certificates are always verified here"))
                .hint(format!("unset {name}; name the certificate authority under [vault] ca")),
        ),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn refused(what: String) -> Fault {
    Fault::new(FaultKind::Refused, what)
}

#[cfg(test)]
mod tests {
    use super::{always_verified, checked};

    #[test]
    fn only_https_or_loopback_is_an_address() {
        for good in [
            "https://vault.example:8200",
            "http://127.0.0.1:8200",
            "http://localhost:8200",
            "http://[::1]:8200",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "vault.example",
            "http://vault.example:8200",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "ftp://127.0.0.1",
            "https://",
            "https://user:canary-pw@vault.example",
        ] {
            let fault = checked(bad).expect_err(bad);
            assert!(!fault.to_string().contains("canary"), "{fault}");
        }
    }

    #[test]
    fn a_wish_not_to_verify_is_refused() {
        assert!(always_verified(|_| false).is_ok());
        let fault = always_verified(|name| name == "VAULT_SKIP_VERIFY").expect_err("refused");
        assert!(fault.to_string().contains("VAULT_SKIP_VERIFY"));
    }
}
