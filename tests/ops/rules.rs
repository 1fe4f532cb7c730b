//! Confirmation: what must be typed, what a plan that drifted is worth, and who takes a run up again.

use tenantry::{
    model::{Confirm, Said},
    ops::{Confirmed, Mismatch, confirm, digest},
};

use crate::{
    plans::{migrate, restore},
    sim::said,
};

#[test]
fn only_the_word_confirms() {
    let mut plan = restore();
    for (wanted, others) in [
        (Confirm::Yes, ["", "yes", "Y", "\r"]),
        (Confirm::Count(3), ["", "y", "03", "3 "]),
        (Confirm::Name("prod".into()), ["", "pr\u{202e}od", "Prod", "prod\n"]),
    ] {
        plan.confirm = wanted.clone();
        let shown = digest(&plan);
        for word in others {
            let said = Said {
                word: word.into(),
                ..said(&plan)
            };
            let refused = confirm(plan.clone(), &shown, said).expect_err(word);
            assert_eq!(refused, Mismatch::Word { wanted: wanted.word() });
        }
        assert!(confirm(plan.clone(), &shown, said(&plan)).is_ok());
    }
}

#[test]
fn a_loss_wants_a_reason() {
    let mut plan = restore();
    plan.confirm = Confirm::Name("prod".into());
    for reason in [None, Some(" ".to_owned())] {
        let said = Said { reason, ..said(&plan) };
        assert_eq!(confirm(plan.clone(), &digest(&plan), said), Err(Mismatch::Reason));
    }
}

#[test]
fn a_plan_that_is_not_the_one_that_was_shown_is_void() {
    let (shown, now) = (restore(), migrate(3, 0));
    let refused = confirm(now.clone(), &digest(&shown), said(&now)).expect_err("drifted");
    assert!(matches!(refused, Mismatch::Drift { .. }));
    // So is one whose journal says otherwise than its digest.
    assert!(Confirmed::again(&now, &digest(&shown), said(&now)).is_err());
}
