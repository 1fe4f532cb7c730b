//! Which ways stay on this machine, and so need no TLS.

use std::net::IpAddr;

use crate::model::TlsMode;

/// Whether a server's host is the directory of a Unix socket.
pub(super) fn is_socket(host: &str) -> bool {
    host.starts_with('/')
}

/// Whether the host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What a server's connection is protected with where the file does not say.
pub(super) fn tls(host: &str) -> TlsMode {
    if is_socket(host) || is_loopback(host) {
        TlsMode::Disable
    } else {
        TlsMode::VerifyFull
    }
}

/// What is wrong with the address of a secrets server.
pub(super) fn wrong_address(address: &str) -> Option<String> {
    let url = match url::Url::parse(address) {
        Ok(url) => url,
        Err(e) => {
            return Some(format!(
                "{address:?} is no address such as \"https://vault.example:8200\": {e}"
            ));
        }
    };
    let host = url.host_str().unwrap_or_default();
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let user = !url.username().is_empty() || url.password().is_some();
    match url.scheme() {
        _ if user => Some("an address carries no user or password; use [vault.auth]".into()),
        "http" if !is_loopback(host) => Some(format!(
            "http:// would send tokens in the clear to {host:?}; use https://, or http:// on loopback"
        )),
        "http" | "https" if plain => None,
        "http" | "https" => Some("an address is scheme, host and port alone; the rest belongs to `mount`".into()),
        _ => Some(format!(
            "{address:?} is no address such as \"https://vault.example:8200\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["localhost", "127.0.0.1", "127.8.9.10", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "0.0.0.0",
            "10.0.0.1",
            "",
            "/run",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn an_address_that_only_looks_like_loopback_is_refused() {
        for address in [
            "http://127.0.0.1@evil.example",
            "http://evil.example\\@127.0.0.1",
            "http://evil.example#@127.0.0.1",
            "http://vault.example:8200",
            "ftp://127.0.0.1",
            "127.0.0.1:8200",
            "https://user:word@vault.example",
            "https://vault.example/v1",
        ] {
            assert!(wrong_address(address).is_some(), "{address}");
        }
        for address in [
            "https://vault.example",
            "https://vault.example:8200/",
            "http://127.0.0.1:19200",
            "http://[::1]:8200",
            "http://localhost:8200",
        ] {
            assert_eq!(wrong_address(address), None, "{address}");
        }
    }
}
