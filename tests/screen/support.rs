//! Two small views over one made-up fact, and a console that a test can type at.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use ratatui::{buffer::Buffer, layout::Rect, style::Color};
use serde::{Deserialize, Serialize};
use tenantry::{
    config::{Keymap, Places, Theme, Token},
    model::{
        Bytes, Cell, Column, Detail, Environment, Fault, FaultKind, Fleet, Kind, Row, Section, Severity, Table, Target,
        Text, Value,
    },
    store::{Fact, Sealed, Snapshot},
    tui::{
        app::{App, Effect, Memory},
        draw::draw,
        setup::{Hand, Setup},
        update::{Msg, update},
        vocabulary,
    },
    views::{View, sources::Sources},
};

/// The moment at which every test begins.
pub fn start() -> Timestamp {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

/// One tenant, as a test tells it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tenant {
    pub name: String,
    pub model: String,
    pub megabytes: Option<u64>,
    /// Seconds from the start until its credential ends.
    pub ttl: i64,
    pub severity: Severity,
    /// Seconds since it was seen, where it is seen no more.
    pub stale: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tenants(pub Vec<Tenant>);

impl Fact for Tenants {
    const NAME: &'static str = "made-up";
}

pub fn tenant(name: &str) -> Tenant {
    Tenant {
        name: name.into(),
        model: "schema".into(),
        megabytes: Some(7),
        ttl: 3600,
        severity: Severity::Ok,
        stale: None,
    }
}

/// The tenants that most tests look at.
pub fn some_tenants() -> Vec<Tenant> {
    let of = |name: &str, model: &str, megabytes, ttl, severity, stale| Tenant {
        name: name.into(),
        model: model.into(),
        megabytes,
        ttl,
        severity,
        stale,
    };
    vec![
        of("acme", "instance", Some(2048), 90, Severity::Critical, None),
        of("blue harbour", "schema", Some(5), 3600, Severity::Warning, None),
        of("cedar", "schema", None, 900, Severity::Unseen, None),
        of("dunes", "database", Some(70), 86_400, Severity::Ok, Some(75)),
        of("pr\u{202e}od", "shared", Some(1), 7200, Severity::Notice, None),
        of("日本", "shared", Some(3), 7200, Severity::Ok, None),
    ]
}

pub struct AllTenants;

static COLUMNS: [Column; 5] = [
    Column::words("name", "NAME", 0, 24, "what it is called"),
    Column::words("model", "MODEL", 1, 10, "where it lives"),
    Column::number("size", "SIZE", 2, 10, "on disk"),
    Column::number("ttl", "TTL", 1, 20, "until its credential ends"),
    Column::words("about", "ABOUT", 3, 60, "a sentence that takes room"),
];

impl View for AllTenants {
    fn name(&self) -> &'static str {
        "tenants"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["tn"]
    }

    fn about(&self) -> &'static str {
        "every tenant"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Tenants::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        &COLUMNS
    }

    fn table(&self, world: &Snapshot) -> Table {
        let seen = world.get::<Tenants>(&Target::fleet());
        let tenants = seen.as_ref().map_or(&[][..], |seen| &seen.value.0);
        let silent = world
            .faults(Tenants::NAME)
            .map(|(target, fault)| (target.clone(), fault.clone()));
        Table {
            columns: &COLUMNS,
            rows: tenants.iter().map(row).collect(),
            headline: vec![Cell::new(format!("{} tenants", tenants.len()))],
            unseen: silent.collect(),
            complete: world.complete(&[Tenants::NAME]),
        }
    }
}

pub fn target(name: &str) -> Target {
    Target::new(Kind::Tenant, ["atlas", "app", name])
}

fn row(tenant: &Tenant) -> Row {
    let model = ["shared", "schema", "database", "instance"]
        .into_iter()
        .find(|model| *model == tenant.model);
    let size = tenant.megabytes.map(|megabytes| Bytes(megabytes << 20));
    let size = size.map_or_else(|| Cell::unseen("no answer in 2s"), Cell::from);
    let ends = start() + SignedDuration::from_secs(tenant.ttl);
    Row {
        target: target(&tenant.name),
        cells: vec![
            Text::from(tenant.name.as_str()).into(),
            Cell::new(model.map_or(Value::Blank, Value::Word)),
            size,
            Value::Ends(ends).into(),
            Cell::new(format!("{} stores what it sells", Text::from(tenant.name.as_str()))),
        ],
        severity: tenant.severity,
        seen: Some(start() - SignedDuration::from_secs(tenant.stale.unwrap_or(0))),
        fault: tenant
            .stale
            .map(|_| Fault::new(FaultKind::Timeout, "no answer in 2s").hint("look at the server")),
    }
}

