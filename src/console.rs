//! Opens the console on a terminal.

use std::{
    env,
    future::ready,
    io::{self, IsTerminal},
    sync::Arc,
};

use color_eyre::eyre::Result;
use tenantry::{
    config::{self, Depth, Keymap, Places, Settings, Theme},
    headless::Exit,
    model::{Request, Target},
    ops::{Refusal, survey::Evidence},
    provider::Doors,
    store::Snapshot,
    tui::{self, app::Prepared, setup::Hand},
    views,
};

use crate::{
    acting::{self, House},
    ending::{refused, usage},
    run::settings,
    who, wire,
};

/// How the console is opened.
pub struct Asked {
    /// The line to open instead of the one that was open last.
    pub open: Option<String>,
    /// Leave to write from the start, for this ticket.
    pub write: Option<String>,
}

/// Who sits here, and where there is a login to act with.
fn hand(settings: &Settings, places: &Places, ticket: Option<String>) -> Hand {
    Hand {
        by: who::operator(),
        login: who::login(),
        from: who::origin(places),
        instances: settings.operate.keys().cloned().collect(),
        vault: settings.vault.as_ref().is_some_and(|vault| vault.operate.is_some()),
        ticket,
    }
}

/// What the screen asks for and does not wait for.
fn calls(doors: Doors, settings: Settings, places: &Places) -> Result<tui::Calls> {
    let (of_recall, of_tell) = (places.clone(), places.clone());
    let (settings, places, launcher) = (Arc::new(settings), places.clone(), Arc::new(acting::launcher(places)?));
    Ok(tui::Calls {
        reveal: Box::new(move |session, seen| {
            let doors = doors.clone();
            Box::pin(async move { tenantry::facts::sessions::reveal(&doors, &session, &seen).await })
        }),
        prepare: Box::new(move |request, world| {
            let (settings, places) = (Arc::clone(&settings), places.clone());
            Box::pin(async move { prepared(&request, &world, &places, &settings).await })
        }),
        recall: Box::new(move |run| {
            let plan = house(&of_recall).and_then(|house| acting::recall(&run, &house));
            let prepared = plan.map(|plan| Prepared { plan, evidence: None });
            Box::pin(ready(prepared))
        }),
        tell: Box::new(move |run, what| {
            let told = house(&of_tell).and_then(|house| acting::tell(&run, what, &house));
            Box::pin(ready(told))
        }),
        begin: Box::new(move |errand| {
            let launcher = Arc::clone(&launcher);
            Box::pin(async move { launcher.launch(&errand).await })
        }),
    })
}

/// The policy as it is now: it is read anew each time.
fn house(places: &Places) -> Result<House, Refusal> {
    House::of(places).map_err(|wrong| Refusal::new(format!("{wrong:#}").replace('\n', "; ")))
}

/// The plan of a request on the fleet as it is seen.
async fn prepared(
    request: &Request,
    world: &Snapshot,
    places: &Places,
    settings: &Settings,
) -> Result<Prepared, Refusal> {
    let house = house(places)?;
    let mut world = world.clone();
    let plan = acting::made(request, &mut world, &house, settings).await?;
    let evidence = world.get::<Evidence>(&Target::fleet()).map(|seen| seen.value.clone());
    Ok(Prepared { plan, evidence })
}

/// Serves until the operator leaves; what the process returns.
pub async fn open(places: &Places, asked: Asked) -> Result<u8> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(usage("the console needs a terminal; `tenantry show fleet` does not"));
    }
    let settings = settings(places)?;
    let words = tui::vocabulary(views::ALL);
    let look = config::console(places, &words).map_err(usage)?;
    let depth = Depth::detect(look.color, &places.env, true);
    let themes = config::themes(places)
        .map_err(usage)?
        .into_iter()
        .map(|theme| theme.name)
        .collect();
    let setup = tui::setup::Setup {
        views: views::ALL,
        detail: views::detail,
        sources: views::sources::sources,
        theme: Theme::load(&look.theme, places, depth, look.ascii).map_err(usage)?,
        keymap: Keymap::load(&look.keymap, places, &words).map_err(usage)?,
        ascii: look.ascii,
        mouse: look.mouse,
        columns: look.columns,
        themes,
        hand: hand(&settings, places, asked.write),
    };
    let remote = env::var_os("SSH_TTY").is_some() || env::var_os("SSH_CONNECTION").is_some();
    let surroundings = tui::Surroundings {
        term: env::var("TERM").unwrap_or_default(),
        remote,
        tmux: env::var_os("TMUX").is_some(),
        escape: look.esc_timeout,
        memory: places.state.as_ref().map(|state| state.join("console.json")),
        wardrobe: (places.clone(), depth),
        mutes: (config::mutes::path(), who::operator()),
        line: asked.open,
    };
    let (world, interest, doors) = wire::watch(&settings, acting::journals(places), &[]).map_err(refused)?;
    let calls = calls(doors, settings, places)?;
    let ended = tui::serve(setup, surroundings, world, |facts| interest.set(facts), calls).await?;
    Ok(match ended {
        tui::Ended::Left => 0,
        tui::Ended::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        tui::Ended::Panicked => Exit::Failed as u8,
    })
}
