//! Commands carried out, and their history.

use super::App;
use super::command::{self, Command, Known};
use super::prompts::{History, REMEMBERED};
use crate::clock::Timestamp;
use crate::model::Tone;
use crate::msg::{Access, Effect};

const UNLOCKED: i64 = 30 * 60 * 1_000_000_000;

impl App {
    /// Runs a command as typed after `:`.
    ///
    /// # Errors
    /// What was expected.
    pub fn run(&mut self, text: &str) -> Result<(), String> {
        let kinds = self.cluster.kinds();
        let command = command::parse(text, &Known { kinds: &kinds })?;
        // What only asks is no place to go back to.
        let asks = match &command {
            Command::Namespace(None) | Command::Context(None) | Command::Kinds => true,
            Command::Theme(name) => name.is_empty(),
            _ => false,
        };
        if !asks {
            self.remember_command(text);
        }
        self.carry_out(command)
    }

    fn carry_out(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Show(show) => self.show(show)?,
            Command::Namespace(None) => self.pick_namespaces(),
            Command::Namespace(Some(scope)) => self.choose_scope(scope),
            Command::Context(None) => self.pick_context(),
            Command::Context(Some(name)) => self.switch_context(&name)?,
            Command::Logs(query) => self.open_logs_query(&query)?,
            Command::Scale(to) => self.open_scale(Some(&to)),
            Command::Write => self.unlock()?,
            Command::ReadOnly => {
                if let Some(info) = &mut self.cluster.info {
                    info.access = Access::ReadOnly;
                }
                self.cluster.unlocked_until = None;
                self.effects.push(Effect::Allow(Access::ReadOnly));
                self.toast("read-only: all changes are refused", Tone::Ok);
            }
            Command::Help => self.open_help(),
            Command::Kinds => self.pick_kind(),
            Command::Diagnostics => self.show_diagnostics(),
            Command::Messages => self.show_messages(),
            Command::Theme(name) if name.is_empty() => self.pick_theme(),
            Command::Theme(name) => self.theme = Some(name),
            Command::GameDay(name) => self.play(&name),
            Command::Hint => self.hint(),
            Command::Solution => self.end_game(false),
            Command::Quit => self.effects.push(Effect::Quit),
        }
        Ok(())
    }

    /// `:write`: for a while, unless the command line said `--readonly`.
    ///
    /// # Errors
    /// Why not.
    fn unlock(&mut self) -> Result<(), String> {
        match &self.cluster.info {
            None => return Err("not connected yet".to_owned()),
            Some(info) if info.locked => {
                return Err("started with --readonly: nothing is changed; start again without it".to_owned());
            }
            Some(info) if info.access == Access::Write => {
                self.toast("changes are allowed here already", Tone::Dim);
                return Ok(());
            }
            Some(_) => {}
        }
        let until = Timestamp(self.now.0.saturating_add(UNLOCKED));
        self.cluster.unlocked_until = Some(until);
        self.effects.push(Effect::Allow(Access::Write));
        self.toast(
            format!(
                "changes are allowed in `{}` for 30 minutes",
                self.cluster.context()
            ),
            Tone::Warn,
        );
        Ok(())
    }

    fn remember_command(&mut self, text: &str) {
        let text = text.trim();
        if self
            .commands
            .get(self.command_at)
            .is_some_and(|last| last == text)
        {
            return;
        }
        self.commands.retain(|known| known != text);
        if self.commands.len() >= REMEMBERED {
            self.commands.remove(0);
        }
        self.commands.push(text.to_owned());
        self.command_before = self.command_at.min(self.commands.len() - 1);
        self.command_at = self.commands.len() - 1;
    }

    /// Runs another command of the history.
    pub(super) fn history(&mut self, step: History) {
        let at = match step {
            History::Back => self.command_at.checked_sub(1),
            History::Forward => Some(self.command_at + 1),
            History::Last => Some(self.command_before),
        };
        let Some((at, text)) = at.and_then(|at| Some((at, self.commands.get(at)?.clone()))) else {
            return self.toast("no other command in the history", Tone::Dim);
        };
        self.command_before = std::mem::replace(&mut self.command_at, at);
        let kinds = self.cluster.kinds();
        let outcome =
            command::parse(&text, &Known { kinds: &kinds }).and_then(|command| self.carry_out(command));
        if let Err(why) = outcome {
            self.toast(why, Tone::Bad);
        }
    }
}
