//! A way to the server of a copy: what comes in goes to its socket, and what it says goes out.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    thread,
};

use serde_json::json;

use super::{place::Place, record, trouble::refused};
use crate::model::Fault;

/// Says in one line who may log in there, and then carries what is said there and here, until one side ends.
///
/// # Errors
/// Where there is no such copy, or its server is not to be reached.
pub fn connect(place: &Place) -> Result<(), Fault> {
    let copy = record::read(place)?.ok_or_else(|| refused(format!("there is no copy {}", place.id())))?;
    let server = copy.server.ok_or_else(|| {
        let why = copy.why.map_or_else(String::new, |why| format!(": {why}"));
        refused(format!("copy {} is {}{why}", place.id(), copy.stage.word()))
    })?;
    let socket = std::env::set_current_dir(place.dir())
        .and_then(|()| UnixStream::connect(Place::socket()))
        .map_err(|error| refused(format!("the server of copy {} is not reached: {error}", place.id())))?;
    let told = |error: io::Error| refused(error.to_string());
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json!({ "user": server.user })).map_err(told)?;
    out.flush().map_err(told)?;
    let other = socket.try_clone().map_err(told)?;
    // It ends with the process.
    thread::spawn(move || {
        drop(carry(&mut io::stdin().lock(), &mut &other));
        drop(other.shutdown(Shutdown::Write));
    });
    carry(&mut &socket, &mut out).map_err(told)
}

fn carry(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(&buffer[..read])?;
        to.flush()?;
    }
}
