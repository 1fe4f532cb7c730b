//! Words measured and cut by cells of the terminal; a wide character is never split.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many cells the words take.
pub fn width(words: &str) -> u16 {
    let cells = if words.is_ascii() { words.len() } else { words.width() };
    u16::try_from(cells).unwrap_or(u16::MAX)
}

/// The words, or as many of them as fit with `more` at their end.
pub fn cut<'a>(words: &'a str, room: u16, more: &str) -> Cow<'a, str> {
    if width(words) <= room {
        return words.into();
    }
    let Some(mut left) = room.checked_sub(width(more)) else {
        return "".into();
    };
    let mut kept = String::with_capacity(usize::from(room) + more.len());
    for c in words.chars() {
        let cells = u16::try_from(c.width().unwrap_or(0)).unwrap_or(0);
        if cells > left {
            break;
        }
        left -= cells;
        kept.push(c);
    }
    kept.push_str(more);
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::{cut, width};

    #[test]
    fn words_are_cut_by_cells() {
        for (words, room, shown) in [
            ("acme", 4, "acme"),
            ("acme-billing", 8, "acme-bi…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("日本語", 1, "…"),
            ("acme", 0, ""),
        ] {
            let kept = cut(words, room, "…");
            assert_eq!(kept, shown);
            assert!(width(&kept) <= room);
        }
    }
}
