//! The roles of the secrets server for a new tenant: one for its application, one for whoever changes its schema.

use serde_json::{Value as Json, json};

use super::scene::{Lives, Scene};
use crate::{
    model::{Act, Call, Check, Is, Question, Say, Step, Text, Undo, quote},
    ops::{
        Refusal, lease, rotate,
        survey::{Inquiries, Inquiry, Known},
    },
};

const WITHIN: u64 = 5;
/// Connections of a login that changes the schema: one works, another looks on.
const MIGRATORS: u32 = 2;
/// Valid only as long as the lease, so that a role that nobody dropped does not log in for ever.
const LOGIN: &str = r#"CREATE ROLE "{{name}}" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"#;
const RENEW: &str = r#"ALTER ROLE "{{name}}" VALID UNTIL '{{expiration}}'"#;
/// It owns nothing and was granted nothing but what it is a member of: whatever it makes it makes as the owner.
const REVOKE: [&str; 3] = [
    r#"ALTER ROLE "{{name}}" NOLOGIN"#,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{{name}}'",
    r#"DROP ROLE "{{name}}""#,
];
const ROLLBACK: &str = r#"DROP ROLE IF EXISTS "{{name}}""#;

/// A role of the secrets server, as it is written.
pub(super) struct Leased<'a> {
    pub(super) name: &'a str,
    body: Json,
}

impl Scene<'_> {
    /// All of them.
    pub(super) fn leased(&self) -> Vec<Leased<'_>> {
        let runtime = Leased {
            name: &self.names.runtime,
            body: self.body(&self.runtime()),
        };
        let migrate = self.names.migrate.iter().map(|name| Leased {
            name,
            body: self.body(&self.migrator()),
        });
        std::iter::once(runtime).chain(migrate).collect()
    }

    /// Whether the secrets server has the role of its application; none where nobody has looked yet.
    pub(super) fn is_known(&self, known: Known<'_>) -> Result<Option<bool>, Refusal> {
        rotate::is_role(&self.names.runtime, known)
    }

    /// What makes a login of the application: the writer's rights by membership, and the limits of the tier.
    fn runtime(&self) -> Vec<String> {
        let tier = self.wishes.tier.1;
        let mut said = vec![format!(
            "{LOGIN} IN ROLE {} CONNECTION LIMIT {}",
            quote::ident(&self.names.writer),
            tier.connections
        )];
        let kb = |bytes: crate::model::Bytes| format!("{}kB", bytes.0 / 1024);
        let ms = |span: jiff::SignedDuration| format!("{}ms", span.as_millis());
        let settings = [
            ("statement_timeout", ms(tier.statement_timeout)),
            (
                "idle_in_transaction_session_timeout",
                ms(tier.idle_in_transaction_session_timeout),
            ),
            ("temp_file_limit", kb(tier.temp_file_limit)),
            ("work_mem", kb(tier.work_mem)),
        ];
        // Of shared tables the names are where everybody's application looks for them.
        said.extend((!matches!(self.lives, Lives::Rows(_))).then(|| self.path()));
        said.extend(settings.map(|(name, value)| set(name, &quote::literal(&value))));
        said
    }

    /// What makes a login that changes the schema: all that it makes belongs to the owner.
    fn migrator(&self) -> Vec<String> {
        let owner = &self.names.owner;
        vec![
            format!("{LOGIN} IN ROLE {} CONNECTION LIMIT {MIGRATORS}", quote::ident(owner)),
            set("role", &quote::literal(owner)),
            self.path(),
        ]
    }

    /// No name is found in a schema that others write to.
    fn path(&self) -> String {
        set("search_path", &quote::ident(&self.schema))
    }

    fn body(&self, creation: &[String]) -> Json {
        json!({
            "db_name": self.connection,
            "creation_statements": creation,
            "renew_statements": [RENEW],
            "revocation_statements": REVOKE,
            "rollback_statements": [ROLLBACK],
            "default_ttl": self.wishes.how.lease.as_secs(),
            "max_ttl": self.wishes.how.max_lease.as_secs(),
        })
    }

    /// Every statement that the engine would send for all of them, for a login of this name.
    pub(super) fn tried(&self, login: &str) -> Vec<String> {
        let fill = |statement: &str| {
            statement
                .replace("{{name}}", login)
                .replace("{{password}}", "")
                .replace("{{expiration}}", "infinity")
        };
        let migrator = self.names.migrate.is_some().then(|| self.migrator());
        let all: Vec<Vec<String>> = std::iter::once(self.runtime()).chain(migrator).collect();
        let one = all.iter().flat_map(|creation| {
            let creation = creation.iter().map(String::as_str);
            creation.chain([RENEW]).chain(REVOKE).map(fill).collect::<Vec<_>>()
        });
        one.collect()
    }

    /// Asked before there is a plan: which roles there are, and then whether those of its names are as they would be written.
    pub(super) fn asked(&self, known: Known<'_>) -> Result<Inquiries, Refusal> {
        let mut all = Inquiries::from([rotate::roles(&self.mount)]);
        for leased in self.leased() {
            if rotate::is_role(leased.name, known)? == Some(true) {
                all.insert(same(leased.name), Inquiry::Says(self.says(&leased)));
            }
        }
        Ok(all)
    }

    fn says(&self, leased: &Leased<'_>) -> Say {
        Say {
            path: self.path_of(leased.name),
            body: None,
            at: "/data".into(),
            is: Is::Like(leased.body.clone()),
        }
    }
}

