//! What the screen asks of the world outside it: clipboard, files, and one statement of one session.

use std::{io, sync::Arc};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use super::Stage;
use crate::{
    config::{
        Theme,
        mutes::{self, Mute},
    },
    facts::sessions::Masked,
    model::{Command, Severity, Target, Text},
    ops::Turn,
    tui::{app::Effect, clipboard, signals, update::Msg},
};

impl Stage {
    /// Does it; true where the operator leaves.
    pub(super) fn carry_out(&mut self, effect: Effect) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Redraw => self.screen.forget(),
            Effect::Mouse(on) => self.terminal.mouse(on)?,
            Effect::Save => self.save(),
            Effect::Dress(name) => self.dress(&name),
            Effect::Mute(finding, span, reason) => self.mute(finding, span, reason),
            Effect::Reveal(session, seen) => self.reveal(session, seen),
            Effect::Prepare(number, request) => {
                let asked = (self.calls.prepare)(request, Arc::clone(self.app.latest()));
                self.tell(asked, move |made| Msg::Prepared(number, Box::new(made)));
            }
            Effect::Recall(number, run) => {
                let asked = (self.calls.recall)(run);
                self.tell(asked, move |read| Msg::Prepared(number, Box::new(read)));
            }
            Effect::Tell(run, what) => self.order(run, what),
            Effect::Begin(number, errand) => {
                let asked = (self.calls.begin)(*errand);
                self.tell(asked, move |told| Msg::Begun(number, told));
            }
            Effect::Unmute(finding) => self.unmute(&finding),
            Effect::Copy(words) => clipboard::copy(words, self.surroundings.tmux, &mut self.out, &self.told.0)?,
            Effect::Suspend if signals::can_stop() => signals::ask_job_to_stop(),
            Effect::Suspend => self.app.say(Severity::Notice, "there is no shell to go back to"),
        }
        Ok(false)
    }

    fn reveal(&mut self, session: Target, seen: Masked) {
        let asked = (self.calls.reveal)(session.clone(), seen);
        self.tell(asked, |told| match told {
            Ok(words) => Msg::Revealed(session, words),
            Err(fault) => Msg::Told(Severity::Warning, fault.what.to_string()),
        });
    }

    fn order(&mut self, run: String, what: Command) {
        let asked = (self.calls.tell)(run.clone(), what);
        let words = format!("run {} is told to {}", Text::from(run), Turn::from(what).name());
        self.tell(asked, |told| match told {
            Ok(()) => Msg::Told(Severity::Notice, words),
            Err(refusal) => Msg::Told(Severity::Warning, refusal.what),
        });
    }

    /// Tells the screen what comes of this, whenever it comes.
    fn tell<T: Send + 'static>(&self, asked: BoxFuture<'static, T>, msg: impl FnOnce(T) -> Msg + Send + 'static) {
        let told = self.told.0.clone();
        tokio::spawn(async move {
            told.send(msg(asked.await)).await.ok();
        });
    }

    fn dress(&mut self, name: &str) {
        let (places, depth) = &self.surroundings.wardrobe;
        match Theme::load(name, places, *depth, self.app.setup.ascii) {
            Ok(theme) => self.app.setup.theme = theme,
            Err(mistakes) => {
                let first = mistakes.iter().next().map(ToString::to_string);
                self.app.say(Severity::Warning, first.unwrap_or_default());
            }
        }
    }

    fn mute(&mut self, finding: String, span: SignedDuration, reason: String) {
        let (file, by) = &self.surroundings.mutes;
        let since = Timestamp::now();
        let until = since.saturating_add(span).unwrap_or(since);
        let mute = Mute {
            finding,
            reason,
            by: by.clone(),
            since,
            until,
        };
        match mutes::add(file, mute) {
            Ok(()) => self.app.say(
                Severity::Notice,
                format!("muted until {}", until.strftime("%Y-%m-%d %H:%M UTC")),
            ),
            Err(wrong) => self.app.say(Severity::Warning, format!("not muted: {wrong}")),
        }
    }

    fn unmute(&mut self, finding: &str) {
        match mutes::remove(&self.surroundings.mutes.0, finding) {
            Ok(true) => self.app.say(Severity::Notice, "heard again"),
            Ok(false) => self.app.say(Severity::Notice, "it was not muted"),
            Err(wrong) => self.app.say(Severity::Warning, format!("still muted: {wrong}")),
        }
    }

    /// What cannot be kept is told, and lost.
    pub(super) fn save(&mut self) {
        self.app.remember();
        if let Some(file) = &self.surroundings.memory
            && let Err(wrong) = self.app.memory.write(file)
        {
            let words = format!("history and bookmarks are not kept: {wrong}");
            self.app.say(Severity::Warning, words);
        }
    }
}
