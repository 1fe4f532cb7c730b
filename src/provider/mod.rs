//! Doors to the outside. The drivers of PostgreSQL, Vault and TLS are named only in this room.

pub mod backups;
pub mod beside;
mod doors;
pub mod migrations;
pub mod postgres;
mod secret_file;
pub mod vault;

pub use doors::Doors;

/// Chooses the one TLS provider of this program. Call once, first thing in `main`.
///
/// Two providers in one tree make rustls panic at the first handshake unless one is the default.
pub fn choose_tls() {
    // It fails only where a provider is chosen already, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// The words of an error of the system without its number, which helps nobody at night.
fn unnumbered(words: &str) -> &str {
    words.split_once(" (os error ").map_or(words, |(words, _)| words)
}
