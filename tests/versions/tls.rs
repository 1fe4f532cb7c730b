//! TLS on a real server: who cannot be verified is not spoken to, and nobody falls back to plain text.

use std::path::Path;

use secrecy::SecretString;
use tenantry::{
    model::{Fault, FaultKind, Server, TlsMode},
    provider::{
        self,
        postgres::{Login, Manner, Session},
    },
};

use crate::cluster::{Cluster, programs};

/// An authority, and a certificate of its making for `localhost` alone.
fn certificates(cluster: &Cluster, prefix: &str) {
    let openssl = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let out = cluster.lent(Path::new("openssl"), &words);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    openssl(&format!(
        "req -x509 {key} -subj /CN={prefix}-authority -keyout {prefix}-ca.key -out {prefix}-ca.pem"
    ));
    openssl(&format!(
        "req -x509 {key} -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext \
         basicConstraints=critical,CA:FALSE -CA {prefix}-ca.pem -CAkey {prefix}-ca.key -keyout {prefix}.key -out \
         {prefix}.pem"
    ));
}

fn speaking_tls(cluster: &Cluster) -> String {
    certificates(cluster, "right");
    certificates(cluster, "wrong");
    let file = |name: &str| cluster.home().join(name).display().to_string();
    format!(
        "-c ssl=on -c ssl_cert_file={} -c ssl_key_file={}",
        file("right.pem"),
        file("right.key")
    )
}

async fn open(cluster: &Cluster, host: &str, authority: &str) -> Result<Session, Fault> {
    let server = Server {
        host: host.into(),
        tls: TlsMode::VerifyFull,
        ca: Some(cluster.home().join(authority)),
        ..cluster.server()
    };
    let login = Login {
        user: "postgres".into(),
        password: SecretString::from(""),
    };
    Session::open(&server, "postgres", &login, Manner::Plain).await
}

fn refused(outcome: Result<Session, Fault>, why: &str) {
    let fault = outcome.err().unwrap_or_else(|| panic!("accepted, although {why}"));
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    assert!(fault.to_string().contains(why), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_name_under_the_right_authority_is_spoken_to() {
    provider::choose_tls();
    let programs = programs().into_iter().next().expect("a PostgreSQL");
    let cluster = Cluster::prepared(&programs, speaking_tls);
    let session = open(&cluster, "localhost", "right-ca.pem").await.expect("verified");
    let encrypted = session
        .column::<String>(
            "select ssl || version from pg_stat_ssl where pid = pg_backend_pid()",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(encrypted, ["trueTLSv1.3"]);
    refused(open(&cluster, "localhost", "wrong-ca.pem").await, "certificate");
    refused(open(&cluster, "127.0.0.1", "right-ca.pem").await, "certificate");
    let plain = Cluster::start(&programs);
    std::fs::copy(cluster.home().join("right-ca.pem"), plain.home().join("right-ca.pem")).unwrap();
    refused(open(&plain, "localhost", "right-ca.pem").await, "TLS");
}
