//! Parse, wire, run, exit. Nothing is decided here.

mod cli;
mod wire;

use std::{
    env,
    io::{self, ErrorKind, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory, Parser};
use cli::{Cli, Command, Config, Mute};
use color_eyre::eyre::{Result, eyre};
use tenantry::{
    config::{self, Depth, Keymap, Places, Theme},
    facts,
    headless::{self, Exit},
    model::{Fault, FaultKind},
    provider::{self, Doors},
    store::Fact,
    tui, views,
};

fn main() -> ExitCode {
    provider::choose_tls();
    // A crash must not leave the token on a disk; who may not be asked to forgo cores loses nothing but this.
    let _ = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
    let _ = nix::sys::prctl::set_dumpable(false);
    let cli = Cli::parse();
    let ended = color_eyre::install().and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let ended = runtime.block_on(run(cli));
        // What still waits for a server must not keep us.
        runtime.shutdown_timeout(Duration::from_millis(100));
        ended
    });
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let code = error.downcast_ref::<Ending>().map_or(Exit::Failed, |ending| ending.0);
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::from(code as u8)
        }
    }
}

/// An error that decides how the process ends.
#[derive(Debug, thiserror::Error)]
#[error("{1}")]
struct Ending(Exit, String);

fn broken_pipe(error: &color_eyre::Report) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn usage(error: impl ToString) -> color_eyre::Report {
    Ending(Exit::Usage, error.to_string()).into()
}

fn refused(fault: Fault) -> color_eyre::Report {
    let hint = fault.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let exit = if fault.kind == FaultKind::Credential {
        Exit::Refused
    } else {
        Exit::Failed
    };
    Ending(exit, format!("{fault}{hint}")).into()
}

async fn run(cli: Cli) -> Result<u8> {
    let mut places = Places::of_process(cli.global.flags());
    places.lab = cli::lab::fleet_file();
    let Some(command) = cli.command else {
        return console(&places, cli.global.open).await;
    };
    let (mut out, mut told) = (io::stdout(), io::stderr());
    let exit = match command {
        Command::Show {
            view,
            query,
            shape,
            deadline,
        } => {
            let nouns: Vec<_> = views::ALL.iter().map(|view| views::query::Noun::of(*view)).collect();
            let line = format!("{view} {}", query.join(" "));
            let query = views::query::Query::parse(&line, &nouns).map_err(usage)?;
            let view = views::find(query.view).ok_or_else(|| eyre!("no view {view}"))?;
            let world = wire::once(&settings(&places)?, view.needs(), seconds(deadline)?)
                .await
                .map_err(refused)?;
            headless::show(view, &query, shape.form(), &world, &mut out, &mut told)?
        }
        Command::Describe {
            kind,
            name,
            shape,
            deadline,
        } => {
            let world = wire::once(&settings(&places)?, facts::names(), seconds(deadline)?)
                .await
                .map_err(refused)?;
            headless::describe(kind, &name, shape.form(), &world, &mut out, &mut told)?
        }
        Command::Reveal { session, deadline } => {
            let settings = settings(&places)?;
            let facts = &[facts::sessions::Sessions::NAME];
            let world = wire::once(&settings, facts, seconds(deadline)?)
                .await
                .map_err(refused)?;
            let doors = Doors::new(&settings).map_err(refused)?;
            headless::reveal(&session, &doors, &world, &mut out, &mut told).await?
        }
        Command::Findings { mute: Some(mute), .. } => {
            let doors = Doors::new(&settings(&places)?).map_err(refused)?;
            match mute {
                Mute::Mute { id, reason, span } => headless::mute(&doors, &id, &reason, span, &operator(), &mut told)?,
                Mute::Unmute { id } => headless::unmute(&doors, &id, &mut told)?,
            }
        }
        Command::Findings {
            mute: None,
            shape,
            fail_on,
            deadline,
        } => {
            let world = wire::once(&settings(&places)?, facts::names(), seconds(deadline)?)
                .await
                .map_err(refused)?;
            headless::findings(shape.form(), fail_on.into(), &world, &mut out, &mut told)?
        }
        Command::Doctor { shape, deadline } => {
            let settings = config::load(&places);
            let world = match &settings {
                Ok(settings) => Some(
                    wire::once(settings, facts::names(), seconds(deadline)?)
                        .await
                        .map_err(refused)?,
                ),
                Err(_) => None,
            };
            let mistakes = settings.as_ref().err();
            headless::doctor(shape.form(), &places, &terminal(), mistakes, world.as_ref(), &mut out)?
        }
        Command::Config { what } => configured(&what, &places, &mut out)?,
        Command::Keys { shape } => {
            let keymap = keymap(&places)?;
            headless::keys(shape.form(), &config::keys(&keymap), &mut out)?
        }
        Command::Themes { shape } => {
            headless::themes(shape.form(), &config::themes(&places).map_err(usage)?, &mut out)?
        }
        Command::Lab(args) => match cli::lab::run(args).await.map_err(refused)? {
            cli::lab::Next::Print(text) => {
                write!(out, "{text}")?;
                Exit::Done
            }
            cli::lab::Next::Console(fleet) => {
                places.flags.fleet = Some(fleet);
                return console(&places, cli.global.open).await;
            }
        },
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

fn configured(what: &Config, places: &Places, out: &mut dyn Write) -> Result<Exit> {
    let words = tui::vocabulary(views::ALL);
    Ok(match what {
        Config::Check => {
            config::check(places, &words).map_err(usage)?;
            Exit::Done
        }
        Config::Show { shape } => {
            headless::config_show(shape.form(), &config::show(places, &words).map_err(usage)?, out)?
        }
        Config::Path { shape } => headless::config_path(shape.form(), &config::path(places), out)?,
        Config::Init => {
            write!(out, "{}", config::init())?;
            Exit::Done
        }
        Config::Schema { console } => {
            let schema = if *console {
                config::console_schema()
            } else {
                config::schema()
            };
            headless::print_json(out, &schema)?;
            Exit::Done
        }
    })
}

async fn console(places: &Places, line: Option<String>) -> Result<u8> {
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
    let dirs = directories::ProjectDirs::from("", "", "tenantry");
    let state = dirs.as_ref().and_then(|dirs| dirs.state_dir());
    let surroundings = tui::Surroundings {
        term: env::var("TERM").unwrap_or_default(),
        remote,
        tmux: env::var_os("TMUX").is_some(),
        escape: look.esc_timeout,
        memory: state.map(|state| state.join("console.json")),
        wardrobe: (places.clone(), depth),
        mutes: (config::mutes::path(), operator()),
        line,
    };
    let (world, interest, doors) = wire::watch(&settings, &[]).map_err(refused)?;
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

fn settings(places: &Places) -> Result<config::Settings> {
    config::load(places).map_err(usage)
}

fn keymap(places: &Places) -> Result<Keymap> {
    let words = tui::vocabulary(views::ALL);
    let look = config::console(places, &words).map_err(usage)?;
    Keymap::load(&look.keymap, places, &words).map_err(usage)
}

fn seconds(deadline: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(deadline).map_err(|_| usage(format!("--deadline {deadline}: not a number of seconds")))
}

/// Who runs this process, by the system's word.
fn operator() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::Uid::current());
    user.ok()
        .flatten()
        .map_or_else(|| nix::unistd::Uid::current().to_string(), |user| user.name)
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
