//! What can go wrong with a copy: its disk is full, its repository is gone, its log has a gap, nothing happens after its moment.
//! It fails with words that help or it is right, never anything between, and the live server goes on.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tenantry::model::Backups;

use super::{copies, json, restore, words};
use crate::ground::{Ground, PROGRAM};

const PATIENCE: Duration = Duration::from_mins(2);
/// A disk that has room for a copy of the lab's instances.
const ROOM: &str = "400m";
const TOO_SMALL: &str = "16m";

/// A fleet file that is the lab's, with a directory for copies of its own and with a pgBackRest that something happens to.
struct Aside<'a> {
    ground: &'a Ground,
    dir: PathBuf,
    mounted: bool,
    /// What was moved away: from where.
    hidden: Option<PathBuf>,
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.unhide();
        self.drop_all();
        if self.mounted {
            assert!(done("umount", &[self.scratch().to_str().unwrap()]));
        }
        fs::remove_dir_all(&self.dir).unwrap();
        let away = "drop table if exists public.trouble";
        self.ground.execute("acme-a", "postgres", away);
    }
}

fn done(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl<'a> Aside<'a> {
    fn new(ground: &'a Ground) -> Self {
        let aside = Self {
            ground,
            dir: ground.dir().join("backups/troubles"),
            mounted: false,
            hidden: None,
        };
        // Of a test that was killed.
        if aside.dir.exists() {
            done("umount", &[aside.scratch().to_str().unwrap()]);
            fs::remove_dir_all(&aside.dir).unwrap();
        }
        let owner = fs::metadata(ground.dir().join("backups/repo")).unwrap();
        for dir in [aside.dir.clone(), aside.scratch()] {
            use std::os::unix::fs::MetadataExt;
            fs::create_dir(&dir).unwrap();
            chown(&dir, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let kept = aside.lab();
        let text = fs::read_to_string(ground.fleet()).unwrap();
        let instead = |text: String, from: &Path, to: &Path| {
            let value = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
            let new = text.replace(&value(from), &value(to));
            assert_ne!(new, text, "the lab's fleet file says this otherwise");
            new
        };
        let text = instead(text, kept.scratch.as_ref().unwrap(), &aside.scratch());
        let text = instead(text, kept.program.as_ref(), &aside.program());
        fs::write(aside.fleet(), text).unwrap();
        aside.happens("never", "true");
        aside
    }

    fn lab(&self) -> Backups {
        let fleet = self.ground.settings().fleet;
        fleet.instance("acme").unwrap().backups.clone().unwrap()
    }

    fn scratch(&self) -> PathBuf {
        self.dir.join("scratch")
    }

    fn fleet(&self) -> PathBuf {
        self.dir.join("fleet.toml")
    }

    fn program(&self) -> PathBuf {
        self.dir.join("pgbackrest")
    }

    fn filler(&self) -> PathBuf {
        self.scratch().join("filler")
    }

    /// Before pgBackRest does this, that happens. It calls itself by this name where it is to be called again.
    fn happens(&self, when: &str, what: &str) {
        let text = format!(
            "#!/bin/bash\n[[ \" $* \" == *' restore '* ]] && set -- --job-retry=0 \"$@\"\ncase \" $* \" in *\" {when} \"*) {what} ;; esac\nexec -a \"$0\" {} \"$@\"\n",
            self.lab().program
        );
        let new = self.dir.join("new");
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, self.program()).unwrap();
    }

    /// Copies are made on a disk of this size, where one can be had.
    fn disk(&mut self, size: &str) -> bool {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(&self.dir).unwrap();
        let (again, path) = (self.mounted, self.scratch());
        let remount = if again { "remount," } else { "" };
        let options = format!("{remount}size={size},mode=700,uid={},gid={}", owner.uid(), owner.gid());
        let made = done(
            "mount",
            &["-t", "tmpfs", "-o", &options, "tmpfs", path.to_str().unwrap()],
        );
        self.mounted |= made;
        made
    }

    fn hide(&mut self, path: PathBuf) {
        fs::rename(&path, self.dir.join("hidden")).unwrap();
        self.hidden = Some(path);
    }

    fn unhide(&mut self) {
        // Where it is not there nothing has happened yet.
        if let Some(path) = self.hidden.take()
            && !path.exists()
        {
            fs::rename(self.dir.join("hidden"), path).unwrap();
        }
    }

    fn drop_all(&self) {
        let backups = Backups {
            tenantry: Some(PROGRAM.into()),
            scratch: Some(self.scratch()),
            ..self.lab()
        };
        for entry in fs::read_dir(self.scratch()).unwrap().flatten() {
            let id = format!("--id={}", entry.file_name().display());
            let words = backups.beside(&["drop", &id]).unwrap();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            done(words[0], &words[1..]);
        }
    }

    fn output(&self, line: &str) -> Output {
        let words = words(line);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.ground.command(&words);
        let began = Instant::now();
        let output = command.env("TENANTRY_FLEET", self.fleet()).output().unwrap();
        println!("{:>6.1} s  {line}", began.elapsed().as_secs_f64());
        output
    }

    fn json(&self, line: &str) -> Json {
        let output = self.output(line);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}: {output:?}"))
    }

    /// It ends with this code and says all of this, and nothing is left that is not listed.
    #[track_caller]
    fn ends(&self, line: &str, code: i32, said: &[&str]) {
        let output = self.output(line);
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        println!("{text}");
        assert_eq!(output.status.code(), Some(code), "{line}: {text}");
        for words in said {
            assert!(text.contains(words), "{words}: {line}: {text}");
        }
        self.whole();
    }

    /// Nothing is left that is not listed, and the live server takes what is written and archives it.
    #[track_caller]
    fn whole(&self) {
        let entries = fs::read_dir(self.scratch()).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().display().to_string());
        let mut left: Vec<String> = names.filter(|name| name != "filler").collect();
        left.sort();
        assert_eq!(left, self.listed());
        self.write();
    }

    fn listed(&self) -> Vec<String> {
        let all = self.json("show copies --json");
        let rows = all["rows"].as_array().unwrap().iter();
        rows.map(|row| row["target"]["path"][1].as_str().unwrap().to_owned())
            .collect()
    }

    fn write(&self) {
        let sql = "create table if not exists public.trouble (n int); insert into public.trouble values (1)";
        self.ground.execute("acme-a", "postgres", sql);
    }

    /// Writes something, and where the file of the log with it is once it is archived.
    fn archived(&self) -> PathBuf {
        self.write();
        let sql = |text: &str| self.ground.sql("acme-a", "postgres", text).remove(0);
        let file = sql("select pg_walfile_name(pg_switch_wal())");
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(path) = find(&self.ground.dir().join("backups/repo/archive/acme"), &file) {
                return path;
            }
            assert!(Instant::now() < end, "{file} is not archived");
            sleep(Duration::from_millis(100));
        }
    }
}

