//! A program in a pseudo-terminal, and what it has drawn there.

use std::{
    io::{Read, Write},
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a condition may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(5);
/// Before a pid, on the first line of a terminal over ssh.
const REMOTE: &str = "this is pid ";

/// The terminal; its program is killed when it goes.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<(vt100::Parser, Vec<u8>)>>,
}

#[allow(dead_code, reason = "not every test program uses all of it")]
impl Terminal {
    /// Starts a program in a terminal of this size.
    pub fn start(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(size(cols, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let some = |n| NonZero::new(n).unwrap();
        let parser = vt100::Parser::new(some(rows), some(cols), 0);
        let seen = Arc::new(Mutex::new((parser, Vec::new())));
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut seen = shared.lock().unwrap();
                seen.0.process(&bytes[..count]);
                seen.1.extend_from_slice(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self {
            master: pair.master,
            keys,
            child,
            seen,
        }
    }

    /// Starts `tenantry` over ssh in a terminal of this size, as a login to the lab in this directory finds it.
    pub fn over_ssh(lab: &Path, variables: &[(&str, &str)], args: &[&str], size: (u16, u16)) -> Self {
        let variables = variables.iter().map(|(name, value)| format!("{name}={value}"));
        let words = variables
            .chain(["tenantry".into()])
            .chain(args.iter().map(|arg| (*arg).into()));
        let words: Vec<String> = words.map(|word: String| word.replace('\'', r"'\''")).collect();
        let mut command = CommandBuilder::new("ssh");
        command.arg("-F");
        command.arg(lab.join("ssh/ssh_config"));
        command.args(["-tt", "lab"]);
        // The shell becomes the program, and so tells the program's pid.
        command.arg(format!("echo {REMOTE}$$; exec env '{}'", words.join("' '")));
        command.env_remove("COLORTERM");
        command.env_remove("LC_ALL");
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        Self::start(command, size)
    }

    /// The process at the other end of [`Terminal::over_ssh`]; [`Terminal::pid`] is that of the ssh client.
    #[track_caller]
    pub fn remote(&self) -> Pid {
        let start = Instant::now();
        loop {
            let bytes = self.bytes();
            let told = bytes
                .split_once(REMOTE)
                .and_then(|(_, rest)| rest.split_once('\r')?.0.parse().ok());
            if let Some(pid) = told {
                return Pid::from_raw(pid);
            }
            assert!(start.elapsed() < PATIENCE, "no pid from the other end: {bytes:?}");
            thread::sleep(LOOK);
        }
    }

    pub fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Tells the program that its terminal has another size now. What it draws is read as if it had the old one.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.master.resize(size(cols, rows)).unwrap();
    }

    pub fn screen<T>(&self, look: impl Fn(&vt100::Screen) -> T) -> T {
        look(self.seen.lock().unwrap().0.screen())
    }

    /// Everything that was ever written.
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().1).into_owned()
    }

    /// Waits for a condition; says how long it took.
    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> Duration {
        let start = Instant::now();
        while !self.screen(&holds) {
            let screen = self.screen(vt100::Screen::contents);
            assert!(start.elapsed() < PATIENCE, "{what} never came:\n{screen}");
            thread::sleep(LOOK);
        }
        start.elapsed()
    }

    #[track_caller]
    pub fn sees(&self, words: &str) -> Duration {
        self.until(words, |screen| screen.contents().contains(words))
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.process_id().unwrap()).unwrap())
    }

    /// Nothing of what was turned on is left on.
    #[track_caller]
    pub fn whole(&self) {
        self.until("a whole terminal", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let bytes = self.bytes();
        let count = |sequence: &str| bytes.matches(sequence).count();
        assert_eq!(count("\u{1b}[>1u"), count("\u{1b}[<1u"), "keyboard flags");
        assert_eq!(count("\u{1b}[22;2t"), count("\u{1b}[23;2t"), "titles");
        if let Some(termios) = self.master.get_termios() {
            let flags = format!("{:?}", termios.local_flags);
            assert!(flags.contains("ICANON"), "raw mode is left on");
        }
    }

    #[track_caller]
    pub fn ends(&mut self) {
        let end = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "it does not end");
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}
