//! Which columns are shown, where, and how wide.

use crate::model::{Align, Column};

/// A column on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its place among the columns of the view.
    pub column: usize,
    /// Cells from the left edge of the table.
    pub x: u16,
    /// Cells it may fill.
    pub width: u16,
}

/// What there is to fit columns into.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Cells from edge to edge.
    pub width: u16,
    /// Cells between columns.
    pub gap: u16,
    /// Columns scrolled out to the left; the first stays.
    pub left: usize,
    /// Show every column, and let the last run over the edge.
    pub wide: bool,
}

/// Narrowest that a column of words may become where nothing else can go.
const LEAST: u16 = 6;

/// Columns that fit. `order` are places among `columns`; `natural` is the width that each of `columns` would fill, 0 where
/// it has nothing to say.
///
/// Where room is short, columns with nothing to say go first; then long words are cut, then the column of the highest rank goes; columns of rank 0 stay and
/// shrink. Scrolled or wide, nothing goes: what does not fit runs over the edge.
pub fn fit(columns: &[Column], order: &[usize], natural: &[u16], room: Room) -> Vec<Slot> {
    let said = |column: usize| natural.get(column).copied().unwrap_or(0);
    let width = |column: usize| match said(column) {
        0 => title(columns, column),
        said => said,
    };
    let words = |column: usize| columns.get(column).is_none_or(|column| column.align == Align::Left);
    let mut chosen: Vec<(usize, u16)> = order.iter().map(|column| (*column, width(*column))).collect();
    if room.wide || room.left > 0 {
        let first = chosen.len().min(1);
        let gone = room.left.min(chosen.len().saturating_sub(2));
        chosen.drain(first..first + gone);
    } else {
        let silent = |column: usize| said(column) == 0;
        while total(&chosen, room.gap) > room.width && drop_one(columns, &mut chosen, silent) {}
        for (column, width) in chosen.iter_mut().filter(|(column, _)| words(*column)) {
            *width = (*width).min(least(columns, *column));
        }
        while total(&chosen, room.gap) > room.width && drop_one(columns, &mut chosen, |_| true) {}
        shrink(columns, &mut chosen, room);
        grow(&mut chosen, natural, room);
    }
    place(&chosen, room)
}

/// Narrowest that this column becomes while another could go instead.
fn least(columns: &[Column], column: usize) -> u16 {
    columns
        .get(column)
        .map_or(0, |column| column.least.max(super::width(column.title)))
}

fn title(columns: &[Column], column: usize) -> u16 {
    columns.get(column).map_or(0, |column| super::width(column.title))
}

/// Gives what room is left to the narrowest of those that were cut, cell by cell.
fn grow(chosen: &mut [(usize, u16)], natural: &[u16], room: Room) {
    for _ in 0..room.width.saturating_sub(total(chosen, room.gap)) {
        let wanted = |column: usize| natural.get(column).copied().unwrap_or(0);
        let cut = chosen.iter_mut().filter(|(column, width)| *width < wanted(*column));
        match cut.min_by_key(|(_, width)| *width) {
            Some((_, width)) => *width += 1,
            None => return,
        }
    }
}

/// Cells that the columns fill, with what is between them.
fn total(chosen: &[(usize, u16)], gap: u16) -> u16 {
    let widths = chosen.iter().map(|(_, width)| *width);
    widths
        .fold(0_u16, |sum, width| sum.saturating_add(width).saturating_add(gap))
        .saturating_sub(gap)
}

/// Takes out the last column of the highest rank among those that may go; false where all that is left has rank 0.
fn drop_one(columns: &[Column], chosen: &mut Vec<(usize, u16)>, may: impl Fn(usize) -> bool) -> bool {
    let rank = |at: usize| columns.get(chosen[at].0).map_or(0, |column| column.rank);
    let those = (0..chosen.len()).filter(|at| may(chosen[*at].0));
    let last = those.max_by_key(|at| (rank(*at), *at));
    let Some(last) = last.filter(|at| rank(*at) > 0) else {
        return false;
    };
    chosen.remove(last);
    true
}

