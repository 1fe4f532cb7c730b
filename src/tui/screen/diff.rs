//! The difference of two frames, as bytes for a terminal that shows the first.

use std::io::Write;

use ratatui::{
    buffer::{Buffer, Cell, CellWidth},
    layout::Position,
    style::{Color, Modifier},
};

use super::pen::Pen;

/// A gap of unchanged cells that is no longer than this may be cheaper to write again than to jump over.
const REWRITE: u16 = 12;

/// Moves the cursor.
pub(super) fn jump(to: Position, out: &mut Vec<u8>) {
    let (row, column) = (to.y + 1, to.x + 1);
    // Writing to a vector cannot fail.
    let _ = match (row, column) {
        (1, 1) => write!(out, "\x1b[H"),
        (_, 1) => write!(out, "\x1b[{row}H"),
        _ => write!(out, "\x1b[{row};{column}H"),
    };
}

/// Appends what turns `old` into `new`; says where the cursor ends up, if that is known.
pub(super) fn encode(old: &Buffer, new: &Buffer, pen: &mut Pen, out: &mut Vec<u8>) -> Option<Position> {
    let mut scribe = Scribe { pen, out, at: None };
    let width = usize::from(new.area.width);
    if width == 0 {
        return None;
    }
    let rows = old.content.chunks(width).zip(new.content.chunks(width));
    for (y, (old, new)) in (0..).zip(rows) {
        scribe.row(y, old, new);
    }
    scribe.at
}

struct Scribe<'a> {
    pen: &'a mut Pen,
    out: &'a mut Vec<u8>,
    at: Option<Position>,
}

impl Scribe<'_> {
    fn row(&mut self, y: u16, old: &[Cell], new: &[Cell]) {
        let last = new.iter().rposition(|cell| !empty(cell));
        let tail = last.map_or(0, |last| last + span(&new[last])).min(new.len());
        let erased = (tail..new.len()).filter(|x| !alike(&old[*x], &new[*x])).count() > 3;
        let end = if erased { tail } else { new.len() };
        let mut x = 0;
        let mut torn = 0;
        while x < end {
            let wide = span(&new[x]);
            if x < torn || !alike(&old[x], &new[x]) {
                // Half of a wide character that was here is left behind, and has to be overwritten.
                let covered = (x..x + wide).filter_map(|x| Some(x + span(old.get(x)?)));
                torn = covered.max().unwrap_or(x).max(torn);
                self.travel(to_u16(x), y, new);
                self.write(&new[x], wide, new.len());
            }
            x += wide;
        }
        if erased {
            self.travel(to_u16(tail), y, new);
            let plain = Pen {
                bg: Color::Reset,
                modifier: self.pen.modifier - Modifier::REVERSED,
                ..*self.pen
            };
            plain.change_from(self.pen, self.out);
            self.out.extend_from_slice(b"\x1b[K");
        }
    }

    /// Goes there by the shortest way.
    fn travel(&mut self, x: u16, y: u16, row: &[Cell]) {
        let to = Position { x, y };
        if self.at == Some(to) {
            return;
        }
        let mut best = Vec::with_capacity(10);
        jump(to, &mut best);
        if let Some(from) = self.at {
            if from.y == y && from.x < x {
                let forward = match x - from.x {
                    1 => "\x1b[C".to_owned(),
                    n => format!("\x1b[{n}C"),
                };
                shorter(&mut best, forward.into_bytes());
                let gap = &row[usize::from(from.x)..usize::from(x)];
                if x - from.x <= REWRITE && gap.iter().all(|cell| Pen::of(cell, *self.pen) == *self.pen) {
                    shorter(&mut best, again(gap));
                }
            } else if x == 0 && from.y + 1 == y {
                shorter(&mut best, b"\r\n".to_vec());
            }
        }
        self.out.append(&mut best);
        self.at = Some(to);
    }

    fn write(&mut self, cell: &Cell, wide: usize, width: usize) {
        Pen::of(cell, *self.pen).change_from(self.pen, self.out);
        self.out.extend_from_slice(cell.symbol().as_bytes());
        // After the last column terminals differ in where the cursor stands.
        self.at = self.at.map(|at| Position {
            x: at.x + to_u16(wide),
            ..at
        });
        self.at = self.at.filter(|at| usize::from(at.x) < width);
    }
}

/// The characters of these cells, without the cells that wide ones cover.
fn again(cells: &[Cell]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(cells.len());
    let mut x = 0;
    while x < cells.len() {
        bytes.extend_from_slice(cells[x].symbol().as_bytes());
        x += span(&cells[x]);
    }
    bytes
}

/// How many cells the character covers.
fn span(cell: &Cell) -> usize {
    usize::from(cell.cell_width().max(1))
}

fn shorter(best: &mut Vec<u8>, other: Vec<u8>) {
    if other.len() < best.len() {
        *best = other;
    }
}

fn to_u16(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

/// Whether two cells look the same.
fn alike(a: &Cell, b: &Cell) -> bool {
    let pen = Pen::default();
    a.symbol() == b.symbol() && Pen::of(a, pen) == Pen::of(b, pen)
}

/// Whether erasing gives this cell.
fn empty(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell, Pen::default()) == Pen::default()
}
