//! The configuration files of the lab's servers.

use std::path::PathBuf;

use crate::lab::{ground::Ground, plan::Site};

/// Bytes of a socket's path.
const LONGEST: usize = 108;

/// Written into the slot limit and used by the fault `lose-slot`, which has to pass it: megabytes.
pub const SLOT_KEEPS_MB: u32 = 64;

/// Added to `postgresql.conf` of a primary, and copied to its standbys. Durability is off: a lab is rebuilt, not recovered.
pub fn primary(ground: &Ground, site: &Site) -> String {
    let sockets = sockets(ground, site)
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    format!(
        "
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = {sockets}
cluster_name = '{name}'
max_connections = 100
shared_buffers = 24MB
huge_pages = off
fsync = off
wal_init_zero = off
wal_level = logical
max_wal_senders = 10
max_replication_slots = 10
max_wal_size = 512MB
wal_keep_size = 48MB
max_slot_wal_keep_size = {SLOT_KEEPS_MB}MB
hot_standby_feedback = on
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 500ms
max_standby_streaming_delay = 10s
track_commit_timestamp = on
track_io_timing = on
shared_preload_libraries = 'pg_stat_statements'
max_locks_per_transaction = 256
logging_collector = off
log_line_prefix = '%m [%p] %q%u@%d/%a '
log_min_error_statement = panic
log_replication_commands = off
jit = off
",
        name = site.name,
        port = ground.port(site),
        sockets = value(&sockets)
    )
}

/// The directory of a server's socket; none where its path would be longer than a socket's may be (unix(7)).
pub fn sockets(ground: &Ground, site: &Site) -> Option<PathBuf> {
    let directory = ground.path("pg");
    let socket = directory.join(format!(".s.PGSQL.{}", ground.port(site)));
    (socket.as_os_str().len() < LONGEST).then_some(directory)
}

/// A value in `postgresql.conf`, where a backslash begins an escape.
pub fn value(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}

/// Added to `postgresql.conf` of a standby: what it must not have from its primary.
pub fn standby(site: &Site, port: u16) -> String {
    let delay = site
        .delay
        .map_or_else(String::new, |delay| format!("recovery_min_apply_delay = '{delay}'\n"));
    format!("\nport = {port}\ncluster_name = '{}'\n{delay}", site.name)
}

/// `pg_hba.conf`: passwords for everybody, from this machine only. Whoever runs the servers makes their backups too, and is
/// their superuser by the socket.
pub const HBA: &str = "\
local all postgres peer map=lab
host all all 127.0.0.1/32 scram-sha-256
host replication replicator 127.0.0.1/32 scram-sha-256
";
