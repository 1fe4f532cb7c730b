//! A tenant whose rows stand among others' in shared tables: what makes it is its row in the registry.

use super::{
    ask::Wishes,
    fence::Fence,
    home::{State, WITHIN},
    scene::Scene,
};
use crate::{
    facts::tenants,
    model::{
        Act, Check, Instance, Isolation, Question, Register, Registry, Sharing, Step, Tenancy, Text, Transact, Undo,
        Witness, quote,
    },
    ops::{
        Refusal,
        survey::{Inquiry, Known, parsed},
    },
    store::Snapshot,
};

/// How tenants share the tables of a database, and how one is entered there.
pub(super) struct Rows<'a> {
    pub(super) sharing: Sharing<'a>,
    /// The schema of the registry.
    pub(super) schema: &'a str,
    /// The registry, quoted, with the columns of id and name.
    pub(super) registry: String,
    id_column: &'a str,
    name_column: &'a str,
    register: &'a Register,
    /// What is known of the tables that the tenant will share.
    pub(super) fence: Fence,
    /// Its id: what was said, or what it is where it is there already.
    pub(super) id: Option<&'a str>,
}

/// How the registry comes to ids.
#[derive(serde::Deserialize)]
struct Ids {
    /// The type of the column, as SQL.
    kind: String,
    /// The server makes one where none is given.
    made: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn of(
        instance: &'a Instance,
        of: &str,
        called: &str,
        wishes: &Wishes<'a>,
        world: &'a Snapshot,
    ) -> Result<Self, Refusal> {
        let found = instance.tenancies.iter().find_map(|tenancy| match tenancy {
            Tenancy::Shared {
                database,
                registry: Registry::Table(table),
                id,
                name,
                register: Some(register),
                ..
            } if database == of => Some((table.split_once('.')?, id, name, register)),
            _ => None,
        });
        let ((schema, table), id, name, register) = found.ok_or_else(|| silent(&instance.name, of))?;
        let sharing = instance.sharing(of).ok_or_else(|| silent(&instance.name, of))?;
        let all = tenants::of(world).map(|all| all.tenants.as_slice()).unwrap_or_default();
        let there = all.iter().find(|tenant| {
            let place = (tenant.instance(), tenant.database());
            tenant.model == Isolation::Shared && place == (&instance.name, of) && tenant.name.raw() == called
        });
        let (said, there) = (wishes.id, there.map(tenants::Tenant::id));
        if let Some((said, there)) = said.zip(there).filter(|(said, there)| said != there) {
            let (called, said, there) = (Text::from(called), Text::from(said), Text::from(there));
            let what = format!("{called} is there already, with the id {there} and not {said}");
            return Err(Refusal::new(what).hint("choose another name"));
        }
        Ok(Self {
            sharing,
            schema,
            registry: quote::qualified(schema, table),
            id_column: id,
            name_column: name,
            register,
            fence: Fence::of(&instance.name, of, wishes.leaks, world)?,
            id: said.or(there),
        })
    }

    /// Who writes the registry, through whom applications reach the tables, and who sees every tenant's rows.
    pub(super) fn roles(&self) -> Result<[&'a str; 3], Refusal> {
        let Sharing { roles, reader, .. } = self.sharing;
        let writer = roles.first().map(String::as_str);
        let all = writer
            .zip(reader)
            .map(|(writer, reader)| [self.register.role.as_str(), writer, reader]);
        all.ok_or_else(|| Refusal::new("the fleet file names no runtime_roles, or no reader, for the shared tables"))
    }

    /// Those that the registry calls so, as `found` of them; on a row of its names.
    fn entries(&self, found: &str) -> String {
        format!(
            "(select {found} from {} r where r.{}::text = w.home)",
            self.registry,
            quote::ident(self.name_column)
        )
    }

    /// A query that yields whether there is one with its id.
    fn is_gone(&self, scene: &Scene<'_>) -> String {
        format!(
            "select not exists (select from {} where {})",
            self.registry,
            self.is_its(scene)
        )
    }

    fn is_its(&self, scene: &Scene<'_>) -> String {
        format!("{}::text = :'{}'", quote::ident(self.id_column), scene.names.kept("id"))
    }
}

fn silent(instance: &str, database: &str) -> Refusal {
    let what = format!("the fleet file does not say how a tenant is entered in the registry of {instance}/{database}");
    Refusal::new(what)
        .hint("its [[instances.tenants]] needs registry = \"schema.table\" and register = { role = …, columns = … }")
}

/// What is asked before there is a plan, where the shared tables are.
pub(super) fn state(scene: &Scene<'_>, rows: &Rows<'_>) -> State {
    State {
        place: scene.place(),
        all: format!("{} = 1", rows.entries("count(*)")),
        none: format!("{} = 0", rows.entries("count(*)")),
        there: format!(
            "select 'a tenant of that name, ' || of from {} of (of)",
            rows.entries("r::text")
        ),
        id: rows.entries(&format!("min(r.{}::text)", quote::ident(rows.id_column))),
    }
}

/// How the registry comes to ids is asked before there is a plan.
pub(super) fn asks(scene: &Scene<'_>, rows: &Rows<'_>) -> (String, Inquiry) {
    let sql = format!(
        "select json_build_object('kind', format_type(a.atttypid, a.atttypmod), 'made', a.atthasdef or a.attidentity <> '')::text \
         from pg_attribute a where a.attrelid = {}::regclass and a.attname = {}",
        quote::literal(&rows.registry),
        quote::literal(rows.id_column)
    );
    (ids(scene), Inquiry::Rows(scene.place().sql(sql)))
}