pub struct Replicas;

static FEW: [Column; 1] = [Column::words("name", "NAME", 0, 24, "what it is called")];

impl View for Replicas {
    fn name(&self) -> &'static str {
        "replicas"
    }

    fn about(&self) -> &'static str {
        "every standby"
    }

    fn needs(&self) -> &'static [&'static str] {
        &[Tenants::NAME]
    }

    fn columns(&self) -> &'static [Column] {
        &FEW
    }

    fn table(&self, world: &Snapshot) -> Table {
        let row = |name: &str| Row {
            target: Target::new(Kind::Standby, ["atlas", name]),
            cells: vec![Text::from(name).into()],
            severity: Severity::Ok,
            seen: Some(start()),
            fault: None,
        };
        Table {
            columns: &FEW,
            rows: vec![row("atlas-b"), row("atlas-c")],
            complete: world.complete(&[Tenants::NAME]),
            ..Table::default()
        }
    }
}

fn detail(target: &Target, world: &Snapshot) -> Option<Detail> {
    let tenants = world.get::<Tenants>(&Target::fleet())?;
    let about = match target.kind() {
        Kind::Instance => Section::new("instance")
            .line("name", target.name())
            .line("servers", 3_u64),
        Kind::Tenant => {
            let tenant = tenants.value.0.iter().find(|tenant| tenant.name == target.part(2))?;
            let ends = start() + SignedDuration::from_secs(tenant.ttl);
            Section::new("tenant")
                .line("name", target.name())
                .line("credential", Value::Ends(ends))
                .link("instance", "atlas", Target::instance("atlas"))
        }
        _ => return None,
    };
    let notes = Section::new("notes")
        .line("size", Cell::unseen("no answer in 2s"))
        .line("owner", "nobody");
    Some(Detail {
        target: target.clone(),
        sections: vec![about, notes],
    })
}

fn sources(world: &Snapshot) -> Sources {
    let waiting = if world.complete(&[Tenants::NAME]) {
        vec![]
    } else {
        vec![Target::server("atlas", "atlas-a")]
    };
    let severity = if waiting.is_empty() {
        Severity::Ok
    } else {
        Severity::Notice
    };
    Sources {
        words: vec![(format!("servers {}/1", 1 - waiting.len()), severity)],
        waiting,
        down: vec![],
    }
}

pub static VIEWS: [&dyn View; 2] = [&AllTenants, &Replicas];

pub fn setup() -> Setup {
    let places = Places::default();
    let mut words = vocabulary(&VIEWS);
    // The keymap that comes with the console speaks of views that are not here.
    for name in ["fleet", "instances", "credentials", "policies", "sessions", "findings"] {
        words.views.entry(name.into()).or_default();
    }
    Setup {
        views: &VIEWS,
        detail,
        sources,
        theme: Theme::probe(),
        keymap: Keymap::load("default", &places, &words).unwrap(),
        ascii: false,
        mouse: false,
        columns: BTreeMap::new(),
        themes: vec!["mono".into(), "base16".into()],
        hand: Hand::default(),
    }
}

/// A fleet of which nothing is known yet.
pub fn silent() -> Snapshot {
    let fleet = Fleet {
        tracks: Vec::new(),
        name: "orders".into(),
        environment: Environment::Production,
        ..Fleet::default()
    };
    let mut world = Snapshot::of(Arc::new(fleet));
    world.taken = start();
    world.expect(Tenants::NAME, &Target::fleet());
    world
}

/// The fleet with these tenants.
pub fn world(tenants: Vec<Tenant>) -> Snapshot {
    let mut world = silent();
    world.take(
        Tenants::NAME,
        &Target::fleet(),
        start(),
        Ok(Sealed::of(Tenants(tenants))),
    );
    world
}

/// A screen and somebody who types.
pub struct Console {
    pub app: App,
    pub effects: Vec<Effect>,
}

