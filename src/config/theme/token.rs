//! What a cell means, and the signs that say the same without colour.

use crate::model::{Environment, Severity};

/// What a cell means. Screens name tokens, never colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// Everything that is not otherwise; its background is the screen's.
    Text,
    /// Of little weight.
    Dim,
    /// The name of what is shown.
    Title,
    /// Lines around things.
    Frame,
    /// The lines above the page.
    Header,
    /// Names of columns.
    Heading,
    /// The row under the cursor.
    Selected,
    /// Rows that are marked.
    Marked,
    /// Nothing is wrong.
    Ok,
    /// Worth knowing.
    Notice,
    /// Could not be seen, which is never well.
    Unseen,
    /// Will hurt if nobody acts.
    Warning,
    /// Hurts now.
    Critical,
    /// Old, because asking failed.
    Stale,
    /// Leads somewhere.
    Link,
    /// A key in a hint.
    Key,
    /// What a key does.
    Hint,
    /// The line that is typed.
    Prompt,
    /// What a filter hits.
    Match,
    /// What lies over the page.
    Dialog,
    /// The word `production`.
    Production,
    /// The word `staging`.
    Staging,
    /// The word `development`.
    Development,
    /// The word `lab`.
    Lab,
    /// The picture of the last minutes.
    Trend,
}

impl Token {
    /// Every token with its word in theme files.
    pub const ALL: [(Self, &'static str); 25] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Title, "title"),
        (Self::Frame, "frame"),
        (Self::Header, "header"),
        (Self::Heading, "heading"),
        (Self::Selected, "selected"),
        (Self::Marked, "marked"),
        (Self::Ok, "ok"),
        (Self::Notice, "notice"),
        (Self::Unseen, "unseen"),
        (Self::Warning, "warning"),
        (Self::Critical, "critical"),
        (Self::Stale, "stale"),
        (Self::Link, "link"),
        (Self::Key, "key"),
        (Self::Hint, "hint"),
        (Self::Prompt, "prompt"),
        (Self::Match, "match"),
        (Self::Dialog, "dialog"),
        (Self::Production, "env_production"),
        (Self::Staging, "env_staging"),
        (Self::Development, "env_development"),
        (Self::Lab, "env_lab"),
        (Self::Trend, "trend"),
    ];

    /// Those that tell how well something is.
    pub const STATES: [Self; 6] = [
        Self::Ok,
        Self::Notice,
        Self::Unseen,
        Self::Warning,
        Self::Critical,
        Self::Stale,
    ];

    /// Its word in theme files.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(token, _)| *token == self);
        found.map_or("", |(_, word)| word)
    }
}

/// A sign of one cell; [`Glyph::Trend`] is a scale of them, from least to most, [`Glyph::Bar`] one for each kind of cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Glyph {
    /// Nothing is wrong.
    Ok,
    /// Worth knowing.
    Notice,
    /// Could not be seen.
    Unseen,
    /// Will hurt.
    Warning,
    /// Hurts.
    Critical,
    /// Old.
    Stale,
    /// Marked.
    Marked,
    /// Under the cursor.
    Cursor,
    /// Sorted from least to most.
    Ascending,
    /// Sorted from most to least.
    Descending,
    /// Between the parts of a path.
    Crumb,
    /// There is more to the left.
    MoreLeft,
    /// There is more to the right.
    MoreRight,
    /// Something was cut off.
    Cut,
    /// The scale of a sparkline.
    Trend,
    /// The cells of a bar: done, failed, under way, not begun.
    Bar,
}

impl Glyph {
    /// Every glyph with its word, its usual form and its form in ASCII.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 16] = [
        (Self::Ok, "ok", "●", "o"),
        (Self::Notice, "notice", "·", "."),
        (Self::Unseen, "unseen", "?", "?"),
        (Self::Warning, "warning", "▲", "!"),
        (Self::Critical, "critical", "■", "X"),
        (Self::Stale, "stale", "~", "~"),
        (Self::Marked, "marked", "✓", "*"),
        (Self::Cursor, "cursor", "❯", ">"),
        (Self::Ascending, "ascending", "↑", "^"),
        (Self::Descending, "descending", "↓", "v"),
        (Self::Crumb, "crumb", "›", ">"),
        (Self::MoreLeft, "more_left", "‹", "<"),
        (Self::MoreRight, "more_right", "›", ">"),
        (Self::Cut, "cut", "…", "~"),
        (Self::Trend, "trend", "▁▂▃▄▅▆▇█", "_.-=+*%#"),
        (Self::Bar, "bar", "█▓▒░", "#!+."),
    ];
}

impl From<Severity> for Token {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Ok => Self::Ok,
            Severity::Notice => Self::Notice,
            Severity::Unseen => Self::Unseen,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}

impl From<Environment> for Token {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::Production,
            Environment::Staging => Self::Staging,
            Environment::Development => Self::Development,
            Environment::Lab => Self::Lab,
        }
    }
}

impl From<Severity> for Glyph {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Ok => Self::Ok,
            Severity::Notice => Self::Notice,
            Severity::Unseen => Self::Unseen,
            Severity::Warning => Self::Warning,
            Severity::Critical => Self::Critical,
        }
    }
}
