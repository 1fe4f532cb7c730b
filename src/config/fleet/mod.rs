//! The fleet file: read, checked whole, and turned into [`Settings`].

mod backups;
mod check;
mod file;
mod onboarding;
mod secrets;
mod settle;
mod show;
mod tenants;
mod ways;

use serde_json::Value as Json;

use self::file::FleetFile;
use super::{Mistake, Mistakes, Places, Settings, Shown, node::Node, shape, source::Source};

/// Reads the fleet file that [`Places::fleet`] names.
///
/// # Errors
/// There is none, or everything that is wrong in it.
pub fn load(places: &Places) -> Result<Settings, Mistakes> {
    let source = read(places)?;
    let file = parse(places, &source)?;
    Ok(settle::settings(places, &source.file, file))
}

/// The JSON schema of the fleet file.
pub fn schema() -> Json {
    schemars::schema_for!(FleetFile).to_value()
}

/// An example that works, to start from; what it leaves out stands in it as comments.
pub fn init() -> &'static str {
    include_str!("example.toml")
}

/// Every value of the fleet, written or not, with where it comes from.
///
/// # Errors
/// As [`load`].
pub(super) fn show(places: &Places) -> Result<Vec<Shown>, Mistakes> {
    let source = read(places)?;
    parse(places, &source)?;
    let tree = source.tree()?;
    Ok(show::show(&schema(), Node::new(&source, &tree)))
}

fn read(places: &Places) -> Result<Source, Mistakes> {
    let (path, by) = places.fleet();
    let absent = || {
        let why = match by {
            "default" => "there is no fleet file; name one with --fleet or TENANTRY_FLEET, or start from \
                          the example that `tenantry config init` prints"
                .to_owned(),
            by => format!("there is no such file, which {by} names"),
        };
        Mistakes::from(Mistake::of_file(&path, why))
    };
    Source::read(&path)?.ok_or_else(absent)
}

fn parse(places: &Places, source: &Source) -> Result<FleetFile, Mistakes> {
    let tree = source.tree()?;
    let root = Node::new(source, &tree);
    let mut found = shape::check(&schema(), root);
    found.extend(check::check(places, root));
    found.or(())?;
    source.typed()
}