impl Console {
    pub fn new(world: Snapshot) -> Self {
        Self::sized(world, 80, 24)
    }

    pub fn sized(world: Snapshot, width: u16, height: u16) -> Self {
        Self::with(setup(), world, Memory::default(), (width, height))
    }

    pub fn with(setup: Setup, world: Snapshot, memory: Memory, size: (u16, u16)) -> Self {
        let mut app = App::new(setup, Arc::new(world), memory, start(), size);
        update(&mut app, Msg::Resized(size.0, size.1));
        Self {
            app,
            effects: Vec::new(),
        }
    }

    pub fn tell(&mut self, msg: Msg) -> &mut Self {
        let effects = update(&mut self.app, msg);
        self.effects.extend(effects);
        self
    }

    /// The servers answer anew.
    pub fn seen(&mut self, tenants: Vec<Tenant>) -> &mut Self {
        let mut world = Snapshot::clone(&self.app.world);
        world.take(
            Tenants::NAME,
            &Target::fleet(),
            self.app.now,
            Ok(Sealed::of(Tenants(tenants))),
        );
        self.tell(Msg::World(Arc::new(world)))
    }

    /// Presses keys, written as keymaps write them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.tell(Msg::Key(key_of(key)));
        }
        self
    }

    /// Types text letter by letter.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        self
    }

    pub fn later(&mut self, seconds: i64) -> &mut Self {
        self.tell(Msg::Tick(self.app.now + SignedDuration::from_secs(seconds)))
    }

    pub fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.app.size.0, self.app.size.1));
        draw(&self.app, &mut buffer);
        buffer
    }

    pub fn text(&self) -> String {
        text(&self.buffer())
    }

    #[track_caller]
    pub fn sees(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(text.contains(words), "{words:?} is not on the screen:\n{text}");
        self
    }

    #[track_caller]
    pub fn misses(&mut self, words: &str) -> &mut Self {
        let text = self.text();
        assert!(!text.contains(words), "{words:?} is on the screen:\n{text}");
        self
    }

    /// The name under the cursor.
    pub fn here(&self) -> String {
        let listing = self.app.listing().expect("a list is open");
        listing
            .cursor
            .as_ref()
            .map(|target| target.name().to_string())
            .unwrap_or_default()
    }
}

/// The words of a frame, without blanks at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    let line = |row: &[ratatui::buffer::Cell]| {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            if covered == 0 {
                line.push_str(cell.symbol());
                covered = usize::from(tenantry::tui::grid::width(cell.symbol()).max(1));
            }
            covered -= 1;
        }
        line.trim_end().to_owned()
    };
    rows.map(line).collect::<Vec<_>>().join("\n")
}

/// The words of a frame, and under each line the tokens of its parts.
pub fn tokens(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width.max(1));
    let mut out = String::new();
    for (y, (line, row)) in text(buffer).lines().zip(buffer.content.chunks(width)).enumerate() {
        writeln!(out, "{y:>2}|{line}").unwrap();
        let mut parts: Vec<(usize, usize, &str)> = Vec::new();
        for (x, cell) in row.iter().enumerate() {
            let Color::Indexed(n) = cell.fg else { continue };
            let word = Token::ALL[usize::from(n)].1;
            match parts.last_mut() {
                Some((_, end, last)) if *last == word && *end == x => *end = x + 1,
                _ => parts.push((x, x + 1, word)),
            }
        }
        parts.retain(|(_, _, word)| !matches!(*word, "text" | "header"));
        let words: Vec<_> = parts
            .iter()
            .map(|(from, to, word)| format!("{from}-{to} {word}"))
            .collect();
        if !words.is_empty() {
            writeln!(out, "   {}", words.join(", ")).unwrap();
        }
    }
    out
}

fn key_of(written: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = written;
    while let Some((held, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
        modifiers |= match held {
            "ctrl" => KeyModifiers::CONTROL,
            "alt" => KeyModifiers::ALT,
            "shift" => KeyModifiers::SHIFT,
            _ => break,
        };
        rest = after;
    }
    let code = match rest {
        "space" => KeyCode::Char(' '),
        "esc" => KeyCode::Esc,
        "enter" => KeyCode::Enter,
        "tab" => KeyCode::Tab,
        "backspace" => KeyCode::Backspace,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "f1" => KeyCode::F(1),
        one => KeyCode::Char(one.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}
