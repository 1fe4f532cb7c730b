//! Whose port it is: a port that is taken is refused by name, with the process that holds it.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use crate::model::{Fault, FaultKind};

/// Refuses a port that somebody listens on. `what` would have used it.
pub fn free(port: u16, what: &str) -> Result<(), Fault> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let holder = holder(port).map_or_else(|| error.to_string(), |holder| format!("taken by {holder}"));
            let fault = Fault::new(FaultKind::Refused, format!("port {port} ({what}) is {holder}"));
            Err(fault.hint("tenantry lab up --port-base N puts this lab elsewhere"))
        }
    }
}

/// Whether somebody listens on a port. Nobody is called for that, nor kept from listening.
pub fn served(port: u16) -> bool {
    !sockets(port).is_empty()
}

/// `pid 123 (command line)`, where the process can be seen.
fn holder(port: u16) -> Option<String> {
    let sockets = sockets(port);
    let pids = fs::read_dir("/proc").ok()?.flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| holds(*pid, &sockets))
        .map(|pid| format!("pid {pid} ({})", command_line(pid)))
}

/// The sockets that listen on a port, as the proc file system names them.
fn sockets(port: u16) -> Vec<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect()
}

/// The inodes of sockets in state LISTEN (0A) at this local port, from a table of the proc file system.
fn listening(table: &str, port: u16) -> Vec<String> {
    let port = format!(":{port:04X}");
    let inode = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let ours = fields.get(1)?.ends_with(&port) && *fields.get(3)? == "0A";
        ours.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

fn holds(pid: u32, sockets: &[String]) -> bool {
    let open = |path: &Path| fs::read_link(path).is_ok_and(|to| sockets.iter().any(|s| to.as_os_str() == s.as_str()));
    fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|mut fds| fds.any(|fd| fd.is_ok_and(|fd| open(&fd.path()))))
}

fn command_line(pid: u32) -> String {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&raw).replace('\0', " ");
    words.trim().chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::{free, served};

    #[test]
    fn a_taken_port_is_refused_with_the_name_of_its_holder() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = held.local_addr().unwrap().port();
        let fault = free(port, "atlas-a").unwrap_err().to_string();
        let pid = std::process::id();
        assert!(
            fault.starts_with(&format!("port {port} (atlas-a) is taken by pid {pid} (")),
            "{fault}"
        );
        assert!(served(port));
        drop(held);
        assert!(!served(port));
        assert!(free(port, "atlas-a").is_ok());
    }
}
