//! A made-up plan, for tests.

use crate::model::{Act, Check, Confirm, Environment, Place, Plan, Question, Request, Said, Step, Target, Tree, Undo};

pub(super) fn said() -> Said {
    Said {
        by: "ada".into(),
        login: None,
        from: None,
        word: "y".into(),
        reason: None,
        permit: None,
        at: "2026-11-24T03:00:00Z".parse().unwrap(),
    }
}

pub(super) fn plan(steps: Tree) -> Plan {
    Plan {
        fleet: "test".into(),
        environment: Environment::Lab,
        request: Request {
            operation: "made-up".into(),
            targets: vec![],
            arguments: [].into(),
            ..Request::default()
        },
        title: "do it".into(),
        steps,
        touches: vec![],
        difference: None,
        artefacts: vec![],
        seen: vec![],
        evidence: None,
        lost: vec![],
        farewell: None,
        confirm: Confirm::Yes,
        approval: None,
        then: None,
    }
}

fn place(instance: &str) -> Place {
    Place {
        server: Target::server(instance, "a"),
        database: None,
        system: "77".into(),
        timeline: 1,
        recovery: false,
    }
}

pub(super) fn look(instance: &str, name: &str) -> Step {
    Step::look(name, Question::Sql(place(instance).sql("is it")), 60)
}

/// A look, then a deed with a way back: two steps.
pub(super) fn child(instance: &str, name: &str) -> Tree {
    let sql = |text: &str| place(instance).sql(text);
    let deed = Step {
        name: format!("{name}: file"),
        act: Act::Sql(sql("set")),
        again: true,
        check: Check {
            ask: Question::Sql(sql("is it")),
            within: 1,
        },
        undo: Undo::Act(Act::Sql(sql("clear"))),
    };
    Tree::Seq(vec![
        Tree::step(look(instance, &format!("{name}: bears it"))),
        Tree::step(deed),
    ])
}
