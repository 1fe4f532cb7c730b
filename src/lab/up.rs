//! `lab up`: builds a lab from nothing, or starts what does not run of one that exists.

use std::{fs::File, time::Instant};

use futures_util::future::try_join_all;

use super::{
    Lab,
    component::{self, ALL, Stage},
    fault, files, fleet_file,
    ground::Ground,
    memory::{Memory, Wanted},
    ports, say,
    seed::edition,
    user,
};
use crate::model::{Fault, FaultKind};

impl Lab {
    /// Brings everything up, and says what it does. What is up already is left alone.
    pub async fn up(&self, wanted: Wanted) -> Result<(), Fault> {
        let began = Instant::now();
        files::directory(&self.dir, 0o755)?;
        let _alone = self.alone()?;
        let words = match Memory::load(&self.dir)? {
            Some(memory) if memory.complete && !(wanted.fresh && memory.edition != edition()) => {
                memory.agrees(wanted)?;
                self.start(&self.with(memory)).await?
            }
            Some(memory) => {
                let wanted = memory.keep(wanted);
                self.stop_all(&self.with(memory)).await?;
                self.build(wanted).await?
            }
            None => self.build(wanted).await?,
        };
        say::line("lab", &format!("{words} ({:.1} s)", began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Only one process at a time may change the lab.
    pub(super) fn alone(&self) -> Result<File, Fault> {
        let path = self.dir.join("lock");
        let file = File::create(&path).map_err(|e| files::wrong(&path, &e))?;
        file.lock().map_err(|e| files::wrong(&path, &e))?;
        Ok(file)
    }

    async fn start(&self, ground: &Ground) -> Result<&'static str, Fault> {
        let mut idle = false;
        for component in ALL {
            let parts = component.status(ground).await;
            idle |= parts.iter().any(component::Part::is_down);
            component.start(ground).await?;
        }
        for component in ALL {
            component.ready(ground).await?;
        }
        fault::risen(ground)?;
        Ok(if idle { "all is up" } else { "all was up already" })
    }

    async fn build(&self, wanted: Wanted) -> Result<&'static str, Fault> {
        self.passable()?;
        let ground = self.with(Memory::begin(wanted, edition())?);
        for component in ALL {
            for (name, port) in component.ports(&ground) {
                ports::free(port, &name)?;
            }
        }
        self.clear()?;
        for (name, mode) in [("run", 0o755), ("log", 0o755), ("secrets", 0o700), ("faults", 0o755)] {
            files::directory(&ground.path(name), mode)?;
        }
        ground.memory.save(&self.dir)?;
        for stage in Stage::ALL {
            try_join_all(ALL.iter().map(|component| component.make(&ground, stage))).await?;
        }
        fleet_file::write(&ground)?;
        let mut memory = ground.memory.clone();
        memory.complete = true;
        memory.save(&self.dir)?;
        Ok("built and up")
    }

    /// The user that the database runs as must be able to get to its data.
    fn passable(&self) -> Result<(), Fault> {
        let Some(user) = user::database()? else {
            return Ok(());
        };
        let Some(barrier) = files::barrier(&self.dir.join("pg")) else {
            return Ok(());
        };
        let what = format!(
            "{} is closed to the user {}, who runs PostgreSQL for root",
            barrier.display(),
            user.name
        );
        Err(Fault::new(FaultKind::Refused, what).hint("--dir DIR, for example under /var/lib or /var/tmp"))
    }
}
