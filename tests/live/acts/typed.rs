//! From a terminal, over ssh, by keys alone: a tenant is brought in by the form, its proofs are seen, it stands in the views, and it
//! is taken back. Every key and its moment is printed.

use std::time::Instant;

use super::{
    clears::{CUT, Clears, Home},
    credentials, lines,
    screen::{presses, presses_away},
};
use crate::{
    faults::Heals,
    fingerprint::{fingerprint, is_as},
    ground::Ground,
    screenshots,
    terminal::Terminal,
};

/// A tenant that is typed.
struct Case {
    slug: &'static str,
    model: &'static str,
    instance: &'static str,
    home: Home,
    /// What else is asked where it lives: so many lines further down, and what is chosen there.
    besides: Option<(usize, &'static str)>,
    /// What is seen of it in the view of policies.
    policies: Option<&'static str>,
}

const CASES: [Case; 3] = [
    Case {
        slug: "harbour",
        model: "schema",
        instance: "atlas",
        home: Home::Schema("t_harbour"),
        besides: None,
        policies: None,
    },
    Case {
        slug: "lighthouse",
        model: "database",
        instance: "boreas",
        home: Home::Database("tenant_lighthouse"),
        besides: None,
        policies: None,
    },
    Case {
        slug: "saltmarsh",
        model: "shared",
        instance: "atlas",
        home: Home::Rows("saltmarsh"),
        // Some tables of the lab are open on purpose.
        besides: Some((6, "allow")),
        policies: Some("trusts the application"),
    },
];

/// Somebody at a terminal.
struct Typist {
    terminal: Terminal,
    began: Instant,
}

impl Typist {
    fn says(&self, keys: &str) {
        println!("{:>7.2} s  {keys:?}", self.began.elapsed().as_secs_f64());
    }

    fn types(&mut self, keys: &str, seen: &str) {
        self.says(keys);
        self.terminal.send(keys);
        self.terminal.sees(seen);
    }

    fn presses(&mut self, key: &str, awaited: impl Fn(&str) -> bool) {
        self.says(key);
        presses(&mut self.terminal, key, awaited);
    }
}

pub fn by_keys(ground: &Ground) {
    ground.settle();
    let _heals = Heals(ground);
    for case in &CASES {
        brought_in(ground, case);
    }
}

fn brought_in(ground: &Ground, case: &Case) {
    let server = format!("{}-a", case.instance);
    let before = fingerprint(ground, &server);
    let _clears = Clears {
        ground,
        instance: case.instance,
        slug: case.slug,
        home: case.home,
    };
    let count = lines::runs(ground).len();
    let mut typist = Typist {
        terminal: Terminal::over_ssh(
            ground.dir(),
            &[("COLORTERM", "truecolor")],
            &["--write", "T-32", "--theme", "catppuccin", "--open", "tenants"],
            (140, 40),
        ),
        began: Instant::now(),
    };
    typist.terminal.sees("WRITE");
    typist.types(":onboard\r", "its short name");
    // A name that misleads is told while it is typed.
    typist.types("prod", "would be taken for something else");
    typist.types("\x15", "its short name");
    typist.types(case.slug, "so far");
    typist.types("\t\t", "model");
    let chosen = format!("< {} >", case.model);
    typist.presses("\x1b[C", |screen| screen.contains(&chosen));
    if let Some((lines, chosen)) = case.besides {
        typist.types(&"\t".repeat(lines), "open to other tenants");
        let chosen = format!("< {chosen} >");
        typist.presses("\x1b[C", |screen| screen.contains(&chosen));
    }
    typist.terminal.sees("the plan, as it would be now");
    screenshots::of(&format!("onboard-{}", case.model), &typist.terminal);
    typist.types("\r", "y confirms");
    typist.says("y");
    presses_away(&mut typist.terminal, "y", "[ cancel ]");
    typist.terminal.sees("steps done");
    assert_eq!(lines::ended(ground, count + 1)["state"], "done");
    typist.presses("\x1b[6~", |screen| screen.contains("refused, as planned (42501)"));
    screenshots::of(&format!("onboard-{}-proof", case.model), &typist.terminal);
    // A login of its application is out, and is shown.
    let issued = credentials::read(
        ground,
        &format!("database/creds/{}-runtime-{}", case.instance, case.slug),
    );
    assert!(issued["lease_id"].is_string(), "{issued}");
    // As much of its name as a login of it has.
    let runtime: String = format!("{}-runtime-{}", case.instance, case.slug)
        .chars()
        .take(CUT)
        .collect();
    for (view, seen) in [
        ("tenants", case.model),
        ("credentials", runtime.as_str()),
        ("backups", "never"),
    ] {
        typist.types(&format!(":{view} /{}\r", case.slug), seen);
        typist.terminal.sees("1/1 of");
    }
    if let Some(seen) = case.policies {
        typist.types(":policies /customer\r", seen);
    }
    typist.types(":runs\r", "bring in");
    typist.types("\r", "steps done");
    typist.types("x", "take back what a run did that has ended");
    typist.types("u", "type 1, the number of targets");
    typist.presses("1", |screen| screen.contains("word  1_"));
    typist.presses("\t", |screen| screen.contains("y confirms"));
    typist.types("y", "steps done");
    assert_eq!(lines::ended(ground, count + 2)["state"], "done");
    is_as(ground, &server, &before, "taken back by keys");
}