/// A file of the log in a repository.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?.flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.find_map(|path| {
        let is = |path: &Path| {
            path.file_name().unwrap().to_str().unwrap().starts_with(name)
                && path.extension().is_none_or(|ext| ext != "tmp")
        };
        if path.is_dir() {
            find(&path, name)
        } else {
            is(&path).then_some(path)
        }
    })
}

fn beside(moment: &str) -> String {
    format!("run beside acme --set moment={moment} --write T-1 --confirm y")
}

pub fn full(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let mut aside = Aside::new(ground);
    if !aside.disk(TOO_SMALL) {
        println!("nothing can be mounted here: no disk is full");
        return;
    }
    let scratch = aside.scratch().display().to_string();
    aside.ends(
        "plan beside acme --set moment=latest",
        2,
        &["there is no room for a copy of acme"],
    );
    let remedy = "remove copies that nobody needs";
    assert!(aside.disk(ROOM));
    let now = copies::now(ground).to_string();
    for (when, left, moment) in [
        ("restore", 8 << 20, now.as_str()),
        ("archive-get", 0, now.as_str()),
        ("archive-get", 0, "latest"),
    ] {
        let fill = format!(
            "test -e {0} || head -c $(( $(df --output=avail -B1 {1} | tail -1) - {left} )) /dev/zero > {0}",
            aside.filler().display(),
            scratch
        );
        aside.happens(when, &fill);
        aside.ends(
            &beside(moment),
            1,
            &[&format!("{scratch} is full"), remedy, "taken back: yes"],
        );
        assert_eq!(aside.listed(), [""; 0], "it is removed from a full disk too");
        fs::remove_file(aside.filler()).unwrap();
    }
    // So full that not even what says that it is ours can be written.
    aside.happens("never", "true");
    assert!(aside.disk(&format!("{ROOM},nr_inodes=2")));
    aside.ends(&beside(&now), 1, &[&format!("{scratch} is full"), remedy]);
}

