//! What the app asks of the outside, handed to who does it: cluster, terminal, chores. It waits for no answer.

use std::collections::VecDeque;

use super::{Loop, RuntimeError, chores, session};
use crate::clock;
use crate::model::{Failure, FailureKind, Tone};
use crate::msg::{Effect, Msg};

impl Loop {
    /// Does what the app asks for; what only the terminal and this machine can do is done here.
    pub(super) async fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), RuntimeError> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let Some(effect) = self.cluster.run(effect) else {
                continue;
            };
            match effect {
                Effect::Quit => self.leave = true,
                Effect::Redraw => {
                    self.terminal.forget()?;
                    self.app.dirty = true;
                }
                Effect::Copy(text) => {
                    let copied = self.terminal.copy(&text)?;
                    if !copied.terminal && copied.tool.is_none() {
                        let why = "no clipboard reached: the text is too long for the terminal and there is no clipboard program";
                        self.app.toasts.push(why, Tone::Warn, clock::now());
                    }
                }
                Effect::Exec(id, _) if self.is_lent() => {
                    let busy = Failure::new(FailureKind::Other, "another session is being opened");
                    effects.extend(self.app.update(Msg::Done(id, Err(busy)), clock::now()));
                }
                Effect::Exec(id, request) => {
                    self.session = Some(session::start(id, request, self.terminal.size(), &self.cluster));
                }
                Effect::Edit(id, _) if self.is_lent() => {
                    let busy = Failure::new(FailureKind::Other, "another program has the terminal");
                    effects.extend(self.app.update(Msg::Edited(id, Err(busy)), clock::now()));
                }
                Effect::GameDay(name) => self.play.start(name),
                Effect::RunPlugin => self.lend_to_plugin().await?,
                Effect::Edit(id, text) => self.lend_to_editor(id, text).await?,
                other => chores::run(other, &self.app.config.folders.state, &self.chores),
            }
        }
        self.paint();
        Ok(())
    }

    /// Loads the theme when the context or the wish changed.
    fn paint(&mut self) {
        let wanted = (self.app.cluster.context().to_owned(), self.app.theme.clone());
        if self.themed.as_ref() == Some(&wanted) {
            return;
        }
        if let Some(name) = &wanted.1 {
            if let Some(why) = self.app.config.no_theme(name) {
                self.app.theme = self.themed.as_ref().and_then(|(_, theme)| theme.clone());
                return self.app.toasts.push(why, Tone::Warn, clock::now());
            }
            self.app.config.settings.theme = (!name.is_empty()).then(|| name.clone());
        }
        let (theme, problems) = self.app.config.theme(&wanted.0, |name| std::env::var(name).ok());
        let others = match self.app.config.problems.len() {
            0 => String::new(),
            count => format!(" (and {count} more: :messages)"),
        };
        for problem in problems {
            let text = format!("{problem}{others}");
            self.app.toasts.push_once(text, Tone::Warn, clock::now());
        }
        self.theme = theme;
        self.themed = Some(wanted);
        self.app.dirty = true;
    }
}
