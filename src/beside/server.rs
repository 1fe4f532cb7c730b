//! The server of a copy: its settings, its start and its end, and what it is asked.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    backrest::command,
    holders,
    place::{PORT, Place},
    scan,
    trouble::{refused, told},
};
use crate::model::{Beside, Fault, Lsn, Text};

/// How long it may take until its process is known.
const START: Duration = Duration::from_secs(30);
/// How long it may take to stop.
const STOP: Duration = Duration::from_mins(1);

/// What the restored files say of themselves, before anything is started on them.
pub struct Control {
    /// The system identifier.
    pub system: String,
    /// How large a file of the log is, in bytes.
    pub segment: u64,
    /// Settings that a server in recovery must have at least as large as the one that wrote the log: name and value.
    least: Vec<(&'static str, String)>,
}

impl Control {
    /// Asks `pg_controldata`.
    ///
    /// # Errors
    /// Where it does not tell.
    pub fn of(binaries: &Path, place: &Place) -> Result<Self, Fault> {
        let text = said(&binaries.join("pg_controldata"), &[&place.data().display().to_string()])?;
        let value = |label: &str| {
            let found = text
                .lines()
                .find_map(|line| line.strip_prefix(label)?.strip_prefix(':'));
            let none = || refused(format!("pg_controldata does not tell the {label}"));
            found.map(|value| value.trim().to_owned()).ok_or_else(none)
        };
        let least = [
            ("max_connections", "max_connections setting"),
            ("max_worker_processes", "max_worker_processes setting"),
            ("max_wal_senders", "max_wal_senders setting"),
            ("max_prepared_transactions", "max_prepared_xacts setting"),
            ("max_locks_per_transaction", "max_locks_per_xact setting"),
        ];
        let least: Result<Vec<_>, Fault> = least
            .into_iter()
            .map(|(name, label)| Ok((name, value(label)?)))
            .collect();
        let segment = value("Bytes per WAL segment")?;
        let size = segment.parse().ok().filter(|size| (1 << 20..=1 << 30).contains(size));
        let strange = || refused(format!("{segment} bytes are no size of a file of the log"));
        Ok(Self {
            system: value("Database system identifier")?,
            segment: size.ok_or_else(strange)?,
            least: least?,
        })
    }
}

/// Writes what the server is told. Nothing of the live server's own settings is used: they may lie elsewhere, name its port
/// and what it archives with, and load programs that do something.
///
/// # Errors
/// Where it cannot be written.
pub fn configure(place: &Place, control: &Control) -> Result<(), Fault> {
    let dir = place.dir().display().to_string();
    let least: String = control
        .least
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect();
    let id = place.id();
    let text = format!(
        "listen_addresses = ''\nport = {PORT}\nunix_socket_directories = '..'\nunix_socket_permissions = 0700\n\
         hba_file = '{dir}/hba.conf'\nident_file = '{dir}/ident.conf'\ncluster_name = '{id:.60}'\n\
         ssl = off\nlogging_collector = off\nlog_destination = stderr\nlog_line_prefix = '%m [%p] '\nlc_messages = 'C'\n\
         log_statement = none\nshared_buffers = 32MB\nfsync = off\nfull_page_writes = off\nautovacuum = off\njit = off\n\
         archive_mode = off\narchive_command = ''\narchive_cleanup_command = ''\nrecovery_end_command = ''\n\
         primary_conninfo = ''\nprimary_slot_name = ''\nwal_retrieve_retry_interval = 500ms\n\
         max_logical_replication_workers = 0\nshared_preload_libraries = ''\nsession_preload_libraries = ''\n\
         hot_standby = on\nhot_standby_feedback = off\nmax_standby_archive_delay = -1\n\
         default_transaction_read_only = on\n{least}"
    );
    let auto = place.data().join("postgresql.auto.conf");
    let restored = fs::read_to_string(&auto).map_err(|error| refused(format!("{}: {error}", auto.display())))?;
    let files = [
        (place.at("postgresql.conf"), text),
        // The directory is closed: whoever is here is the database's own user.
        (place.at("hba.conf"), "local all all trust\n".into()),
        (place.at("ident.conf"), String::new()),
        (auto, recovery(&restored, &scan::command(place))?),
    ];
    for (path, text) in files {
        fs::write(&path, text).map_err(|error| refused(format!("{}: {error}", path.display())))?;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, private).map_err(|error| refused(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

/// What pgBackRest wrote of the recovery and nothing else, with a look into each file of the log before it is replayed.
fn recovery(restored: &str, look: &str) -> Result<String, Fault> {
    let is = |line: &str, name: &str| line.split(['=', ' ']).next() == Some(name);
    let lines = restored.lines().map(str::trim);
    let command = lines.clone().rfind(|line| is(line, "restore_command"));
    let command = command.and_then(|line| line.trim_end().strip_suffix('\''));
    let command = command.ok_or_else(|| refused("pgBackRest wrote no restore_command"))?;
    let line = if command.contains(look) {
        format!("{command}'\n")
    } else {
        format!("{command} && {look}'\n")
    };
    let target = lines.filter(|line| line.starts_with("recovery_target"));
    Ok(target.map(|target| format!("{target}\n")).collect::<String>() + &line)
}

/// Starts it, where it does not run. Nobody waits here: it may have much to replay.
///
/// # Errors
/// Where it could not be started.
pub fn start(binaries: &Path, place: &Place) -> Result<(), Fault> {
    if pid(place).is_some() {
        return Ok(());
    }
    drop(fs::remove_file(place.log()));
    let options = format!("-c config_file={}", place.at("postgresql.conf").display());
    let (data, log) = (place.data().display().to_string(), place.log().display().to_string());
    let words = ["-s", "-W", "-D", &data, "-l", &log, "-o", &options, "start"];
    said(&binaries.join("pg_ctl"), &words)?;
    // Its process is known a moment later, or has ended by then.
    let until = Instant::now() + START;
    while pid(place).is_none() && Instant::now() < until {
        let log = fs::read_to_string(place.log()).unwrap_or_default();
        if log.contains("FATAL: ") {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Ends it, where it runs.
///
/// # Errors
/// Where it does not end.
pub fn stop(binaries: &Path, place: &Place) -> Result<(), Fault> {
    let until = Instant::now() + STOP;
    while pid(place).is_some() {
        let data = place.data().display().to_string();
        let ended = said(
            &binaries.join("pg_ctl"),
            &["-s", "-w", "-m", "immediate", "-D", &data, "stop"],
        );
        if let Err(fault) = ended
            && Instant::now() >= until
        {
            return Err(fault);
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Its process, where it runs.
pub fn pid(place: &Place) -> Option<u32> {
    let file = fs::read_to_string(place.data().join("postmaster.pid")).ok()?;
    let pid = file.lines().next()?.trim().parse().ok()?;
    holders::serves(pid, &place.data()).then_some(pid)
}

/// What it says of itself.
#[derive(Deserialize)]
pub struct Said {
    /// Its superuser.
    pub user: Text,
    /// Its version.
    pub version: Text,
    /// Its system identifier.
    pub system: String,
    /// Its timeline.
    pub timeline: i64,
    /// Whether it is in recovery.
    pub recovery: bool,
    /// Whether it replays nothing any more.
    pub paused: bool,
    /// Up to where it replayed.
    pub reached: Option<Lsn>,
    /// The last commit that it replayed.
    pub commit: Option<Timestamp>,
    /// What the process waits for that replays.
    pub waits: Option<String>,
    /// Tables that nobody can read, because a change that was under way holds them.
    pub locked: u64,
}

/// Asks it.
///
/// # Errors
/// Where it does not answer.
pub fn ask(copy: &Beside, place: &Place) -> Result<Said, Fault> {
    let major = fs::read_to_string(place.data().join("PG_VERSION")).unwrap_or_default();
    let paused = match major.trim() {
        "13" => "pg_is_wal_replay_paused()",
        _ => "pg_get_wal_replay_pause_state() = 'paused'",
    };
    let sql = format!(
        "select json_build_object('user', (select rolname from pg_authid where oid = 10), \
         'version', current_setting('server_version'), \
         'system', (select system_identifier::text from pg_control_system()), \
         'timeline', (select timeline_id from pg_control_checkpoint()), 'recovery', pg_is_in_recovery(), \
         'paused', case when pg_is_in_recovery() then {paused} else false end, \
         'reached', coalesce(pg_last_wal_replay_lsn(), '0/0'), \
         'commit', to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
         'waits', (select wait_event from pg_stat_activity where backend_type = 'startup' limit 1), \
         'locked', (select count(*) from pg_locks l join pg_stat_activity a using (pid) where a.backend_type = 'startup' \
           and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted))"
    );
    let text = tell(copy, place, &sql)?;
    serde_json::from_str(&text).map_err(|error| refused(format!("the copy's answer makes no sense: {error}")))
}

/// Sends it a statement; what it answers.
///
/// # Errors
/// Where it does not take it.
pub fn tell(copy: &Beside, place: &Place, sql: &str) -> Result<String, Fault> {
    let port = PORT.to_string();
    let own = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    let own = own.map(|user| user.name);
    // Who the first superuser is, is not known before somebody was let in.
    let known = copy.server.as_ref().map(|server| server.user.raw().to_owned());
    let mut last = refused("there is nobody to ask it as");
    let users = [known, Some("postgres".to_owned()), own].into_iter().flatten();
    let mut tried = Vec::new();
    for user in users {
        if tried.contains(&user) {
            continue;
        }
        let words = [
            "-h",
            Place::HERE,
            "-p",
            &port,
            "-U",
            &user,
            "-d",
            "template1",
            "-XAtqc",
            sql,
        ];
        match output(command(copy.binaries.join("psql")).current_dir(place.dir()).args(words)) {
            Ok(text) => return Ok(text.trim().to_owned()),
            Err(fault) => last = fault,
        }
        tried.push(user);
    }
    Err(last)
}

/// What a program says that must end well.
fn said(program: &Path, words: &[&str]) -> Result<String, Fault> {
    output(command(program).args(words))
}

fn output(command: &mut Command) -> Result<String, Fault> {
    // Where a catalog is locked nobody waits for ever.
    command.env("PGOPTIONS", "-c statement_timeout=5s -c lock_timeout=2s");
    let output = command.env("PGCONNECT_TIMEOUT", "5").output();
    let program = command.get_program().to_string_lossy().into_owned();
    let output =
        output.map_err(|error| refused(format!("{program}: {error}")).hint("see `binaries` in [instances.backups]"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let complaint = told(&String::from_utf8_lossy(&output.stderr));
    Err(refused(format!("{program}: {}: {complaint}", output.status)))
}

#[cfg(test)]
mod tests {
    use super::recovery;

    // B6
    #[test]
    fn of_the_settings_of_the_live_server_nothing_is_left() {
        let restored = "port = '15401'\narchive_command = 'cp %p /live'\nrestore_command = 'old'\n\
                        # Recovery settings generated by pgBackRest\nrestore_command = 'pgbackrest archive-get %f \"%p\"'\n\
                        recovery_target_time = '2026-11-26 03:00:00+00'\nrecovery_target_action = 'pause'\n";
        let kept = recovery(restored, "look %f").unwrap();
        assert_eq!(
            kept,
            "recovery_target_time = '2026-11-26 03:00:00+00'\nrecovery_target_action = 'pause'\n\
             restore_command = 'pgbackrest archive-get %f \"%p\" && look %f'\n"
        );
        assert_eq!(recovery(&kept, "look %f").unwrap(), kept, "again it is the same");
        assert!(recovery("port = 1\n", "look").is_err());
    }
}
