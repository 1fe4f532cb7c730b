//! The head of a journal, told to syslog: who may write the file may write another whole chain, but not what was said there.

use std::{os::unix::net::UnixDatagram, path::Path, process};

/// Where the system listens (syslog(3)).
const SOCKET: &str = "/dev/log";
/// Facility `authpriv`, severity `notice` (RFC 5424, section 6.2.1).
const PRIORITY: u8 = 10 * 8 + 5;

/// Tells it. Whether there is anybody who listens.
pub fn tell(id: &str, head: &str, words: &str) -> bool {
    tell_to(Path::new(SOCKET), id, head, words)
}

fn tell_to(socket: &Path, id: &str, head: &str, words: &str) -> bool {
    // One line, whatever is quoted in it.
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = format!("<{PRIORITY}>tenantry[{}]: run {id} head {head} {words}", process::id());
    let said = UnixDatagram::unbound().and_then(|door| {
        // Nobody waits for a log that is full.
        door.set_nonblocking(true)?;
        door.send_to(line.as_bytes(), socket)
    });
    said.is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use super::tell_to;

    #[test]
    fn one_line_is_said_where_somebody_listens() {
        let socket = std::env::temp_dir().join(format!("tenantry-anchor-{}", std::process::id()));
        assert!(!tell_to(&socket, "r", "ab", "begun"));
        let log = UnixDatagram::bind(&socket).unwrap();
        assert!(tell_to(&socket, "r", "ab", "begun\nby ada"));
        std::fs::remove_file(&socket).unwrap();
        let mut bytes = [0; 200];
        let count = log.recv(&mut bytes).unwrap();
        let line = String::from_utf8(bytes[..count].to_vec()).unwrap();
        assert!(
            line.starts_with("<85>tenantry[") && line.ends_with("]: run r head ab begun by ada"),
            "{line}"
        );
    }
}
