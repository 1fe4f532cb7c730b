//! A secrets server on loopback whose answers a test decides.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use tenantry::{
    config::{Auth, VaultSettings},
    provider::vault::Vault,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

/// What to answer: a status, further header lines, a body. None: nothing, for ever.
pub type Answer = Option<(u16, String, String)>;

/// An answer without further headers.
#[expect(clippy::unnecessary_wraps, reason = "as the servers want it")]
pub fn says(status: u16, body: &str) -> Answer {
    Some((status, String::new(), body.to_owned()))
}

/// The server. Ends with the test.
pub struct Fake {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    secret: PathBuf,
    task: JoinHandle<()>,
}

impl Fake {
    /// Starts one on a free port.
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone(), answer.clone()));
            }
        });
        let name = format!("tenantry-vault-{}-{port}", std::process::id());
        let secret = std::env::temp_dir().join(name);
        write_secret(&secret, "canary-of-the-file");
        Self {
            port,
            asked,
            secret,
            task,
        }
    }

    /// Logs in with user name and password.
    pub fn door(&self) -> Vault {
        Vault::new(self.settings(Auth::Userpass {
            mount: "userpass".into(),
            username: "ada".into(),
            password_file: self.secret.clone(),
        }))
        .unwrap()
    }

    /// Holds the token of a file.
    pub fn with_file(&self) -> Vault {
        let path = self.secret.clone();
        Vault::new(self.settings(Auth::TokenFile { path })).unwrap()
    }

    /// Holds the token of a file, to carry out a run.
    pub fn for_a_run(&self) -> Vault {
        let path = self.secret.clone();
        Vault::for_a_run(self.settings(Auth::TokenFile { path })).unwrap()
    }

    pub fn settings(&self, auth: Auth) -> VaultSettings {
        VaultSettings {
            address: format!("http://127.0.0.1:{}", self.port),
            ca: None,
            namespace: Some("team".into()),
            mount: "database".into(),
            auth,
            operate: None,
        }
    }

    /// Puts another secret into the file.
    pub fn change(&self, secret: &str) {
        write_secret(&self.secret, secret);
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often this path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|asked| asked.path == path).count()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.secret);
    }
}

fn write_secret(path: &PathBuf, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, secret).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

async fn serve(
    mut stream: TcpStream,
    seen: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<impl Fn(&Asked) -> Answer + Send + Sync + 'static>,
) {
    while let Some(asked) = read(&mut stream).await {
        seen.lock().unwrap().push(asked.clone());
        let Some((status, headers, body)) = answer(&asked) else {
            std::future::pending::<()>().await;
            return;
        };
        let length = body.len();
        let text = format!("HTTP/1.1 {status} Told\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut text = Vec::new();
    let end = loop {
        if let Some(at) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(n) if n > 0 => text.extend_from_slice(&more[..n]),
            _ => return None,
        }
    };
    let head = String::from_utf8(text[..end].to_vec()).unwrap();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    while text.len() < end + length {
        let mut more = [0; 4096];
        let n = stream.read(&mut more).await.ok().filter(|n| *n > 0)?;
        text.extend_from_slice(&more[..n]);
    }
    let mut first = head.lines().next().unwrap().split(' ').map(str::to_owned);
    Some(Asked {
        method: first.next().unwrap(),
        path: first.next().unwrap(),
        body: String::from_utf8(text[end..end + length].to_vec()).unwrap(),
        head,
    })
}
