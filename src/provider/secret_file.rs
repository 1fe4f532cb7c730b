//! Files that hold a secret: nobody else may read them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use secrecy::SecretString;

use crate::model::{Fault, FaultKind};

/// The text of a file that only its owner can read, and of nothing but a file.
pub fn private(path: &Path) -> Result<SecretString, Fault> {
    let meta = fs::metadata(path).map_err(|e| unreadable(path, &e.to_string()))?;
    let mode = meta.permissions().mode();
    if mode & 0o077 != 0 {
        let fault = unreadable(path, &format!("readable by others (mode {:o})", mode & 0o777));
        return Err(fault.hint(format!("chmod 600 {}", path.display())));
    }
    mounted(path)
}

/// The text of a file whose mode is somebody else's affair, such as what Kubernetes mounts into a pod.
pub fn mounted(path: &Path) -> Result<SecretString, Fault> {
    let wrong = |why: &str| unreadable(path, why);
    if !fs::metadata(path).map_err(|e| wrong(&e.to_string()))?.is_file() {
        return Err(wrong("not a file"));
    }
    let text = fs::read_to_string(path).map_err(|e| wrong(&e.to_string()))?;
    Ok(SecretString::from(text))
}

fn unreadable(path: &Path, why: &str) -> Fault {
    Fault::new(FaultKind::Credential, format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use secrecy::ExposeSecret;

    use super::private;

    #[test]
    fn a_secret_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let dir = std::env::temp_dir().join(format!("tenantry-{}-{}", std::process::id(), fastrand::u64(..)));
        fs::create_dir(&dir).expect("a directory");
        let path = dir.join("token");
        fs::write(&path, "canary").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        let fault = private(&path).expect_err("readable by the group");
        assert!(fault.hint.expect("a hint").starts_with("chmod 600 "));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        assert_eq!(private(&path).expect("readable").expose_secret(), "canary");
        assert!(private(&dir).is_err());
        fs::remove_dir_all(&dir).expect("removed");
    }
}
