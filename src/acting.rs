//! Carries out what changes something: plans it on what is seen now, and hands it to a process of its own.

use std::{
    env,
    io::{self, BufRead, Write},
    path::PathBuf,
    process,
    time::SystemTime,
};

use color_eyre::eyre::Result;
use jiff::{SignedDuration, Timestamp};
use tenantry::{
    config::{self, Places, Policy, Settings},
    facts::{replication::Replication, runs::Progress},
    headless::{self, Exit, run::Telling},
    model::{Carrier, Command, Order, Permit, Plan, Request, Said, Target, Text},
    ops::{
        self, Refusal,
        act::Acting,
        carry::{self, Bench, Errand, Reply, What as Wanted},
        engine::Hands,
        house, journal,
        kept::{self, Reader},
        launch::Launcher,
        orders,
        record::Record,
    },
    provider::postgres::Operators,
    store::{Fact, Snapshot},
    views::{self, query::Query},
};

use crate::{
    cli::{
        Patience,
        acting::{Act, RunArgs, What},
    },
    ending::{refused, usage},
    run::{asked, look, settings},
    who, wire,
};

/// How long leave to write holds on the command line: as long as it takes to type it.
const LEAVE: SignedDuration = SignedDuration::from_mins(1);

/// Carries out one of these commands.
pub async fn act(act: Act, places: &Places) -> Result<Exit> {
    let mut out = io::stdout();
    Ok(match act {
        Act::Plan {
            what,
            shape,
            markdown,
            patience,
        } => {
            let plan = planned(&what, places, patience).await?;
            if markdown {
                headless::markdown::plan(&plan, &mut out)?;
                return Ok(Exit::Unconfirmed);
            }
            headless::plan::plan(shape.form(), &plan, &mut out)?
        }
        Act::Run(args) => run(args, places).await?,
        Act::Follow { run, json } => {
            let (out, standbys) = (&mut out, &mut standbys(places));
            let telling = Telling { json, out, standbys };
            headless::run::follow(&run, &House::of(places)?.journals, telling).await?
        }
        Act::Tell { run, what } => {
            tell(&run, what.into(), &House::of(places)?).map_err(no)?;
            Exit::Done
        }
        Act::Runs { shape } => headless::runs(shape.form(), &House::of(places)?.journals, &mut out)?,
        Act::Audit { verify: None, shape } => headless::audit(shape.form(), &House::of(places)?.journals, &mut out)?,
        Act::Audit { verify: Some(_), .. } => headless::verify(&House::of(places)?.journals, &mut out)?,
        Act::Rows { run, shape, .. } => sent(run.as_deref(), shape.form(), &House::of(places)?, &mut out)?,
        Act::Carry => carry(places).await?,
    })
}

/// The policy, and where journals are by it.
pub struct House {
    /// What operators may do.
    pub policy: Policy,
    /// Where runs are written down.
    pub journals: PathBuf,
    /// Where the operator sits, where the session came over a line.
    from: Option<String>,
}

impl House {
    /// Without a place for journals nothing is done.
    pub fn of(places: &Places) -> Result<Self> {
        let policy = config::policy(places, &ops::names()).map_err(usage)?;
        let nowhere = || usage("there is no home directory to keep journals in: set XDG_STATE_HOME");
        Ok(Self {
            journals: policy.runs(places).ok_or_else(nowhere)?,
            from: who::origin(places),
            policy,
        })
    }

    /// Who reads what a run sent, for this.
    fn reader(&self, why: impl Into<String>) -> Reader {
        Reader {
            by: who::operator(),
            from: self.from.clone(),
            why: why.into(),
            at: Timestamp::now(),
        }
    }
}

/// Where runs are written down, as far as that is known: looking goes on where the policy cannot be read.
pub fn journals(places: &Places) -> Option<PathBuf> {
    House::of(places).ok().map(|house| house.journals)
}

/// The plan of what was asked for, made on what is seen now and bound by the policy.
async fn planned(what: &What, places: &Places, patience: Patience) -> Result<Plan> {
    let name = what.operation.as_deref().unwrap_or_default();
    let operation = ops::find(name).map_err(no)?;
    let listed = match (&what.rows, &what.from) {
        (Some(line), _) => rows(line, operation, places, patience).await?.into(),
        (None, Some(file)) => headless::list::read(name, file).map_err(no)?,
        (None, None) => headless::plan::targets(name, &what.targets).map_err(no)?.into(),
    };
    let request = headless::plan::request(name, listed, what.set.clone()).map_err(no)?;
    let mut world = look(places, operation.needs(), patience).await?;
    made(&request, &mut world, &House::of(places)?, &settings(places)?)
        .await
        .map_err(no)
}

/// The plan of a request on this world, into which goes what there was to find out for it; bound by the policy.
pub async fn made(
    request: &Request,
    world: &mut Snapshot,
    house: &House,
    settings: &Settings,
) -> Result<Plan, Refusal> {
    let operators = Operators::new(settings).map_err(|fault| Refusal::new(fault.to_string()))?;
    let hands = Acting::new(operators);
    let surveyed = hands.survey(request, world, &house.journals).await;
    hands.let_go().await;
    surveyed?;
    let mut plan = ops::plan(request, world)?;
    let reader = house.reader(format!("to plan {}", request.operation));
    kept::fill(&mut plan, &house.journals, None, &reader)?;
    house::bind(plan, &house.policy, &who::person(), &house.journals)
}

