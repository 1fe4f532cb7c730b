//! Everything a key can mean. Views and commands are named by their command line, so a new one needs no new action.

/// What a key means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// One row or item up.
    Up,
    /// One row or item down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
    /// Columns to the left come into sight.
    Left,
    /// Columns to the right come into sight.
    Right,
    /// What the cursor is on, or what was typed.
    Open,
    /// Back by one level; never out.
    Back,
    /// Back by one level, and out from the first page.
    Quit,
    /// Out, when pressed twice.
    Leave,
    /// Types a command.
    Command,
    /// Types a filter.
    Filter,
    /// The next row or line that the filter hits.
    NextMatch,
    /// The previous one.
    PreviousMatch,
    /// The keys that work here.
    Help,
    /// Everything there is, by name.
    Palette,
    /// Picks the column to sort by.
    Sort,
    /// Turns the order round.
    ReverseSort,
    /// Picks the columns to show.
    Columns,
    /// Columns that are left out for want of room, too.
    Wide,
    /// Only rows where something is wrong.
    FaultsOnly,
    /// Marks the row.
    Mark,
    /// Marks from the last mark to here.
    MarkRange,
    /// Marks every row in sight of the filter.
    MarkAll,
    /// Takes all marks away.
    UnmarkAll,
    /// Everything known of the row.
    Describe,
    /// The cell to the clipboard.
    CopyCell,
    /// The row to the clipboard.
    CopyRow,
    /// The identity of the row to the clipboard.
    CopyId,
    /// The command that shows the same without a terminal.
    CopyCommand,
    /// Asks the servers now.
    Refresh,
    /// Holds the picture still.
    Freeze,
    /// Shows literals in query texts.
    Reveal,
    /// Mutes a finding.
    Mute,
    /// What can be done to the row, or to the marked rows.
    Act,
    /// The view before this one.
    HistoryBack,
    /// The view that one came back from.
    HistoryForward,
    /// The other of the last two views.
    LastView,
    /// Keeps this view under a name.
    Bookmark,
    /// Picks a view that was kept.
    Bookmarks,
    /// Completes what is typed.
    Complete,
    /// Completes with what came before.
    CompleteBack,
    /// To the beginning of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// A word to the left.
    WordLeft,
    /// A word to the right.
    WordRight,
    /// Rubs out a word.
    EraseWord,
    /// Rubs out the line to its beginning.
    EraseLine,
    /// Rubs out the rest of the line.
    EraseRest,
    /// Takes or leaves the mouse.
    Mouse,
    /// Draws everything anew.
    Redraw,
    /// Steps aside for the shell.
    Suspend,
    /// Runs a command line, which stands here without its colon.
    Run(String),
}

/// Every action but [`Action::Run`], with the word of keymap files and what help says, in the order of the help.
pub static ALL: [(Action, &str, &str); 56] = [
    (Action::Up, "up", "up"),
    (Action::Down, "down", "down"),
    (Action::PageUp, "page-up", "a page up"),
    (Action::PageDown, "page-down", "a page down"),
    (Action::HalfPageUp, "half-page-up", "half a page up"),
    (Action::HalfPageDown, "half-page-down", "half a page down"),
    (Action::Top, "top", "to the first"),
    (Action::Bottom, "bottom", "to the last"),
    (Action::Left, "left", "columns to the left"),
    (Action::Right, "right", "columns to the right"),
    (Action::Open, "open", "open"),
    (Action::Back, "back", "back"),
    (Action::Quit, "quit", "back, or out of the console"),
    (Action::Leave, "leave", "out of the console, pressed twice"),
    (Action::Command, "command", "type a command"),
    (Action::Filter, "filter", "filter rows"),
    (Action::NextMatch, "next-match", "next match"),
    (Action::PreviousMatch, "previous-match", "previous match"),
    (Action::Help, "help", "help"),
    (Action::Palette, "palette", "find anything"),
    (Action::Sort, "sort", "sort by"),
    (Action::ReverseSort, "reverse-sort", "reverse the order"),
    (Action::Columns, "columns", "choose columns"),
    (Action::Wide, "wide", "all columns"),
    (Action::FaultsOnly, "faults-only", "only what is wrong"),
    (Action::Mark, "mark", "mark"),
    (Action::MarkRange, "mark-range", "mark up to here"),
    (Action::MarkAll, "mark-all", "mark all"),
    (Action::UnmarkAll, "unmark-all", "unmark all"),
    (Action::Describe, "describe", "describe"),
    (Action::CopyCell, "copy-cell", "copy the cell"),
    (Action::CopyRow, "copy-row", "copy the row"),
    (Action::CopyId, "copy-id", "copy the name"),
    (Action::CopyCommand, "copy-command", "copy the command that shows this"),
    (Action::Refresh, "refresh", "ask the servers now"),
    (Action::Freeze, "freeze", "hold still"),
    (Action::Reveal, "reveal", "show literals in queries"),
    (Action::Mute, "mute", "mute a finding"),
    (Action::Act, "act", "do something to it"),
    (Action::HistoryBack, "history-back", "previous view"),
    (Action::HistoryForward, "history-forward", "next view"),
    (Action::LastView, "last-view", "last view"),
    (Action::Bookmark, "bookmark", "keep this view"),
    (Action::Bookmarks, "bookmarks", "kept views"),
    (Action::Complete, "complete", "complete"),
    (Action::CompleteBack, "complete-back", "complete backwards"),
    (Action::LineStart, "line-start", "beginning of the line"),
    (Action::LineEnd, "line-end", "end of the line"),
    (Action::WordLeft, "word-left", "a word to the left"),
    (Action::WordRight, "word-right", "a word to the right"),
    (Action::EraseWord, "erase-word", "rub out a word"),
    (Action::EraseLine, "erase-line", "rub out the line"),
    (Action::EraseRest, "erase-rest", "rub out the rest"),
    (Action::Mouse, "mouse", "mouse on or off"),
    (Action::Redraw, "redraw", "draw anew"),
    (Action::Suspend, "suspend", "to the shell; `fg` comes back"),
];

impl Action {
    /// The action of this word.
    pub(super) fn named(word: &str) -> Option<Self> {
        let found = ALL.iter().find(|(_, known, _)| *known == word);
        found.map(|(action, ..)| action.clone())
    }

    /// As a keymap file writes it.
    pub fn word(&self) -> String {
        match self {
            Self::Run(line) => format!(":{line}"),
            action => action
                .entry()
                .map_or_else(String::new, |(_, word, _)| (*word).to_owned()),
        }
    }

    /// What help says of it; nothing for a command line, which the command itself describes.
    pub fn about(&self) -> &'static str {
        self.entry().map_or("", |(_, _, about)| about)
    }

    fn entry(&self) -> Option<&'static (Self, &'static str, &'static str)> {
        ALL.iter().find(|(action, ..)| action == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_one_word_and_a_line_of_help() {
        for (action, word, about) in &ALL {
            assert_eq!(Action::named(word).as_ref(), Some(action));
            assert_eq!(&action.word(), word);
            assert!(!about.is_empty() && !about.ends_with('.'), "{word}");
        }
    }

    #[test]
    fn every_action_is_listed() {
        // Ordered as declared: were one missing, or out of order, its neighbours would show it.
        let declared = std::mem::discriminant(&Action::Run(String::new()));
        assert!(
            ALL.iter()
                .all(|(action, ..)| std::mem::discriminant(action) != declared)
        );
        assert!(ALL.is_sorted_by(|a, b| a.0 < b.0));
    }
}
