//! Names that could be mistaken for each other, by the tables of Unicode's Technical Standard 39.

use unicode_normalization::UnicodeNormalization;

use super::called::unseen;

/// Whether two names could be mistaken for each other: one has the [`skeleton`] of the other.
pub fn alike(a: &str, b: &str) -> bool {
    skeleton(a) == skeleton(b)
}

/// What is left of a name once everything is gone that an eye passes over: letter case, what cannot be seen, blanks, `_`, `-`
/// and `.`; and letters are those of ASCII that they look like.
///
/// It rather finds two names alike that are not: `I` is a capital `i` and looks like `l` and `1`, so all four are one. It is
/// no name itself and is only to be compared.
pub fn skeleton(text: &str) -> String {
    let seen: Vec<char> = text.nfd().filter(|c| !unseen(*c)).collect();
    let beside_latin = seen.iter().any(char::is_ascii_alphabetic);
    let letters: String = seen.into_iter().map(|c| look(c, beside_latin)).collect();
    let letters = letters.to_lowercase();
    let bones = unicode_security::skeleton(&letters).filter(|c| !passed_over(*c));
    bones.map(|c| if c == 'i' { 'l' } else { c }).collect()
}

fn passed_over(c: char) -> bool {
    c.is_whitespace() || ['_', '-', '.'].contains(&c)
}

/// What a letter looks like: a letter of ASCII if it does so itself, or in the other case, as Cyrillic `в` by its `В`.
///
/// A few look like one letter when small and like another when capital: Greek `ν` like `v`, `Ν` like `N`. Beside Latin
/// letters they are taken as they are written, for there they may pass for one; in a word of their own as small ones, so
/// that letter case does not tell it apart.
fn look(c: char, beside_latin: bool) -> String {
    // By way of the capital, `ς` is a `σ` and `ß` is `ss`.
    let folded = c.to_lowercase().flat_map(char::to_uppercase);
    let small: String = folded.flat_map(char::to_lowercase).collect();
    let capital = small.to_uppercase();
    let written = beside_latin.then(|| c.to_string());
    let bare = |form: &String| unicode_security::skeleton(form).collect::<String>();
    let mut looks = written.iter().chain([&small, &capital]).map(bare);
    looks.find(|look| look.is_ascii()).unwrap_or_else(|| bare(&small))
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn what_could_be_mistaken_is_alike() {
        for (a, b) in [
            ("prod", "pr\u{202e}od"),
            ("prod", "PROD"),
            ("prod", "pr\u{200b}\u{ad}o\u{2800}d"),
            ("paypal", "p\u{430}ypal"),
            ("paypal", "PAYPAI"),
            ("l", "1"),
            ("l", "I"),
            ("1", "I"),
            ("ILO", "ilo"),
            ("O2", "o2"),
            ("O2", "02"),
            ("cafe_neu", "cafe-neu"),
            ("cafe_neu", "Cafe Neu"),
            ("cafe_neu", "cafe.\u{a0}neu"),
            ("modern", "rnodem"),
            // Latin, and Cyrillic or Greek capitals.
            ("BACA", "\u{412}\u{410}\u{421}\u{410}"),
            ("Nike", "\u{39d}ike"),
            ("You", "\u{3a5}ou"),
            // One word in two cases.
            ("\u{413}\u{430}\u{437}", "\u{433}\u{430}\u{437}"),
            ("\u{39d}\u{399}\u{39a}\u{397}", "\u{3bd}\u{3b9}\u{3ba}\u{3b7}"),
            ("\u{39f}\u{3a3}", "\u{3bf}\u{3c2}"),
            ("Straße", "STRASSE"),
            // One letter in two forms.
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{389}", "\u{397}\u{301}"),
            ("ａｃｍｅ", "acme"),
        ] {
            assert!(alike(a, b), "{a:?} {b:?}: {:?} {:?}", skeleton(a), skeleton(b));
        }
    }

    #[test]
    fn what_an_eye_tells_apart_is_not_alike() {
        for (a, b) in [
            ("acme", "acne"),
            ("acme", "acme2"),
            ("caf\u{e9}", "cafe"),
            ("north", "south"),
            ("\u{65e5}\u{672c}", "\u{65e5}\u{6728}"),
            ("yes", "ues"),
            ("vine", "nine"),
            ("b2", "62"),
            ("shop_12", "shop_13"),
        ] {
            assert!(!alike(a, b), "{a:?} {b:?}: {:?}", skeleton(a));
        }
    }

    #[test]
    fn letter_case_tells_no_word_apart() {
        let capitals = ('\0'..=char::MAX).filter(|c| !c.to_lowercase().eq([*c]));
        for c in capitals {
            let (capital, small) = (c.to_string(), c.to_lowercase().to_string());
            assert!(
                alike(&capital, &small),
                "{capital} {small}: {:?} {:?}",
                skeleton(&capital),
                skeleton(&small)
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 1000,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(39),
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_cannot_be_seen_tells_nothing_apart(
            letters in proptest::collection::vec("[a-zа-яα-ω0-9 ]", 1..20),
            between in "[\u{200b}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{ad} _.-]{0,3}",
        ) {
            prop_assert_eq!(skeleton(&letters.join(&between)), skeleton(&letters.concat()));
        }
    }
}
