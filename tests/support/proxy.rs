//! A line to a server that is cut at a word: before the server hears it, or before its answer comes back.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Where the line is cut, the first time that the word goes over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cut {
    /// The server never hears it.
    BeforeTheServer,
    /// The server hears it, and nothing that it says comes back.
    BeforeTheAnswer,
}

/// The line; it ends with the test program.
pub struct Proxy {
    pub port: u16,
    heard: Arc<AtomicUsize>,
    said: Arc<AtomicUsize>,
}

impl Proxy {
    /// Listens on a free port for a server on loopback.
    pub fn to(server: u16, word: &'static str, cut: Cut) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            heard: Arc::default(),
            said: Arc::default(),
        };
        let (heard, said) = (proxy.heard.clone(), proxy.said.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (heard, said) = (heard.clone(), said.clone());
                thread::spawn(move || carry(client, server, word, cut, (&heard, &said)));
            }
        });
        proxy
    }

    /// How often the word was said to the server, and how often the server heard it.
    pub fn counts(&self) -> (usize, usize) {
        (self.said.load(Ordering::SeqCst), self.heard.load(Ordering::SeqCst))
    }
}

fn carry(mut client: TcpStream, server: u16, word: &str, cut: Cut, (heard, said): (&AtomicUsize, &AtomicUsize)) {
    let Ok(mut upstream) = TcpStream::connect(("127.0.0.1", server)) else {
        return;
    };
    let (mut back, mut answers) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 8192];
    while let Ok(count @ 1..) = client.read(&mut bytes) {
        let spoken = bytes[..count]
            .windows(word.len())
            .any(|window| window == word.as_bytes());
        let first = spoken && said.fetch_add(1, Ordering::SeqCst) == 0;
        if first && cut == Cut::BeforeTheServer {
            break;
        }
        if first {
            // What the server says from now on is not carried back.
            let _ = client.shutdown(Shutdown::Both);
        }
        if upstream.write_all(&bytes[..count]).is_err() {
            break;
        }
        heard.fetch_add(usize::from(spoken), Ordering::SeqCst);
    }
    let _ = client.shutdown(Shutdown::Both);
    // The server ends what it was told before it sees that nobody listens.
    let _ = upstream.shutdown(Shutdown::Write);
}
