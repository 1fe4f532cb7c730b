//! Whether nobody but root and the user of this process could have written the policy, or taken it away.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use nix::unistd::Uid;

use super::super::{Mistake, Mistakes};

/// With it, only owners remove what is in a directory.
const STICKY: u32 = 0o1000;

/// What is wrong with the owner of a file, if anything.
pub(super) fn owner(meta: &fs::Metadata) -> Option<String> {
    let (owner, me) = (Uid::from_raw(meta.uid()), Uid::effective());
    let trusted = owner.is_root() || owner == me;
    (!trusted).then(|| format!("its owner (uid {owner}) is neither root nor you; run `chown root` on it"))
}

/// Holds the directory of a file to the same: whoever may write there can remove the file, and so loosen the policy.
///
/// # Errors
/// The directory cannot be looked at, or somebody else may write there.
pub(super) fn directory(file: &Path) -> Result<(), Mistakes> {
    let Some(directory) = file.parent() else { return Ok(()) };
    let wrong = |what: String| Err(Mistake::of_file(directory, what).into());
    let meta = match fs::metadata(directory) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return wrong(format!("cannot be looked at: {e}")),
    };
    let mode = meta.permissions().mode() & 0o7777;
    if mode & 0o022 != 0 && mode & STICKY == 0 {
        return wrong(format!(
            "others may write this directory (mode {mode:04o}), and so remove the policy; run `chmod go-w` on it"
        ));
    }
    owner(&meta).map_or(Ok(()), wrong)
}
