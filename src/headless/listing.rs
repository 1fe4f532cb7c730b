//! What is configured and what there is to choose: settings with their sources, keys, themes.

use std::io::{self, Write};

use super::{Exit, Form, json};
use crate::config::{Choice, KeyLine, Shown, Spot};

/// Each value with its source.
///
/// # Errors
/// Where the other end is gone.
pub fn config_show(form: Form, shown: &[Shown], out: &mut dyn Write) -> io::Result<Exit> {
    match form {
        Form::Json => json::print(out, &shown)?,
        Form::Table | Form::Plain => {
            let lines = shown
                .iter()
                .map(|one| [one.key.clone(), one.value.to_string(), one.source.to_string()]);
            columns(out, &lines.collect::<Vec<_>>())?;
        }
    }
    Ok(Exit::Done)
}

/// The files, and whether they exist.
///
/// # Errors
/// Where the other end is gone.
pub fn config_path(form: Form, spots: &[Spot], out: &mut dyn Write) -> io::Result<Exit> {
    match form {
        Form::Json => json::print(out, &spots)?,
        Form::Table | Form::Plain => {
            let exists = |spot: &Spot| if spot.exists { "exists" } else { "absent" };
            let lines = spots.iter().map(|spot| {
                [
                    spot.what.to_owned(),
                    spot.path.display().to_string(),
                    format!("{} ({})", exists(spot), spot.by),
                ]
            });
            columns(out, &lines.collect::<Vec<_>>())?;
        }
    }
    Ok(Exit::Done)
}

/// Every key of a keymap.
///
/// # Errors
/// Where the other end is gone.
pub fn keys(form: Form, keys: &[KeyLine], out: &mut dyn Write) -> io::Result<Exit> {
    match form {
        Form::Json => json::print(out, &keys)?,
        Form::Table | Form::Plain => {
            let lines = keys.iter().map(|key| {
                [
                    key.section.clone(),
                    key.keys.clone(),
                    key.action.clone(),
                    key.about.clone(),
                ]
            });
            columns(out, &lines.collect::<Vec<_>>())?;
        }
    }
    Ok(Exit::Done)
}

/// Every theme.
///
/// # Errors
/// Where the other end is gone.
pub fn themes(form: Form, themes: &[Choice], out: &mut dyn Write) -> io::Result<Exit> {
    match form {
        Form::Json => json::print(out, &themes)?,
        Form::Table | Form::Plain => {
            let origin = |theme: &Choice| match (theme.built_in, theme.own) {
                (true, false) => "built in",
                (true, true) => "built in, overlaid",
                (false, _) => "own",
            };
            let lines = themes
                .iter()
                .map(|theme| [theme.name.clone(), origin(theme).to_owned(), theme.about.clone()]);
            columns(out, &lines.collect::<Vec<_>>())?;
        }
    }
    Ok(Exit::Done)
}

fn columns<const N: usize>(out: &mut dyn Write, lines: &[[String; N]]) -> io::Result<()> {
    let widths: Vec<usize> = (0..N)
        .map(|n| lines.iter().map(|line| line[n].chars().count()).max().unwrap_or(0))
        .collect();
    for line in lines {
        let text: String = line
            .iter()
            .zip(&widths)
            .map(|(words, width)| format!("{words:width$}  "))
            .collect();
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}