fn ids(scene: &Scene<'_>) -> String {
    format!(
        "how the registry of {}/{} comes to ids",
        scene.instance.name, scene.database
    )
}

/// What enters it: its id and its name, and what the fleet file says.
fn entry(scene: &Scene<'_>, rows: &Rows<'_>, known: Known<'_>) -> Result<String, Refusal> {
    let said: Vec<Ids> = parsed(known.rows(&ids(scene))?.unwrap_or_default())?;
    let id = match (scene.wishes.id, said.first()) {
        (Some(id), _) => Some(quote::literal(id)),
        (None, Some(Ids { made: true, .. })) => None,
        (None, Some(Ids { kind, .. })) if kind == "uuid" => Some("gen_random_uuid()".to_owned()),
        (None, _) => {
            let refusal = Refusal::new(format!("{} makes no ids", Text::from(rows.registry.as_str())));
            return Err(refusal.hint("say which: id=…"));
        }
    };
    let fill = |text: &str| {
        let words = [
            ("{slug}", scene.names.slug.as_str()),
            ("{name}", scene.called()),
            ("{tier}", scene.wishes.tier.0),
        ];
        words
            .into_iter()
            .fold(text.to_owned(), |text, (word, what)| text.replace(word, what))
    };
    let named = std::iter::once((quote::ident(rows.name_column), quote::literal(scene.called())));
    let others = rows.register.columns.iter();
    let others = others.map(|(column, text)| (quote::ident(column), quote::literal(&fill(text))));
    let all = id
        .map(|id| (quote::ident(rows.id_column), id))
        .into_iter()
        .chain(named)
        .chain(others);
    let (columns, values): (Vec<String>, Vec<String>) = all.unzip();
    Ok(format!(
        "insert into {} ({}) overriding system value values ({})",
        rows.registry,
        columns.join(", "),
        values.join(", ")
    ))
}

/// What makes it, to be tried.
pub(super) fn made(scene: &Scene<'_>, rows: &Rows<'_>, known: Known<'_>) -> Result<Vec<String>, Refusal> {
    let role = quote::ident(&rows.register.role);
    Ok(vec![format!("set local role {role}"), entry(scene, rows, known)?])
}

/// The step that makes it. It is taken back as long as nothing is its own.
pub(super) fn steps(scene: &Scene<'_>, rows: &Rows<'_>, known: Known<'_>) -> Result<Vec<Step>, Refusal> {
    let state = state(scene, rows);
    let (all, none) = (scene.is(&state.all), scene.is(&state.none));
    let transact = |statement: String| Transact {
        role: Some(rows.register.role.clone()),
        statements: vec![statement.into()],
        ..Transact::on(scene.place())
    };
    let owns = owns(scene, rows);
    let remove = format!("delete from {} where {}", rows.registry, rows.is_its(scene));
    Ok(vec![Step {
        name: format!("{}: it is entered in the registry", Text::from(scene.called())),
        act: Act::Transact(Transact {
            unless: Some(all.clone()),
            guards: vec![none, rows.fence.stands(rows)],
            proofs: vec![all.clone()],
            ..transact(entry(scene, rows, known)?)
        }),
        again: true,
        check: Check {
            ask: Question::All(vec![Question::Sql(scene.place().sql(all)), takes_id(scene, rows)]),
            within: WITHIN,
        },
        undo: Undo::Act(Act::Transact(Transact {
            unless: Some(rows.is_gone(scene)),
            witnesses: vec![Witness {
                role: scene.names.reader.clone(),
                before: None,
                after: format!("select not ({owns}) /* no row of any table is its own */"),
            }],
            proofs: vec![rows.is_gone(scene)],
            ..transact(remove)
        })),
    }])
}

/// Its id is kept for the steps that follow.
pub(super) fn takes_id(scene: &Scene<'_>, rows: &Rows<'_>) -> Question {
    let sql = scene.is(&rows.entries(&format!("r.{}::text", quote::ident(rows.id_column))));
    Question::Take(scene.names.kept("id"), scene.place().sql(sql))
}

/// Whether some row of a table is its own; for who sees every tenant's.
fn owns(scene: &Scene<'_>, rows: &Rows<'_>) -> String {
    let column = quote::literal(rows.sharing.column);
    let one = quote::literal("select exists (select from %I.%I t where t.%I::text = %L) as d");
    format!(
        "select coalesce(bool_or((xpath('/row/d/text()', query_to_xml(format({one}, n.nspname, c.relname, {column}, :'{}'), \
         false, true, '')))[1]::text = 'true'), false) from {}",
        scene.names.kept("id"),
        rows.tables()
    )
}

impl Rows<'_> {
    /// All tables that tell tenants apart by their column: relation `c`, schema `n`, column `a`.
    pub(super) fn tables(&self) -> String {
        format!(
            "pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid \
             and a.attname = {} and not a.attisdropped where c.relkind in ('r', 'p') and not c.relispartition \
             and n.nspname !~ '^pg_' and c.oid <> {}::regclass",
            quote::literal(self.sharing.column),
            quote::literal(&self.registry)
        )
    }
}
