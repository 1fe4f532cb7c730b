//! The new database of a tenant that moves: the dump is poured into it as its new owner, compared with the copy, and given to those who
//! use it there.

use super::WITHIN;
use crate::{
    facts::server::Setup,
    model::{
        Act, Check, Isolation, Limits, Look, Pour, Question, Step, Target, Text, Transact, Undo, history, plural, quote,
    },
    ops::{
        Refusal,
        onboard::{self, Scene, WRITES},
        refusal::fresh,
        survey::{Inquiries, Known},
        whole::{
            CONTENT, DIGESTS, FORMS,
            content::{self, Content, Rights},
            scene::{HOURS, Scene as Source},
        },
    },
    store::Snapshot,
};

const ALL: &str = "the digest of all that the copy has of it";
const NAMED: &str = "functions in the copy that name its schema";
/// Nobody is there yet.
const LIMITS: Limits = Limits {
    lock: 2_000,
    retries: 5,
    budget: HOURS * 1000,
};

/// What is poured, and where to.
pub(super) struct Fill<'a> {
    source: &'a Source<'a>,
    scene: &'a Scene<'a>,
    copied: Content,
    forms: &'a [String],
    digests: &'a [String],
    /// The schema that it has in the copy, where it is called otherwise then.
    renamed: Option<&'a str>,
    /// The digest of all of it, as its new place tells it.
    pub(super) content: Option<String>,
    readers: &'a str,
}

impl<'a> Fill<'a> {
    /// What there is to find out in the copy.
    pub(super) fn asks(source: &Source<'_>, scene: &Scene<'_>, known: Known<'_>) -> Result<Inquiries, Refusal> {
        let (whose, alone) = (source.whose(), source.model != Isolation::Schema);
        let owner = "select current_user::text";
        let schema = schema_of(source, scene);
        let mut all = Inquiries::new();
        let mut ask = |name: &str, sql: String| all.insert(name.to_owned(), source.ask_copy(sql));
        ask(CONTENT, content::ask(&whose, owner, alone));
        ask(FORMS, content::ask_forms(&whose, Rights::Others));
        ask(ALL, format!("select ({})", onboard::content(schema)));
        ask(NAMED, named(schema));
        if let Some(rows) = known.rows(CONTENT)? {
            let content: Content = content::one(rows)?;
            ask(DIGESTS, content::ask_digests(&content.items));
        }
        Ok(all)
    }

    pub(super) fn of(source: &'a Source<'a>, scene: &'a Scene<'a>, world: &'a Snapshot) -> Result<Self, Refusal> {
        let known = Known::of(world);
        let none = || Refusal::new("nothing was found out yet");
        let rows = |name: &str| known.rows(name)?.ok_or_else(none);
        let copied: Content = content::one(rows(CONTENT)?)?;
        let renamed = (source.model == Isolation::Schema).then_some(source.id);
        let renamed = renamed.filter(|name| *name != scene.schema);
        let named = if renamed.is_some() {
            rows(NAMED)?.to_vec()
        } else {
            Vec::new()
        };
        for (words, hint, names) in [
            (
                "only a superuser makes anew what is in it",
                "bring that there by hand first, and take it out here",
                &copied.needs,
            ),
            (
                "it refers to tables of others, which stay here",
                "drop these foreign keys first",
                &copied.waits,
            ),
            (
                "rows of unlogged tables are in no backup",
                "ALTER TABLE … SET LOGGED first",
                &copied.unlogged,
            ),
            (
                "its schema gets another name, and these functions say the old one",
                "let them say no schema",
                &named,
            ),
        ] {
            if !names.is_empty() {
                let names: Vec<String> = names.iter().map(|name| Text::from(name.as_str()).to_string()).collect();
                return Err(Refusal::new(format!("{words}: {}", names.join(", "))).hint(hint));
            }
        }
        takes(source, scene, renamed.is_some(), world)?;
        let alone = || Refusal::new("it moves to a database of its own alone");
        let readers = scene.watcher().ok_or_else(alone)?;
        Ok(Self {
            copied,
            forms: rows(FORMS)?,
            digests: rows(DIGESTS)?,
            renamed,
            content: rows(ALL)?.first().cloned(),
            readers,
            source,
            scene,
        })
    }

    /// How much it is.
    pub(super) fn told(&self) -> String {
        let sequences = self.copied.items.iter().filter(|item| item.sequence).count();
        format!(
            "{}, {} and what belongs to them out of copy {}; every row is compared with the copy, and that with what is there now. \
             All of it belongs to {} then, and rights of others do not come",
            plural(self.copied.items.len() - sequences, "table"),
            plural(sequences, "sequence"),
            self.source.copy.server.part(1),
            Text::from(self.scene.names.owner.as_str())
        )
    }

    /// Whether what is there now is what the copy has, seen as its owner. Sequences are up to 32 numbers ahead in the copy, as the log
    /// has them.
    pub(super) fn is_live(&self, owner: &str) -> Question {
        let all = content::rows_are(&self.copied.items, self.digests, false);
        let sql = format!("select {}", content::all_so(&all));
        Question::Look(Look {
            sql: self.source.live.database(self.source.database).sql(sql),
            role: Some(owner.to_owned()),
            settings: Source::settings(),
        })
    }

    pub(super) fn steps(&self) -> Result<Vec<Step>, Refusal> {
        Ok(vec![self.poured()?, self.given()])
    }

    fn transact(&self) -> Transact {
        Transact {
            role: Some(self.scene.names.owner.clone()),
            settings: Source::settings(),
            limits: Some(LIMITS),
            ..Transact::on(self.scene.place())
        }
    }

