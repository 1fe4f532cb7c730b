//! The files that OpenSSH reads: the server's, and the client's, with which everything is found and nothing is asked.

use super::place;
use crate::lab::ground::Ground;

/// What those who log in may bring along.
const BROUGHT: &str = "TENANTRY_FLEET XDG_STATE_HOME XDG_CONFIG_HOME PGPASSFILE COLORTERM TERM LANG LC_*";

/// `sshd_config`. Only the lab's key lets in, and only the user that the server itself is.
pub fn server(ground: &Ground, user: &str) -> String {
    let (dir, port) = (place::dir(ground), ground.ssh_port());
    let dir = dir.display();
    // The modes of directories above the lab's, which StrictModes judges, are not the lab's business.
    format!(
        r#"# Written by `tenantry lab up`.
ListenAddress 127.0.0.1:{port}
HostKey "{dir}/host_key"
AuthorizedKeysFile "{dir}/authorized_keys"
AllowUsers {user}
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
PermitTTY yes
PermitUserRC no
DisableForwarding yes
PrintMotd no
PrintLastLog no
AcceptEnv {BROUGHT}
SetEnv "PATH={dir}/bin:/usr/local/bin:/usr/bin:/bin"
"#
    )
}

/// `ssh_config`, for the one host `lab`. What `SetEnv` names, a login finds set; `-o SetEnv=…` names it otherwise.
pub fn client(ground: &Ground, user: &str) -> String {
    let (dir, port, fleet) = (place::dir(ground), ground.ssh_port(), ground.path("fleet.toml"));
    let (dir, fleet) = (dir.display(), fleet.display());
    format!(
        r#"# Written by `tenantry lab up`. Use it with: ssh -F {dir}/ssh_config {host}
Host {host}
HostName 127.0.0.1
Port {port}
User {user}
IdentityFile "{dir}/client_key"
IdentitiesOnly yes
IdentityAgent none
PreferredAuthentications publickey
BatchMode yes
UserKnownHostsFile "{dir}/known_hosts"
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
UpdateHostKeys no
ControlPath none
SendEnv COLORTERM LANG LC_*
SetEnv "TENANTRY_FLEET={fleet}" "XDG_STATE_HOME={dir}/state"
"#,
        host = super::login::HOST,
    )
}
