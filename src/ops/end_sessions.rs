//! Cancel what sessions run, or end them. Each is matched by its process id and the moment at which it began, so that
//! another session that got the same process id is never hit.

use jiff::Timestamp;

use super::{
    Ask, Operation, Refusal, blank,
    confirm::{Stake, tier},
    refusal::{fresh, place},
};
use crate::{
    facts::{
        pulse::Pulse,
        registry::Registry,
        server::Setup,
        sessions::{Session, Sessions, Whose, chains},
        tenants::Tenants,
    },
    model::{Act, Check, Kind, Plan, Question, Request, Step, Target, Tree, Undo, plural, quote},
    store::{Fact, Snapshot},
};

/// The names that programs which make backups give their sessions.
const BACKUPS: [&str; 6] = [
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "pgbackrest",
    "barman",
    "wal-g",
];

/// The operation.
pub struct EndSessions;

impl Operation for EndSessions {
    fn name(&self) -> &'static str {
        "end-sessions"
    }

    fn letter(&self) -> char {
        'e'
    }

    fn about(&self) -> &'static str {
        "cancel the statements of sessions, or end the sessions"
    }

    fn takes(&self) -> Kind {
        Kind::Session
    }

    fn asks(&self) -> &'static [Ask] {
        &[
            Ask {
                name: "how",
                words: &["cancel", "terminate"],
                about: "cancel the statement, or end the session",
            },
            Ask {
                name: "backups",
                words: &["leave", "end"],
                about: "what becomes of sessions of programs that make backups",
            },
        ]
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Pulse::NAME, Setup::NAME, Sessions::NAME, Registry::NAME, Tenants::NAME]
    }

    fn plan(&self, request: &Request, world: &Snapshot) -> Result<Plan, Refusal> {
        let terminate = request.arguments.get("how").is_some_and(|how| how == "terminate");
        let backups = request.arguments.get("backups").is_some_and(|what| what == "end");
        let (mut marked, mut left) = (Vec::new(), Vec::new());
        for target in &request.targets {
            match Marked::of(world, target, backups) {
                Ok(one) => marked.push(one),
                Err(refusal) => left.push(refusal),
            }
        }
        // Where something can be done, what is left alone is shown beside it.
        if marked.is_empty() {
            return Err(left.swap_remove(0));
        }
        let steps: Result<Vec<Tree>, Refusal> = marked.iter().map(|one| one.step(world, terminate)).collect();
        let verb = if terminate { "end" } else { "cancel" };
        let lost = marked.iter().filter(|_| terminate).map(Marked::loses);
        Ok(Plan {
            title: format!("{verb} {}", plural(marked.len(), "session")),
            steps: Tree::Each {
                cap: 8,
                waves: Vec::new(),
                gate: None,
                budget: marked.len(),
                over: steps?,
            },
            touches: marked
                .iter()
                .map(|one| one.touches(world))
                .chain(left.into_iter().map(|refusal| ("left alone".into(), refusal.what)))
                .collect(),
            lost: lost.collect(),
            confirm: tier(
                world.fleet.environment,
                &marked.iter().map(|one| one.target.clone()).collect::<Vec<_>>(),
                Stake::Reversible,
            ),
            ..blank(request, world)
        })
    }
}

/// A session that somebody chose.
struct Marked<'a> {
    target: Target,
    server: Target,
    seen: &'a Sessions,
    session: &'a Session,
    /// When it began, by the server's own clock.
    began: Timestamp,
}

