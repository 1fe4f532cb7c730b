//! What the door makes of an answer, and of each way not to get one.

use std::time::Duration;

use tenantry::{
    model::{BackupKind, Bytes, Fault, FaultKind, Stanza},
    provider::backups::Repositories,
};

use crate::{WITHIN, settings, shell, told};

#[tokio::test]
async fn a_stanza_is_read_with_all_that_it_holds() {
    let stanza = told("healthy").await.unwrap();
    assert_eq!((stanza.status.code, stanza.status.message.raw()), (0, "ok"));
    assert!(!stanza.busy);
    let cluster = &stanza.clusters[0];
    assert_eq!(
        (cluster.system.raw(), cluster.version.raw()),
        ("7712505840900333366", "15")
    );
    let archive = &stanza.archives[0];
    let files = [&archive.first, &archive.last].map(|file| file.as_ref().unwrap().raw());
    assert_eq!(files, ["000000010000000000000001", "000000010000000000000008"]);
    let kinds: Vec<BackupKind> = stanza.backups.iter().map(|backup| backup.kind).collect();
    assert_eq!(
        kinds,
        [BackupKind::Full, BackupKind::Incr, BackupKind::Diff, BackupKind::Incr]
    );
    let full = &stanza.backups[0];
    assert_eq!(full.label.raw(), "20261126-154140F");
    assert_eq!(full.ended.to_string(), "2026-11-26T15:41:43Z");
    assert_eq!((full.size, full.kept), (Bytes(22_992_596), Some(Bytes(2_823_171))));
    assert_eq!(full.notes["why"].raw(), "nightly");
    assert_eq!((full.damaged, &full.base), (Some(false), &None));
    let last = &stanza.backups[3];
    assert_eq!(last.base.as_ref().unwrap().raw(), "20261126-154140F_20261126-154145D");
    assert_eq!(last.span.unwrap().1.to_string(), "0/8000100");
    assert_eq!(last.log.as_ref().unwrap().1.raw(), "000000010000000000000008");
}

#[tokio::test]
async fn a_backup_under_way_and_a_stanza_without_backups_are_no_faults() {
    assert!(told("running").await.unwrap().busy);
    let empty = told("empty-stanza").await.unwrap();
    assert_eq!(empty.status.code, Stanza::NO_BACKUPS);
    assert!(empty.backups.is_empty() && empty.archives[0].last.is_none());
}

#[tokio::test]
async fn every_cluster_of_a_stanza_is_told_and_so_are_damaged_pages() {
    let two = told("two-databases").await.unwrap();
    let owners: Vec<u64> = two.backups.iter().map(|backup| backup.cluster).collect();
    assert_eq!((two.clusters.len(), owners), (2, vec![1, 2]));
    let error = told("error").await.unwrap();
    assert_eq!(error.backups[1].damaged, Some(true));
}

/// Version 2.30 knew one repository, which had no number, no positions of the log and no checksums to be wrong.
#[tokio::test]
async fn what_the_first_version_said_is_read_and_what_later_ones_will_say_is_left_aside() {
    let stanza = shell(
        r#"echo '[{"archive":[{"database":{"id":1},"id":"12-1","max":null,"min":null}],"backup":[{"archive":{"start":null,
        "stop":null},"backrest":{"format":5,"version":"2.30"},"database":{"id":1},"info":{"delta":2,"repository":{"delta":1,
        "size":1},"size":2},"label":"20210101-000000F","prior":null,"reference":null,"timestamp":{"start":1609459200,
        "stop":1609459260},"type":"full","moon":"full"}],"cipher":"none","db":[{"id":1,"system-id":77,"version":"12"}],
        "name":"atlas","status":{"code":0,"message":"ok"},"sun":true}]'"#,
    )
    .await
    .unwrap();
    assert_eq!((stanza.repositories[0].key, stanza.clusters[0].repository), (1, 1));
    let backup = &stanza.backups[0];
    assert_eq!((backup.repository, backup.damaged), (1, None));
    assert_eq!((&backup.span, &backup.log), (&None, &None));
}