    fn check(&self, so: String) -> Check {
        Check {
            ask: Question::Look(Look {
                sql: self.scene.place().sql(so),
                role: Some(self.scene.names.owner.clone()),
                settings: Source::settings(),
            }),
            within: WITHIN,
        }
    }

    fn poured(&self) -> Result<Step, Refusal> {
        let forms = content::forms_are(&self.source.whose(), self.forms, Rights::Others);
        let mut proofs = content::rows_are(&self.copied.items, self.digests, true);
        // To compare all rows again would take as long as the first time; they were committed with their form or not at all.
        let so = format!("select {}", content::all_so(&forms));
        proofs.extend(forms);
        Ok(Step {
            name: format!("{}: it is filled, and compared with the copy", self.scene.names.home),
            act: Act::Pour(Pour {
                into: Transact {
                    unless: Some(so.clone()),
                    proofs,
                    ..self.transact()
                },
                from: self.source.dump(Rights::Others)?,
            }),
            again: true,
            check: self.check(so),
            undo: Undo::Nothing,
        })
    }

    /// What there is gets its name and its rights.
    fn given(&self) -> Step {
        let (ident, names) = (quote::ident, &self.scene.names);
        let (schema, writer, reader) = (ident(&self.scene.schema), ident(&names.writer), ident(&names.reader));
        let mut statements = Vec::new();
        if let Some(old) = self.renamed {
            statements.push(format!("drop schema {schema}"));
            statements.push(format!("alter schema {} rename to {schema}", ident(old)));
            statements.push(found_again(old, &self.scene.schema));
        }
        statements.push(format!("revoke create on schema {schema} from public"));
        statements.extend(self.scene.rights());
        for (rights, kind, to) in [
            (WRITES, "tables", &writer),
            ("select", "tables", &reader),
            ("usage, select", "sequences", &writer),
            ("select", "sequences", &reader),
        ] {
            statements.push(format!("grant {rights} on all {kind} in schema {schema} to {to}"));
        }
        statements.push(history::create(&self.scene.schema, self.readers));
        let literal = quote::literal;
        let gone = self.renamed.map_or_else(
            || "true".into(),
            |old| format!("not exists (select from pg_namespace where nspname = {})", literal(old)),
        );
        // The history was the last.
        let so = format!(
            "select {gone} and exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = {} \
             and c.relname = {} and has_table_privilege({}, c.oid, 'select') and not has_table_privilege({}, c.oid, 'insert'))",
            literal(&self.scene.schema),
            literal(history::TABLE),
            literal(self.readers),
            literal(&names.writer)
        );
        Step {
            name: format!("{}: who may do what in it", names.home),
            act: Act::Transact(Transact {
                unless: Some(so.clone()),
                statements: statements.into_iter().map(Into::into).collect(),
                proofs: vec![so.clone()],
                ..self.transact()
            }),
            again: true,
            check: self.check(so),
            undo: Undo::Nothing,
        }
    }
}

/// The server there takes what `pg_dump` of the one here says (PostgreSQL documentation, `pg_dump`, Notes), and gives its schema
/// another name, where it has to: the schema `public` is the owner's of a database since 15.
fn takes(source: &Source<'_>, scene: &Scene<'_>, is_renamed: bool, world: &Snapshot) -> Result<(), Refusal> {
    let (to, schema) = (&scene.server.server, &scene.schema);
    let (here, there) = (major(&source.live.server, world)?, major(to, world)?);
    if there < here {
        return Err(Refusal::new(format!(
            "{to} is PostgreSQL {there}, older than {here}, which it comes from"
        )));
    }
    if is_renamed && there < 15 {
        let what = format!("{to} is PostgreSQL {there}, where the schema {schema} is not its owner's to give away");
        return Err(Refusal::new(what).hint("move it to a server of 15 or later"));
    }
    Ok(())
}

fn major(server: &Target, world: &Snapshot) -> Result<u32, Refusal> {
    Ok(fresh::<Setup>(world, server)?.value.major())
}

/// The schema that its tables are in, in the copy.
fn schema_of<'a>(source: &'a Source<'_>, scene: &'a Scene<'_>) -> &'a str {
    match source.model {
        Isolation::Schema => source.id,
        Isolation::Shared | Isolation::Database | Isolation::Instance => &scene.schema,
    }
}

/// Functions whose text has the name of their schema in it, or whose settings have it but for where names are looked for.
fn named(schema: &str) -> String {
    let schema = quote::literal(schema);
    format!(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = {schema} \
         and (strpos(p.prosrc, {schema}) > 0 or exists (select from unnest(p.proconfig) c where c not like 'search_path=%' \
         and strpos(c, {schema}) > 0)) order by 1"
    )
}

/// Functions look for names where they did, by its new name: `SET search_path FROM CURRENT` has kept the old one.
fn found_again(old: &str, new: &str) -> String {
    let (old, new) = (quote::literal(old), quote::literal(new));
    let body = format!(
        "declare f record; begin for f in select p.oid::regprocedure as name, (select string_agg(case when e in ({old}, quote_ident({old})) \
         then quote_ident({new}) else e end, ', ' order by n) from regexp_split_to_table(substr(c, 13), ' *, *') \
         with ordinality x (e, n)) as path from pg_proc p cross join unnest(p.proconfig) c \
         where p.pronamespace = quote_ident({new})::regnamespace and c like 'search_path=%' and strpos(c, {old}) > 0 loop \
         execute format('alter routine %s set search_path to %s', f.name, f.path); end loop; end"
    );
    format!("do {}", quote::literal(&body))
}
