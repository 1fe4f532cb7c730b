//! Where the parts of the screen are. A pure function of the size, so that `update` knows what `draw` will show.

use ratatui::layout::Rect;

/// Least size that is drawn.
pub const LEAST: (u16, u16) = (60, 15);

/// From so many columns on a form has its outcome beside it, and with so many both have room enough.
const WIDE: u16 = 120;
const WIDEST: u16 = 180;

/// Room for a form, where its outcome stands beside it.
const FORM: u16 = 72;

/// The parts of the screen from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Fleet, environment, sources, clock.
    pub header: Rect,
    /// Totals.
    pub headline: Rect,
    /// Where the operator is, filter, counts.
    pub crumbs: Rect,
    /// Headings of columns.
    pub headings: Rect,
    /// Rows.
    pub body: Rect,
    /// About the selected row, or what was just done.
    pub status: Rect,
    /// Keys, or the line that is being typed.
    pub hints: Rect,
}

impl Layout {
    /// The parts at this size; `None` where it is too small.
    pub fn of(width: u16, height: u16) -> Option<Self> {
        if width < LEAST.0 || height < LEAST.1 {
            return None;
        }
        let line = |y| Rect::new(0, y, width, 1);
        Some(Self {
            header: line(0),
            headline: line(1),
            crumbs: line(2),
            headings: line(3),
            body: Rect::new(0, 4, width, height - 6),
            status: line(height - 2),
            hints: line(height - 1),
        })
    }

    /// Room for a list that is chosen from: the middle of the screen, most of it where the screen is small.
    pub fn menu(&self) -> Rect {
        let screen = Rect::new(0, 0, self.header.width, self.hints.y + 1);
        let width = if screen.width < 110 { screen.width } else { 100 };
        let height = screen.height - 6;
        Rect::new((screen.width - width) / 2, 3, width, height)
    }

    /// Room for the dialog of an operation: so many lines and a frame, in the middle, as far as the screen goes. The first
    /// line of the screen and the last two stay in sight.
    pub fn dialog(&self, lines: usize) -> Rect {
        let (columns, most) = (self.header.width, self.hints.y - 2);
        let width = if columns < 110 { columns } else { 110 };
        let height = u16::try_from(lines + 2).unwrap_or(most).min(most);
        Rect::new((columns - width) / 2, 1 + (most - height) / 2, width, height)
    }

    /// Room for a form whose outcome grows while it is filled in: all that a dialog may take, and on a wide screen nearly its
    /// whole width, of which the second is the outcome's.
    pub fn desk(&self) -> (Rect, Option<u16>) {
        let whole = self.dialog(usize::from(u16::MAX));
        let columns = self.header.width;
        if columns < WIDE {
            return (whole, None);
        }
        let width = columns.min(WIDEST);
        let area = Rect::new((columns - width) / 2, whole.y, width, whole.height);
        (area, Some((width / 15 * 8).min(FORM)))
    }

    /// Lines of a list that is chosen from, under its title and its input.
    pub fn menu_rows(&self) -> usize {
        usize::from(self.menu().height.saturating_sub(4))
    }
}
