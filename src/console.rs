//! Opens the console on a terminal.

use std::{
    env,
    io::{self, IsTerminal},
};

use color_eyre::eyre::Result;
use tenantry::{
    config::{self, Depth, Keymap, Places, Theme},
    headless::Exit,
    tui, views,
};

use crate::{
    acting,
    ending::{refused, usage},
    run::settings,
    who, wire,
};

/// Serves until the operator leaves; what the process returns.
pub async fn open(places: &Places, line: Option<String>) -> Result<u8> {
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
        line,
    };
    let (world, interest, doors) = wire::watch(&settings, acting::journals(places), &[]).map_err(refused)?;
    let reveal: tui::Reveal = Box::new(move |session, seen| {
        let doors = doors.clone();
        Box::pin(async move { tenantry::facts::sessions::reveal(&doors, &session, &seen).await })
    });
    let ended = tui::serve(setup, surroundings, world, |facts| interest.set(facts), reveal).await?;
    Ok(match ended {
        tui::Ended::Left => 0,
        tui::Ended::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        tui::Ended::Panicked => Exit::Failed as u8,
    })
}
