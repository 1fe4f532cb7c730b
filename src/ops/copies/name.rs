//! What a copy is called: after its instance and its moment, so that the same is made only once.

use crate::{
    model::{Beside, Copies, Making, Moment},
    ops::Refusal,
};

/// The longest name: it is part of the path of a socket, and names of clusters end at 63 bytes.
const LONGEST: usize = 60;

/// The name of the copy at this moment.
///
/// # Errors
/// Where there is one already.
pub fn of(instance: &str, moment: &Moment, copies: &Copies) -> Result<String, Refusal> {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "_.-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let word = match moment {
        Moment::Time(time) => match time.subsec_nanosecond() {
            0 => time.strftime("%Y%m%dT%H%M%SZ").to_string(),
            _ => time.strftime("%Y%m%dT%H%M%S.%6fZ").to_string(),
        },
        Moment::Name(name) => format!("at-{name}"),
        Moment::Lsn(lsn) => format!("at-{lsn}"),
        Moment::Before(lsn, _) => format!("before-{lsn}"),
        Moment::Latest => "latest".into(),
    };
    let base: String = format!("{instance}-{word}").chars().map(plain).take(LONGEST).collect();
    let there = |id: &str| copies.copies.iter().find(|copy| copy.id.raw() == id);
    for number in 1_u32.. {
        let id = if number == 1 {
            base.clone()
        } else {
            format!("{base}-{number}")
        };
        match there(&id) {
            None => return Ok(id),
            Some(copy) if *moment == Moment::Latest && !is_left(copy) => {}
            Some(copy) if copy.moment != *moment => {}
            Some(copy) if is_left(copy) => return Ok(id),
            Some(copy) => {
                let what = format!(
                    "there is a copy of {instance} at that moment: {id} is {}",
                    copy.stage.word()
                );
                return Err(Refusal::new(what).hint("read from it, or remove it first (the view `copies`)"));
            }
        }
    }
    Ok(base)
}

/// Whether it was left behind, and can be gone on with.
fn is_left(copy: &Beside) -> bool {
    matches!(copy.stage, Making::Failed | Making::Stopped)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::model::{Beside, Copies, Making};

    fn copies(id: &str, moment: &str, stage: Making) -> Copies {
        Copies {
            copies: vec![Beside {
                id: id.into(),
                stanza: "atlas".into(),
                system: "77".into(),
                moment: moment.parse().unwrap(),
                stage,
                why: None,
                began: "2026-11-26T04:00:00Z".parse().unwrap(),
                ended: None,
                binaries: "/bin".into(),
                pid: None,
                server: None,
            }],
            ..Copies::default()
        }
    }

    #[test]
    fn the_same_moment_is_the_same_copy_and_one_that_was_left_behind_is_gone_on_with() {
        let moment = "2026-11-26T03:00:00Z";
        let id = "atlas-20261126T030000Z";
        let name = |copies: &Copies| of("atlas", &moment.parse().unwrap(), copies);
        assert_eq!(name(&Copies::default()).unwrap(), id);
        assert_eq!(name(&copies(id, moment, Making::Failed)).unwrap(), id);
        let refusal = name(&copies(id, moment, Making::Paused)).unwrap_err();
        assert!(refusal.what.contains("is paused"), "{refusal}");
        assert_eq!(name(&copies(id, "latest", Making::Paused)).unwrap(), format!("{id}-2"));
    }

    #[test]
    fn the_latest_is_another_each_time_and_no_name_means_anything_to_a_shell() {
        let latest = |copies: &Copies| of("atlas", &"latest".parse().unwrap(), copies).unwrap();
        assert_eq!(
            latest(&copies("atlas-latest", "latest", Making::Paused)),
            "atlas-latest-2"
        );
        assert_eq!(
            latest(&copies("atlas-latest", "latest", Making::Stopped)),
            "atlas-latest"
        );
        let odd = of("a b/$(c)", &"lsn:0/1F".parse().unwrap(), &Copies::default()).unwrap();
        assert_eq!(odd, "a_b___c_-at-0_1F");
    }
}
