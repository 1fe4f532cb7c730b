//! Removes a lab that nobody uses any more: how several test programs share one and leave nothing behind.

use std::{
    fs::{File, OpenOptions},
    path::Path,
    time::Duration,
};

use tokio::time::sleep;

use super::{Lab, files};
use crate::model::Fault;

const NAME: &str = "watch";
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Looks without a user after which the lab is removed: longer than from one test program to the next.
const LOOKS: u32 = 15;

impl Lab {
    /// The body of the hidden subcommand `lab watch`. Those who use the lab hold a shared lock on the file `users`;
    /// when nobody has for a quarter of a minute, the lab is stopped and removed. Who comes meanwhile waits until it is
    /// gone.
    pub async fn watch(&self, users: &Path) -> Result<(), Fault> {
        let alone = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.dir.join(NAME))
            .map_err(|e| files::wrong(&self.dir, &e))?;
        // One watch is enough.
        if alone.try_lock().is_err() {
            return Ok(());
        }
        let mut unused = 0;
        loop {
            sleep(LOOK).await;
            let file = File::open(users).map_err(|e| files::wrong(users, &e))?;
            if file.try_lock().is_err() {
                unused = 0;
                continue;
            }
            unused += 1;
            if unused >= LOOKS {
                // The lock is held until all is gone.
                return self.wipe(true).await;
            }
        }
    }
}
