//! What the terminal shows, and the fewest bytes that turn it into what it should show.
//!
//! ratatui's own terminal writes 25 bytes for a frame in which nothing changed, and neither buffers nor brackets a
//! frame; so the frame is drawn into a `Buffer` of ours and the difference is encoded here.

mod diff;
mod pen;

use std::io::{self, Write};

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use pen::Pen;

/// The frame on the terminal and the one being drawn.
pub struct Screen {
    shown: Buffer,
    next: Buffer,
    pen: Pen,
    cursor: Option<Position>,
    stale: bool,
    out: Vec<u8>,
}

/// Frames that fit into one packet arrive whole; larger ones are bracketed (DEC private mode 2026), so that the
/// terminal never shows half of one.
const BRACKETED: usize = 512;

impl Screen {
    /// A terminal of this size, of whose content nothing is known.
    pub fn new(width: u16, height: u16) -> Self {
        let area = Rect::new(0, 0, width, height);
        Self {
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            pen: Pen::default(),
            cursor: None,
            stale: true,
            out: Vec::with_capacity(1 << 16),
        }
    }

    /// The terminal has a new size; its content is unknown again.
    pub fn resize(&mut self, width: u16, height: u16) {
        let area = Rect::new(0, 0, width, height);
        self.shown.resize(area);
        self.next.resize(area);
        self.stale = true;
    }

    /// Somebody else may have written to the terminal: the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// An empty frame to draw into.
    pub fn frame(&mut self) -> &mut Buffer {
        self.next.reset();
        &mut self.next
    }

    /// Makes the terminal show the frame, with the cursor there or hidden. One write, or none if nothing differs.
    /// Returns how many bytes were written.
    ///
    /// # Errors
    /// What the terminal's file answers.
    pub fn present(&mut self, cursor: Option<Position>, to: &mut impl Write) -> io::Result<usize> {
        self.out.clear();
        if self.stale {
            self.shown.reset();
            self.pen = Pen::default();
            self.cursor = None;
            self.out.extend_from_slice(b"\x1b[m\x1b[2J\x1b[?25l");
            self.stale = false;
        }
        let blank = self.out.len();
        let end = diff::encode(&self.shown, &self.next, &mut self.pen, &mut self.out);
        self.place(cursor, end, self.out.len() > blank);
        std::mem::swap(&mut self.shown, &mut self.next);
        if self.out.len() > BRACKETED {
            self.out.splice(0..0, *b"\x1b[?2026h");
            self.out.extend_from_slice(b"\x1b[?2026l");
        }
        if !self.out.is_empty() {
            to.write_all(&self.out)?;
            to.flush()?;
        }
        Ok(self.out.len())
    }

    fn place(&mut self, cursor: Option<Position>, end: Option<Position>, drawn: bool) {
        let was = self.cursor;
        self.cursor = cursor;
        match (was, cursor) {
            (None, None) => {}
            (Some(_), None) => self.out.extend_from_slice(b"\x1b[?25l"),
            (was, Some(at)) => {
                if (drawn && end != Some(at)) || (!drawn && was != Some(at)) {
                    diff::jump(at, &mut self.out);
                }
                if was.is_none() {
                    self.out.extend_from_slice(b"\x1b[?25h");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