#[track_caller]
fn fault(made: Result<Stanza, Fault>, kind: FaultKind, words: &str, hint: &str) {
    let fault = made.unwrap_err();
    let told = (fault.kind, fault.what.to_string(), fault.hint.unwrap_or_default());
    assert!(
        told.0 == kind && told.1.contains(words) && told.2.contains(hint),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_stanza_or_a_repository_that_is_not_there_is_told_with_the_remedy() {
    let none = "the repository holds no stanza atlas";
    fault(told("missing-stanza").await, FaultKind::Refused, none, "stanza-create");
    fault(shell("echo '[]'").await, FaultKind::Refused, none, "stanza-create");
    let denied =
        "PathOpenError] unable to list file info for path '/srv/pgbackrest/repo/backup': [13] Permission denied";
    fault(told("denied").await, FaultKind::Denied, denied, "`reach`");
    fault(
        told("repo-unreadable").await,
        FaultKind::Denied,
        "backup.info",
        "`reach`",
    );
    fault(
        told("remote").await,
        FaultKind::Unreachable,
        "Connection refused",
        "without a password",
    );
    fault(told("repo-broken").await, FaultKind::Malformed, "rubbish", "by hand");
}

#[tokio::test]
async fn what_pgbackrest_refuses_is_told_in_its_words() {
    let says = |code: u8, words: &str| format!("echo 'WARN: x' >&2; printf '%s\\n' \"{words}\" >&2; exit {code}");
    let gone = "ERROR: [055]: unable to open missing file '/etc/none.conf' for read";
    fault(
        shell(&says(55, gone)).await,
        FaultKind::Refused,
        "pgBackRest: unable to open missing file",
        "`config` in [instances.backups]",
    );
    let ini = "ERROR: [029]: ini section should end with ] at line 1: [global";
    fault(
        shell(&says(29, ini)).await,
        FaultKind::Refused,
        "line 1",
        "/etc/pgbackrest/pgbackrest.conf",
    );
    let open = "ERROR: [041]: unable to open file '/etc/x': [13] Permission denied";
    fault(
        shell(&says(41, open)).await,
        FaultKind::Denied,
        "Permission denied",
        "the database's",
    );
    fault(shell("exit 7").await, FaultKind::Refused, "exit status: 7", "by hand");
    fault(
        shell("printf '\\033[2J' >&2; exit 7").await,
        FaultKind::Refused,
        "\\u{1b}[2J",
        "",
    );
}

#[tokio::test]
async fn a_way_that_leads_nowhere_is_told() {
    let ask = async |reach: &[&str]| Repositories::default().stanza(&settings(reach), WITHIN).await;
    let mut absent = settings(&[]);
    absent.program = "/none/pgbackrest".into();
    let made = Repositories::default().stanza(&absent, WITHIN).await;
    fault(
        made,
        FaultKind::Unsupported,
        "there is no program /none/pgbackrest",
        "install pgBackRest",
    );
    fault(
        ask(&["/none/ssh", "host"]).await,
        FaultKind::Unsupported,
        "/none/ssh",
        "`reach`",
    );
    fault(
        ask(&["/etc/passwd"]).await,
        FaultKind::Denied,
        "cannot be run: Permission denied",
        "`reach`",
    );
    let gone = "echo 'sh: 1: pgbackrest: not found' >&2; exit 127";
    fault(
        shell(gone).await,
        FaultKind::Unsupported,
        "not found",
        "whether pgbackrest is installed",
    );
    let unreached = "echo 'ssh: connect to host b port 22: Connection timed out' >&2; exit 255";
    fault(
        shell(unreached).await,
        FaultKind::Unreachable,
        "timed out",
        "without a password",
    );
    let made = Repositories::default()
        .stanza(&settings(&["/bin/sh", "-c", "sleep 60"]), Duration::from_millis(300))
        .await;
    fault(made, FaultKind::Timeout, "did not end in 300ms", "by hand");
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_by_what_was_met() {
    let wrong = FaultKind::Malformed;
    fault(
        shell("echo 'P00 INFO: hello'").await,
        wrong,
        "expected value at line 1",
        "2.30 or later",
    );
    let shape = r#"echo '[{"name":"atlas","status":{"code":"well","message":"ok"}}]'"#;
    fault(
        shell(shape).await,
        wrong,
        "invalid type: string \"well\", expected u64",
        "info --output=json",
    );
    let moment = |stop: &str, kind: &str, lsn: &str| {
        format!(
            r#"echo '[{{"name":"atlas","status":{{"code":0,"message":"ok"}},"backup":[{{"label":"b1","type":"{kind}",
            "timestamp":{{"start":0,"stop":{stop}}},"info":{{"size":1,"delta":1}},"database":{{"id":1}},
            "lsn":{{"start":"{lsn}","stop":"0/1"}}}}]}}]'"#
        )
    };
    fault(
        shell(&moment("99999999999999", "full", "0/1")).await,
        wrong,
        "is no time, in backup b1",
        "",
    );
    fault(
        shell(&moment("1", "copy", "0/1")).await,
        wrong,
        "unknown variant `copy`",
        "",
    );
    fault(
        shell(&moment("1", "full", "7")).await,
        wrong,
        "is no log position, in backup b1",
        "",
    );
}

/// Nothing that is sent could be read as anything else than it is, and nothing is written by asking.
#[tokio::test]
async fn what_is_sent_is_these_words() {
    let mut sent = settings(&["/bin/sh", "-c", "printf '<%s>' \"$0\" \"$@\" >&2; exit 1"]);
    sent.config = Some("/etc/my backups.conf".into());
    let fault = Repositories::default().stanza(&sent, WITHIN).await.unwrap_err();
    let expected = "<pgbackrest><--config=/etc/my backups.conf><--stanza=atlas><--output=json><--log-level-console=off>\
                    <--log-level-file=off><--log-level-stderr=warn><info>";
    assert_eq!(fault.what.raw(), format!("pgBackRest: {expected}"));
}