pub fn gone(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let mut aside = Aside::new(ground);
    let moment = copies::now(ground).to_string();
    let plan = aside.json(&format!("plan beside acme --set moment={moment} --json"));
    let digest = plan["digest"].as_str().unwrap();
    let repository = ground.dir().join("backups/repo");
    // Between the plan and the run.
    aside.hide(repository.clone());
    aside.ends(
        &format!("{} --digest {digest}", beside(&moment)),
        2,
        &["the repository holds no stanza acme"],
    );
    aside.unhide();
    // Between the run and what it does.
    let hidden = aside.dir.join("hidden");
    aside.happens("restore", &format!("mv {} {}", repository.display(), hidden.display()));
    aside.hidden = Some(repository);
    let said = ["the repository cannot be read", "see whether it is where it was"];
    aside.ends(&beside(&moment), 1, &said);
}

pub fn gap(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let mut aside = Aside::new(ground);
    aside.write();
    let before = copies::now(ground).to_string();
    aside.archived();
    let missing = aside.archived();
    aside.archived();
    let after = copies::now(ground).to_string();
    let name = missing.file_name().unwrap().to_str().unwrap()[..24].to_owned();
    aside.hide(missing);
    for moment in ["latest", after.as_str()] {
        let said = format!("{name} is missing");
        aside.ends(&beside(moment), 1, &[&said, "choose a moment before"]);
    }
    // What is before it can still be had.
    aside.ends(&beside(&before), 0, &["holds nothing later: seen: yes"]);
}

struct Copied<'a>(&'a Ground);

impl Drop for Copied<'_> {
    fn drop(&mut self) {
        copies::drop_all(self.0, "acme");
    }
}

/// B5: nothing stops at a moment after which nothing was committed: the mark is what makes it reachable.
pub fn idle(ground: &Ground) {
    if copies::are_impossible(ground) {
        return;
    }
    let (_copied, _still) = (Copied(ground), restore::Still::stand(ground));
    let commits = || {
        ground.sql(
            "acme-a",
            "postgres",
            "select pg_snapshot_xmax(pg_current_snapshot())::text",
        )
    };
    let end = Instant::now() + PATIENCE;
    let mut seen = commits();
    loop {
        sleep(Duration::from_secs(1));
        let now = commits();
        if now == seen {
            break;
        }
        assert!(Instant::now() < end, "there is always somebody who writes");
        seen = now;
    }
    let moment = copies::now(ground).to_string();
    let (plan, _) = json(ground, &format!("plan beside acme --set moment={moment} --json"));
    assert!(plan.to_string().contains("write a mark into the log"), "{plan}");
    assert_eq!(commits(), seen, "nobody has written since");
    super::says(
        ground,
        &format!("run beside acme --set moment={moment} --write T-1 --confirm y"),
        0,
        "holds nothing later: seen: yes",
    );
}