impl Leased<'_> {
    /// Whether it is there, as it would be written; none where nobody has looked yet.
    pub(super) fn is_written(&self, known: Known<'_>) -> Result<Option<bool>, Refusal> {
        let name = self.name;
        match rotate::is_role(name, known)? {
            Some(true) => {}
            other => return Ok(other),
        }
        let Some(said) = known.rows(&same(name))? else {
            return Ok(None);
        };
        if said == ["true"] {
            return Ok(Some(true));
        }
        let what = format!(
            "the secrets server has a role {} already, and it is not as it would be written",
            Text::from(name)
        );
        Err(Refusal::new(what)
            .hint("choose another name, or remove what is left of the old one: it may be that leases of it live"))
    }
}

impl Scene<'_> {
    fn path_of(&self, name: &str) -> String {
        format!("{}/roles/{name}", self.mount)
    }

    /// The step that looks that there is none: somebody else may have written one of this name since the plan was made, and
    /// theirs is not written over, or removed.
    pub(super) fn free(&self, leased: &Leased<'_>) -> Step {
        let name = format!("the secrets server has no role {} yet", Text::from(leased.name));
        Step::look(name, self.lacks(leased), WITHIN)
    }

    /// That it is not there.
    pub(super) fn lacks(&self, leased: &Leased<'_>) -> Question {
        Question::Vault(Say {
            is: Is::Absent,
            ..self.says(leased)
        })
    }

    /// The steps that write it. Before it is removed again its leases end: without it nobody would know how.
    pub(super) fn write(&self, leased: &Leased<'_>) -> [Step; 2] {
        let none = lease::end_all(&self.mount, leased.name);
        let ended = Step {
            undo: Undo::Act(Act::Vault(none.clone())),
            ..Step::look(
                format!("no login of {} is out yet", Text::from(leased.name)),
                lease::read_back(&none),
                WITHIN,
            )
        };
        [self.written(leased), ended]
    }

    fn written(&self, leased: &Leased<'_>) -> Step {
        let path = self.path_of(leased.name);
        Step {
            name: format!("the secrets server gets the role {}", Text::from(leased.name)),
            act: Act::Vault(Call::write(path.clone(), leased.body.clone())),
            again: true,
            check: Check {
                ask: Question::Vault(self.says(leased)),
                within: WITHIN,
            },
            undo: Undo::Act(Act::Vault(Call::remove(path))),
        }
    }
}

fn set(name: &str, value: &str) -> String {
    format!(r#"ALTER ROLE "{{{{name}}}}" SET {name} = {value}"#)
}

fn same(role: &str) -> String {
    format!("whether the secrets server has the role {role} as it would be written")
}