/// What the rows of a view stand for, where it is of the kind that the operation takes.
async fn rows(line: &str, operation: &dyn ops::Operation, places: &Places, patience: Patience) -> Result<Vec<Target>> {
    let (view, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (view, query): (_, Query) = asked(view, &[rest.to_owned()])?;
    let world: Snapshot = look(places, view.needs(), patience).await?;
    let table = view.table(&world);
    if let Some((target, fault)) = table.unseen.first() {
        // Rows that are not seen would be left out of what is meant.
        return Err(usage(format!(
            "{target} was not seen: {fault}\nname the targets one by one"
        )));
    }
    let rows = query
        .arrange(&table, world.taken)
        .into_iter()
        .map(|at| &table.rows[at].target);
    Ok(rows
        .filter(|target| target.kind() == operation.takes())
        .cloned()
        .collect())
}

async fn run(args: RunArgs, places: &Places) -> Result<Exit> {
    let mut out = io::stdout();
    let now = Timestamp::now();
    let permit = args.write.map(|ticket| Permit {
        ticket,
        until: now + LEAVE,
    });
    let said = Said {
        by: who::operator(),
        login: who::login(),
        from: who::origin(places),
        word: args.confirm.unwrap_or_default(),
        reason: args.reason,
        permit,
        at: now,
    };
    let what = if let Some(id) = args.resume {
        Wanted::Resume(id, args.digest)
    } else {
        let plan = planned(&args.what, places, args.patience).await?;
        if args.dry_run {
            return Ok(headless::plan::plan(headless::Form::Table, &plan, &mut out)?);
        }
        let digest = args.digest.unwrap_or_else(|| ops::digest(&plan));
        Wanted::begin(plan, digest)
    };
    let reply = launcher(places)?
        .launch(&Errand { what, said })
        .await
        .map_err(refused)?;
    let telling = Telling {
        json: args.json,
        out: &mut out,
        standbys: &mut standbys(places),
    };
    Ok(headless::run::told(reply, &House::of(places)?.journals, telling).await?)
}

/// What is said of the standbys beside a run over many. They are watched from the first time that it is asked, so that a run
/// over few costs them nothing.
fn standbys(places: &Places) -> impl FnMut(&Progress) -> Option<String> + Send {
    let places = places.clone();
    let mut watched = None;
    move |progress| {
        let watch = || wire::watch(&settings(&places).ok()?, None, &[Replication::NAME]).ok();
        let (world, ..) = watched.get_or_insert_with(watch).as_ref()?;
        Some(views::standbys(progress, &world.borrow()))
    }
}

/// How this program is started to carry a run out.
pub fn launcher(places: &Places) -> Result<Launcher> {
    let (fleet, _) = places.fleet();
    Ok(Launcher {
        program: env::current_exe()?,
        arguments: vec!["--fleet".into(), fleet.display().to_string(), "carry".into()],
    })
}

/// Tells a run something.
pub fn tell(run: &str, what: Command, house: &House) -> Result<(), Refusal> {
    let order = Order {
        what,
        by: who::operator(),
        at: Timestamp::now(),
    };
    orders::tell(&house.journals, run, &order)
}

/// The plan of a run, as its journal has it, with its rows, where the policy lets this person take it up.
pub fn recall(run: &str, house: &House) -> Result<Plan, Refusal> {
    read(run, house, "to take it up")
}

/// The same; for what is written down.
fn read(run: &str, house: &House, why: &str) -> Result<Plan, Refusal> {
    let record = Record::read(run.to_owned(), &journal::path(&house.journals, run));
    let mut plan = record
        .map_err(|error| Refusal::new(format!("{}: {error}", Text::from(run))))?
        .plan()?;
    house::lets_join(&plan, &house.policy, &who::person())?;
    kept::fill(&mut plan, &house.journals, Some(run), &house.reader(why))?;
    Ok(plan)
}

/// Tells the rows that a run sent, or removes those that were kept long enough.
fn sent(run: Option<&str>, form: headless::Form, house: &House, out: &mut dyn Write) -> Result<Exit> {
    let Some(run) = run else {
        let cleared = kept::clear(&house.journals, house.policy.keep, SystemTime::now())?;
        for run in cleared {
            writeln!(out, "{run}: its rows are removed")?;
        }
        return Ok(Exit::Done);
    };
    let plan = read(run, house, "to look at them").map_err(no)?;
    Ok(headless::plan::rows(form, run, &plan, out)?)
}

/// Carries out what stands on the standard input, and answers with one line once it is clear whether anything is done.
async fn carry(places: &Places) -> Result<Exit> {
    // A lost line ends the session that it was the terminal of, and not this one. Where it leads one already, so much the
    // better.
    let _ = nix::unistd::setsid();
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let errand: Errand = serde_json::from_str(&line).map_err(|_| usage("this command is for the program itself"))?;
    let house = House::of(places)?;
    let hands = Acting::new(Operators::new(&settings(places)?).map_err(refused)?);
    let person = who::person();
    let bench = Bench {
        journals: &house.journals,
        policy: &house.policy,
        person: &person,
        by: Carrier {
            host: nix::unistd::gethostname().map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned()),
            pid: process::id(),
        },
        hands: &hands,
    };
    let mut answer = |reply: Reply| {
        // Who started it may be gone already.
        let _ = serde_json::to_string(&reply).map(|words| writeln!(io::stdout(), "{words}"));
    };
    carry::carry(errand, &bench, &mut answer).await?;
    Ok(Exit::Done)
}

/// A plan or a list that was not made, and what could be done.
pub fn no(refusal: Refusal) -> color_eyre::Report {
    let hint = refusal.hint.map(|hint| format!("\n{hint}")).unwrap_or_default();
    let choose = refusal
        .choose
        .map(|choose| format!("\n{}", headless::plan::choices(&choose)));
    usage(format!("{}{hint}{}", refusal.what, choose.unwrap_or_default()))
}
