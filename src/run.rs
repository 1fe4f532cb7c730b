//! Carries out one command of the command line.

use std::{
    env,
    io::{self, Write},
};

use clap::CommandFactory;
use color_eyre::eyre::{Result, eyre};
use tenantry::{
    config::{self, Keymap, Places},
    facts,
    headless::{self, Exit},
    ops,
    provider::Doors,
    store::{Fact, Snapshot},
    tui,
    views::{
        self, View,
        query::{Noun, Query},
    },
};

use crate::{
    acting,
    cli::{self, Cli, Command, Config, Mute, Patience, Shape},
    console::{self, Asked},
    ending::{refused, usage},
    moments, who, wire,
};

/// Does what the command line says; what the process returns.
pub async fn run(cli: Cli) -> Result<u8> {
    let mut places = Places::of_process(cli.global.flags());
    places.lab = cli::lab::fleet_file();
    let asked = Asked {
        open: cli.global.open,
        write: cli.write,
    };
    match cli.command {
        None => console::open(&places, asked).await,
        Some(command) => carry_out(command, &places, asked).await,
    }
}

async fn carry_out(command: Command, places: &Places, console: Asked) -> Result<u8> {
    let (mut out, mut told) = (io::stdout(), io::stderr());
    let exit = match command {
        Command::Show {
            view,
            query,
            shape,
            patience,
        } => {
            let (view, query) = asked(&view, &query)?;
            let world = look(places, view.needs(), patience).await?;
            headless::show(view, &query, shape.form(), &world, &mut out, &mut told)?
        }
        Command::Describe {
            kind,
            name,
            shape,
            patience,
        } => {
            let world = look(places, facts::names(), patience).await?;
            headless::describe(kind, &name, shape.form(), &world, &mut out, &mut told)?
        }
        Command::Reveal { session, patience } => {
            let world = look(places, &[facts::sessions::Sessions::NAME], patience).await?;
            let doors = Doors::new(&settings(places)?).map_err(refused)?;
            headless::reveal(&session, &doors, &world, &mut out, &mut told).await?
        }
        Command::Moments(args) => moments::list(args, places).await?,
        Command::Findings { mute: Some(mute), .. } => muted(&mute, places, &mut told)?,
        Command::Findings {
            mute: None,
            shape,
            fail_on,
            patience,
        } => {
            let world = look(places, facts::names(), patience).await?;
            headless::findings(shape.form(), fail_on.into(), &world, &mut out, &mut told)?
        }
        Command::Act(act) => acting::act(act, places).await?,
        Command::Doctor { shape, patience } => doctor(shape, patience, places, &mut out).await?,
        Command::Config { what } => configured(&what, places, &mut out)?,
        Command::Keys { shape } => headless::keys(shape.form(), &config::keys(&keymap(places)?), &mut out)?,
        Command::Themes { shape } => headless::themes(shape.form(), &config::themes(places).map_err(usage)?, &mut out)?,
        Command::Beside { what } => {
            cli::beside::run(what).map_err(refused)?;
            Exit::Done
        }
        Command::Lab(args) => return lab(args, places, console).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tenantry", &mut out);
            Exit::Done
        }
        Command::Man => {
            clap_mangen::Man::new(Cli::command()).render(&mut out)?;
            Exit::Done
        }
    };
    Ok(exit as u8)
}

async fn lab(args: cli::lab::LabArgs, places: &Places, console: Asked) -> Result<u8> {
    match cli::lab::run(args).await.map_err(refused)? {
        cli::lab::Next::Print(text) => {
            io::stdout().write_all(text.as_bytes())?;
            Ok(Exit::Done as u8)
        }
        cli::lab::Next::Console(fleet) => {
            let mut places = places.clone();
            places.flags.fleet = Some(fleet);
            console::open(&places, console).await
        }
    }
}