impl<'a> Marked<'a> {
    fn of(world: &'a Snapshot, target: &Target, backups: bool) -> Result<Self, Refusal> {
        let server = Target::server(target.part(0), target.part(1));
        let seen = fresh::<Sessions>(world, &server)?.value;
        let pid: i32 = target
            .part(2)
            .parse()
            .map_err(|_| Refusal::new(format!("{target} has no process id")))?;
        let gone = || Refusal::new(format!("{target} is not there any more, or is our own"));
        let session = seen.find(pid).ok_or_else(gone)?;
        if session.kind != "client backend" {
            let what = format!("{target} is the server's own ({}): it is left alone", session.kind);
            return Err(Refusal::new(what).hint("stop it where it was started"));
        }
        if let Some(program) = session
            .application
            .as_ref()
            .filter(|name| !backups && BACKUPS.contains(&name.raw()))
        {
            let what = format!("{target} is a backup ({program}): it is left alone");
            return Err(Refusal::new(what).hint("--set backups=end"));
        }
        let hidden = || Refusal::new(format!("the server does not tell when {target} began"));
        let began = session.started.ok_or_else(hidden)?;
        Ok(Self {
            target: target.clone(),
            server,
            seen,
            session,
            began: began - seen.shifted,
        })
    }

    fn name(&self) -> String {
        let user = self
            .session
            .user
            .as_ref()
            .map_or_else(|| "a dropped role".to_owned(), ToString::to_string);
        format!("{user} (pid {})", self.session.pid)
    }

    fn step(&self, world: &Snapshot, terminate: bool) -> Result<Tree, Refusal> {
        let place = place(world, &self.server)?;
        // This session, or nothing.
        let this = format!("pid = {} and backend_start = {}", self.session.pid, moment(self.began));
        let (verb, function, still) = if terminate {
            ("end", "pg_terminate_backend", this.clone())
        } else {
            (
                "cancel",
                "pg_cancel_backend",
                format!("{this} and {}", self.statement()?),
            )
        };
        Ok(Tree::step(Step {
            name: format!("{verb} {}", self.name()),
            act: Act::Sql(place.sql(format!("select {function}(pid) from pg_stat_activity where {still}"))),
            again: true,
            check: Check {
                ask: Question::Sql(place.sql(format!(
                    "select not exists (select from pg_stat_activity where {still})"
                ))),
                within: 5,
            },
            undo: Undo::Nothing,
        }))
    }

    /// The statement that it runs now: a later one of the same session is not meant.
    fn statement(&self) -> Result<String, Refusal> {
        let running = self
            .session
            .query_at
            .filter(|_| self.session.state.as_deref() == Some("active"));
        let began = running.ok_or_else(|| {
            Refusal::new(format!("{} runs nothing that could be cancelled", self.target)).hint("--set how=terminate")
        })?;
        let began = moment(began - self.seen.shifted);
        Ok(format!("state = 'active' and query_start = {began}"))
    }

    /// Whose it is, and who stops waiting.
    fn touches(&self, world: &Snapshot) -> (String, String) {
        let tenant = Whose::of(world).tenant(&self.server, self.session);
        let tenant = tenant.map_or_else(
            || "no tenant is known".to_owned(),
            |tenant| format!("tenant {}", tenant.name),
        );
        let database = self
            .session
            .database
            .as_ref()
            .map_or_else(String::new, |name| format!(" in {name}"));
        let chains = chains(&self.seen.sessions);
        let chain = chains.iter().find(|chain| chain.root == self.session.pid);
        let frees = match chain.map_or(0, |chain| chain.victims.len()) {
            0 => "nobody waits for it".to_owned(),
            1 => "one session waits for it".to_owned(),
            n => format!("{n} sessions wait for it"),
        };
        (format!("{}{database}", self.name()), format!("{tenant}; {frees}"))
    }

    fn loses(&self) -> String {
        let open = self.session.transaction.is_some();
        let what = if open {
            "rolls back what it has not committed"
        } else {
            "has nothing uncommitted"
        };
        format!("{} {what}", self.name())
    }
}

/// A moment to the microsecond, which is all that the server keeps.
fn moment(at: Timestamp) -> String {
    quote::literal(&at.strftime("%Y-%m-%d %H:%M:%S%.6f+00").to_string()) + "::timestamptz"
}
