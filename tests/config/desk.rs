//! A directory of an operator's own files, gone with the test.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use tenantry::config::{Mistakes, Places};

/// The directory, and the places that know it.
pub struct Desk {
    pub places: Places,
}

impl Desk {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("tenantry-config-{}-{n}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        // As whoever may write here could replace the policy, whatever the umask of the tests.
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
        let mut places = Places {
            policy: directory.join("policy.toml"),
            directory,
            ..Places::default()
        };
        places.env.insert("HOME".into(), "/home/op".into());
        Self { places }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.places.directory.join(name)
    }

    /// A file, with a mode.
    pub fn write(&self, name: &str, mode: u32, text: &str) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// The mistakes, a line each, with this directory's name cut off.
    pub fn told(&self, mistakes: &Mistakes) -> Vec<String> {
        let prefix = format!("{}/", self.places.directory.display());
        let all = mistakes.to_string().replace(&prefix, "");
        all.lines().map(str::to_owned).collect()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.places.directory);
    }
}