/// The view, and the rest of the line as after `:` in the console.
pub fn asked(view: &str, rest: &[String]) -> Result<(&'static dyn View, Query)> {
    let nouns: Vec<_> = views::ALL.iter().map(|view| Noun::of(*view)).collect();
    let query = Query::parse(&format!("{view} {}", rest.join(" ")), &nouns).map_err(usage)?;
    let view = views::find(query.view).ok_or_else(|| eyre!("no view {view}"))?;
    Ok((view, query))
}

/// Asks once.
pub async fn look(places: &Places, facts: &[&'static str], patience: Patience) -> Result<Snapshot> {
    let settings = settings(places)?;
    let journals = acting::journals(places);
    wire::once(&settings, journals, facts, patience.deadline)
        .await
        .map_err(refused)
}

/// Looks at everything even where a file is wrong: then at all but the fleet.
async fn doctor(shape: Shape, patience: Patience, places: &Places, out: &mut dyn Write) -> Result<Exit> {
    let settings = config::load(places);
    let world = match &settings {
        Ok(_) => Some(look(places, facts::names(), patience).await?),
        Err(_) => None,
    };
    let mistakes = settings.as_ref().err();
    Ok(headless::doctor(
        shape.form(),
        places,
        &terminal(),
        mistakes,
        world.as_ref(),
        out,
    )?)
}

fn muted(mute: &Mute, places: &Places, told: &mut dyn Write) -> Result<Exit> {
    let doors = Doors::new(&settings(places)?).map_err(refused)?;
    Ok(match mute {
        Mute::Mute { id, reason, span } => headless::mute(&doors, id, reason, *span, &who::operator(), told)?,
        Mute::Unmute { id } => headless::unmute(&doors, id, told)?,
    })
}

fn configured(what: &Config, places: &Places, out: &mut dyn Write) -> Result<Exit> {
    let words = tui::vocabulary(views::ALL);
    let operations: Vec<&str> = ops::ALL.iter().map(|operation| operation.name()).collect();
    Ok(match what {
        Config::Check => {
            config::check(places, &words, &operations).map_err(usage)?;
            Exit::Done
        }
        Config::Show { shape } => {
            let shown = config::show(places, &words, &operations).map_err(usage)?;
            headless::config_show(shape.form(), &shown, out)?
        }
        Config::Path { shape } => headless::config_path(shape.form(), &config::path(places), out)?,
        Config::Init => {
            write!(out, "{}", config::init())?;
            Exit::Done
        }
        Config::Schema { console, policy } => {
            let schema = match (console, policy) {
                (true, _) => config::console_schema(),
                (_, true) => config::policy_schema(),
                _ => config::schema(),
            };
            headless::print_json(out, &schema)?;
            Exit::Done
        }
    })
}

/// Everything that the fleet file says.
pub fn settings(places: &Places) -> Result<config::Settings> {
    config::load(places).map_err(usage)
}

fn keymap(places: &Places) -> Result<Keymap> {
    let words = tui::vocabulary(views::ALL);
    let look = config::console(places, &words).map_err(usage)?;
    Keymap::load(&look.keymap, places, &words).map_err(usage)
}

/// What can be told of the terminal without asking it.
fn terminal() -> Vec<(&'static str, String)> {
    let var = |name: &str| env::var(name).unwrap_or_else(|_| "not set".into());
    let inside = if env::var_os("TMUX").is_some() {
        "tmux: copies go through tmux load-buffer"
    } else {
        "none: copies go through OSC 52"
    };
    vec![
        ("terminal", format!("{} (COLORTERM {})", var("TERM"), var("COLORTERM"))),
        (
            "locale",
            env::var("LC_ALL")
                .or_else(|_| env::var("LC_CTYPE"))
                .or_else(|_| env::var("LANG"))
                .unwrap_or_else(|_| "not set".into()),
        ),
        ("multiplexer", inside.into()),
        (
            "over ssh",
            if env::var_os("SSH_CONNECTION").is_some() {
                "yes"
            } else {
                "no"
            }
            .into(),
        ),
    ]
}
