//! One look at the version matrix of a real fleet, from nothing: connections, directories, shapes, histories, judgement.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use tenantry::{
    config::{self, Flags, Places},
    facts::{
        self,
        migrations::{
            shapes::Shapes,
            standing::{self, Stand},
        },
    },
    provider::{self, Doors},
    store::{Questions, poll_once},
    views,
};

/// Five times, each with doors of its own.
pub fn m9_one_look(fleet: PathBuf) {
    provider::choose_tls();
    let flags = Flags {
        fleet: Some(fleet),
        ..Flags::default()
    };
    let settings = config::load(&Places::of_process(flags)).expect("a fleet file");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let view = views::find("migrations").unwrap();
    for _ in 0..5 {
        let doors = Doors::new(&settings).expect("doors");
        let questions = Questions {
            probes: facts::ALL,
            derived: facts::DERIVED,
        };
        let fleet = Arc::new(settings.fleet.clone());
        let began = Instant::now();
        let patience = Duration::from_mins(1);
        let world = runtime.block_on(poll_once(questions, view.needs(), fleet, doors, patience));
        let rows = view.table(&world).rows.len();
        let took = began.elapsed().as_secs_f64();
        let databases = world.all::<Shapes>().count();
        let unknown = standing::of(&world).map_or(0, |all| {
            let unknown = all
                .standings
                .iter()
                .filter(|one| matches!(one.stand, Stand::Unknown(_)));
            unknown.count()
        });
        println!("{rows} schemas in {databases} databases, {unknown} not seen: {took:.2} s");
    }
}