/// Takes cells from the widest columns of words until the rest fits.
fn shrink(columns: &[Column], chosen: &mut [(usize, u16)], room: Room) {
    let words = |column: usize| columns.get(column).is_none_or(|column| column.align == Align::Left);
    for _ in 0..total(chosen, room.gap).saturating_sub(room.width) {
        let wide = chosen
            .iter_mut()
            .filter(|(column, width)| words(*column) && *width > LEAST);
        match wide.max_by_key(|(_, width)| *width) {
            Some((_, width)) => *width -= 1,
            None => return,
        }
    }
}

fn place(chosen: &[(usize, u16)], room: Room) -> Vec<Slot> {
    let mut x = 0_u16;
    let mut slots = Vec::with_capacity(chosen.len());
    for (column, width) in chosen {
        let left = room.width.saturating_sub(x);
        if left == 0 {
            break;
        }
        slots.push(Slot {
            column: *column,
            x,
            width: (*width).min(left),
        });
        x = x.saturating_add(*width).saturating_add(room.gap);
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::words("name", "NAME", 0, 20, ""),
        Column::words("model", "MODEL", 2, 10, ""),
        Column::number("size", "SIZE", 1, 8, ""),
        Column::words("worst", "WORST", 0, 40, ""),
    ];
    const NATURAL: [u16; 4] = [12, 8, 6, 30];

    fn shown(width: u16, left: usize, wide: bool) -> Vec<(usize, u16, u16)> {
        let room = Room {
            width,
            gap: 2,
            left,
            wide,
        };
        let slots = fit(&COLUMNS, &[0, 1, 2, 3], &NATURAL, room);
        slots.iter().map(|slot| (slot.column, slot.x, slot.width)).collect()
    }

    #[test]
    fn the_highest_rank_goes_first_and_rank_zero_shrinks() {
        assert_eq!(shown(80, 0, false), [(0, 0, 12), (1, 14, 8), (2, 24, 6), (3, 32, 30)]);
        assert_eq!(shown(60, 0, false), [(0, 0, 12), (1, 14, 8), (2, 24, 6), (3, 32, 28)]);
        assert_eq!(shown(50, 0, false), [(0, 0, 12), (2, 14, 6), (3, 22, 28)]);
        assert_eq!(shown(40, 0, false), [(0, 0, 12), (3, 14, 26)]);
        assert_eq!(shown(30, 0, false), [(0, 0, 12), (3, 14, 16)]);
        assert_eq!(shown(10, 0, false), [(0, 0, 6), (3, 8, 2)]);
    }

    #[test]
    fn what_has_nothing_to_say_goes_before_a_word_is_cut() {
        let natural = [12, 0, 6, 30];
        let room = |width| Room {
            width,
            gap: 2,
            left: 0,
            wide: false,
        };
        let shown = |width| -> Vec<usize> {
            let slots = fit(&COLUMNS, &[0, 1, 2, 3], &natural, room(width));
            slots.iter().map(|slot| slot.column).collect()
        };
        assert_eq!(shown(80), [0, 1, 2, 3]);
        assert_eq!(shown(56), [0, 2, 3]);
    }

    #[test]
    fn scrolled_columns_leave_but_the_first_stays() {
        assert_eq!(shown(30, 1, false), [(0, 0, 12), (2, 14, 6), (3, 22, 8)]);
        assert_eq!(shown(30, 9, false), [(0, 0, 12), (3, 14, 16)]);
        assert_eq!(shown(30, 0, true), [(0, 0, 12), (1, 14, 8), (2, 24, 6)]);
    }

    #[test]
    fn nothing_is_ever_placed_outside() {
        for width in 0..100 {
            for left in 0..5 {
                for slot in fit(
                    &COLUMNS,
                    &[0, 1, 2, 3],
                    &NATURAL,
                    Room {
                        width,
                        gap: 1,
                        left,
                        wide: left == 3,
                    },
                ) {
                    assert!(slot.x + slot.width <= width, "{slot:?} in {width}");
                }
            }
        }
    }
}
