//! How many colours a terminal has, and the nearest of them to a colour it has not.

use std::collections::BTreeMap;

use ratatui::style::Color;

/// How many colours can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: bold, reversed and the like must do.
    None,
    /// The terminal's own sixteen.
    #[default]
    Sixteen,
    /// The xterm palette.
    Indexed,
    /// Any.
    True,
}

/// What `--color` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// As many as the terminal has.
    #[default]
    Auto,
    /// Colours even where nobody looks.
    Always,
    /// None.
    Never,
    /// So many, whatever the terminal says.
    Exactly(Depth),
}

impl std::str::FromStr for ColorChoice {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            "16" => Ok(Self::Exactly(Depth::Sixteen)),
            "256" => Ok(Self::Exactly(Depth::Indexed)),
            "truecolor" => Ok(Self::Exactly(Depth::True)),
            _ => Err("auto, always, never, 16, 256 or truecolor".into()),
        }
    }
}

impl Depth {
    /// What the terminal has, by its own account (`COLORTERM`, `TERM`) and the operator's wish (`--color`,
    /// [`NO_COLOR`](https://no-color.org), [`CLICOLOR_FORCE`](https://bixense.com/clicolors)).
    pub fn detect(choice: ColorChoice, env: &BTreeMap<String, String>, terminal: bool) -> Self {
        let set = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
        let forced = env
            .get("CLICOLOR_FORCE")
            .is_some_and(|value| !matches!(value.as_str(), "" | "0"));
        match choice {
            ColorChoice::Never => Self::None,
            ColorChoice::Exactly(depth) => depth,
            ColorChoice::Always => Self::of_terminal(env).max(Self::Sixteen),
            ColorChoice::Auto if set("NO_COLOR") => Self::None,
            ColorChoice::Auto if forced => Self::of_terminal(env).max(Self::Sixteen),
            ColorChoice::Auto if !terminal => Self::None,
            ColorChoice::Auto => Self::of_terminal(env),
        }
    }

    fn of_terminal(env: &BTreeMap<String, String>) -> Self {
        let word = |name: &str| env.get(name).map_or("", String::as_str);
        let term = word("TERM");
        match word("COLORTERM") {
            "truecolor" | "24bit" => Self::True,
            _ if term.ends_with("-direct") => Self::True,
            _ if term.contains("256color") => Self::Indexed,
            _ if matches!(term, "dumb" | "") || term.starts_with("vt") => Self::None,
            _ => Self::Sixteen,
        }
    }

    /// The colours to choose from; none where every colour can be shown, or none at all.
    pub(super) fn palette(self) -> Palette {
        let among = |numbers: std::ops::RangeInclusive<u8>, color: fn(u8) -> Color| {
            Palette(numbers.map(|n| (oklab(xterm(n)), color(n))).collect())
        };
        match self {
            Self::None | Self::True => Palette(Vec::new()),
            Self::Indexed => among(16..=255, Color::Indexed),
            Self::Sixteen => among(0..=15, |n| SIXTEEN[usize::from(n)]),
        }
    }
}

/// Colours that a terminal has, with how they look.
pub(super) struct Palette(Vec<([f64; 3], Color)>);

impl Palette {
    /// The nearest colour that is not the one beneath it; the colour itself where it needs no other.
    pub(super) fn nearest(&self, color: Color, beneath: Option<Color>) -> Color {
        let Color::Rgb(r, g, b) = color else { return color };
        let wanted = oklab((r, g, b));
        let distance = |look: &[f64; 3]| look.iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let others = self.0.iter().filter(|(_, other)| Some(*other) != beneath);
        let nearest = others.min_by(|(a, _), (b, _)| distance(a).total_cmp(&distance(b)));
        nearest.map_or(color, |(_, color)| *color)
    }
}

/// The sixteen by their number.
const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The first sixteen as xterm draws them; a terminal may draw them otherwise, but seldom far from it.
const XTERM: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

/// A colour of the xterm palette: sixteen, a cube of six to the third, twenty-four greys.
fn xterm(n: u8) -> (u8, u8, u8) {
    let step = |level: u8| if level == 0 { 0 } else { 55 + level * 40 };
    match n {
        0..=15 => XTERM[usize::from(n)],
        16..=231 => (step((n - 16) / 36), step((n - 16) / 6 % 6), step((n - 16) % 6)),
        232..=255 => (8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10),
    }
}

/// Where equal distances look equal: Björn Ottosson, "A perceptual color space for image processing" (2020).
fn oklab((red, green, blue): (u8, u8, u8)) -> [f64; 3] {
    const CONES: [[f64; 3]; 3] = [
        [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
        [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
        [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
    ];
    const OPPONENTS: [[f64; 3]; 3] = [
        [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
        [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
        [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
    ];
    let cones = times(&CONES, [red, green, blue].map(linear)).map(f64::cbrt);
    times(&OPPONENTS, cones)
}

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// sRGB to linear light, IEC 61966-2-1.
fn linear(channel: u8) -> f64 {
    let c = f64::from(channel) / 255.0;
    if c <= 0.040_45 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn a_terminal_says_how_many_colours_it_has() {
        for (pairs, depth) in [
            (
                &[("COLORTERM", "truecolor"), ("TERM", "xterm-256color")][..],
                Depth::True,
            ),
            (&[("TERM", "xterm-256color")], Depth::Indexed),
            (&[("TERM", "tmux-256color")], Depth::Indexed),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "dumb")], Depth::None),
            (&[], Depth::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Indexed),
        ] {
            assert_eq!(Depth::detect(ColorChoice::Auto, &env(pairs), true), depth, "{pairs:?}");
        }
    }

    #[test]
    fn a_wish_wins_over_the_terminal() {
        let dumb = env(&[("TERM", "dumb"), ("NO_COLOR", "1")]);
        assert_eq!(Depth::detect(ColorChoice::Always, &dumb, false), Depth::Sixteen);
        assert_eq!(
            Depth::detect(ColorChoice::Exactly(Depth::True), &dumb, false),
            Depth::True
        );
        let rich = env(&[("COLORTERM", "truecolor")]);
        assert_eq!(Depth::detect(ColorChoice::Never, &rich, true), Depth::None);
        assert_eq!(Depth::detect(ColorChoice::Auto, &rich, false), Depth::None);
        let forced = env(&[("COLORTERM", "truecolor"), ("CLICOLOR_FORCE", "1")]);
        assert_eq!(Depth::detect(ColorChoice::Auto, &forced, false), Depth::True);
    }

    #[test]
    fn a_colour_becomes_the_nearest_that_there_is() {
        let red = Color::Rgb(250, 10, 10);
        let (indexed, sixteen) = (Depth::Indexed.palette(), Depth::Sixteen.palette());
        assert_eq!(Depth::True.palette().nearest(red, None), red);
        assert_eq!(indexed.nearest(red, None), Color::Indexed(196));
        assert_eq!(indexed.nearest(Color::Rgb(8, 8, 8), None), Color::Indexed(232));
        assert_eq!(sixteen.nearest(red, None), Color::LightRed);
        assert_eq!(sixteen.nearest(red, Some(Color::LightRed)), Color::Red);
        assert_eq!(sixteen.nearest(Color::Blue, None), Color::Blue);
    }
}
