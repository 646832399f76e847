//! The prompts at work: commands run, filters applied as they are typed, choices taken.

use super::App;
use super::command::{self, Command, Known};
use super::line_edit::LineEdit;
use super::overlay::prompt::{self, FilterUse, PromptKey};
use super::overlay::{CommandPrompt, FilterPrompt, Overlay, Pick, PickItem, Picker};
use super::pane::PaneView;
use crate::clock::Timestamp;
use crate::keymap::Chord;
use crate::model::{Scope, Tone};
use crate::msg::{Access, Effect, Target};

/// How many commands and filters are remembered.
const REMEMBERED: usize = 100;
/// How long `:write` unlocks: 30 minutes.
const UNLOCKED: i64 = 30 * 60 * 1_000_000_000;

/// Where to go in the history of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum History {
    /// The command before.
    Back,
    /// The command after.
    Forward,
    /// The one that was shown before this.
    Last,
}

impl App {
    pub(super) fn open_command(&mut self) {
        self.overlay = Some(Overlay::Command(CommandPrompt::default()));
    }

    pub(super) fn command_key(&mut self, prompt: &mut CommandPrompt, chord: Chord) -> bool {
        match prompt::read(&mut prompt.line, chord) {
            PromptKey::Cancel => return false,
            PromptKey::Changed => {
                prompt.error = None;
                prompt.chosen = None;
                prompt.offers = self.offers(prompt.line.text());
            }
            PromptKey::Complete => {
                if prompt.take() {
                    prompt.offers = self.offers(prompt.line.text());
                    prompt.chosen = None;
                }
            }
            PromptKey::Older | PromptKey::Newer if !prompt.offers.is_empty() && prompt.back == 0 => {
                let (last, older) = (prompt.offers.len() - 1, chord.key == crate::keymap::Key::Up);
                prompt.chosen = Some(match (prompt.chosen, older) {
                    (None, false) => 0,
                    (None, true) => last,
                    (Some(at), false) => {
                        if at >= last {
                            0
                        } else {
                            at + 1
                        }
                    }
                    (Some(at), true) => at.checked_sub(1).unwrap_or(last),
                });
            }
            key @ (PromptKey::Older | PromptKey::Newer) => {
                recall(
                    &mut prompt.line,
                    &mut prompt.back,
                    &self.commands,
                    key == PromptKey::Older,
                );
            }
            PromptKey::Accept => {
                if prompt.chosen.is_some() {
                    prompt.take();
                }
                let text = prompt.line.text().to_owned();
                return match self.run(&text) {
                    Ok(()) => false,
                    Err(why) => {
                        prompt.error = Some(why);
                        true
                    }
                };
            }
            PromptKey::Other => {}
        }
        true
    }

    pub(super) fn complete_command(&mut self) {
        let Some(Overlay::Command(prompt)) = &self.overlay else {
            return;
        };
        let offers = self.offers(prompt.line.text());
        if let Some(Overlay::Command(prompt)) = &mut self.overlay {
            prompt.offers = offers;
        }
    }

    fn offers(&self, text: &str) -> Vec<String> {
        let kinds = self.cluster.kinds();
        let contexts: Vec<String> = self
            .cluster
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect();
        command::complete(text, &Known { kinds: &kinds }, &self.namespaces(), &contexts)
    }

    /// Runs a command as typed after `:`.
    ///
    /// # Errors
    /// What was expected.
    pub fn run(&mut self, text: &str) -> Result<(), String> {
        let kinds = self.cluster.kinds();
        let command = command::parse(text, &Known { kinds: &kinds })?;
        self.remember_command(text);
        self.carry_out(command)
    }

    fn carry_out(&mut self, command: Command) -> Result<(), String> {
        match command {
            Command::Show(show) => self.show(show)?,
            Command::Namespace(None) => self.pick_namespaces(),
            Command::Namespace(Some(names)) => self.choose_scope(scope_of(&names)),
            Command::Context(None) => self.pick_context(),
            Command::Context(Some(name)) => self.switch_context(&name)?,
            Command::Logs(query) => self.open_logs_query(&query)?,
            Command::Scale(to) => self.open_scale(Some(&to)),
            Command::Write => self.unlock(),
            Command::ReadOnly => {
                if let Some(info) = &mut self.cluster.info {
                    info.access = Access::ReadOnly;
                }
                self.cluster.unlocked_until = None;
                self.effects.push(Effect::Allow(Access::ReadOnly));
                self.toast("read-only: all changes are refused", Tone::Ok);
            }
            Command::Help => self.open_help(),
            Command::Kinds => self.show_kinds(),
            Command::Diagnostics => self.show_diagnostics(),
            Command::Messages => self.show_messages(),
            Command::Theme(name) => self.theme = Some(name),
            Command::Quit => self.effects.push(Effect::Quit),
        }
        Ok(())
    }

    fn unlock(&mut self) {
        match &self.cluster.info {
            None => return self.toast("not connected yet", Tone::Warn),
            Some(info) if info.access == Access::Write => {
                return self.toast("changes are allowed here already", Tone::Dim);
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

    // --- filter

    pub(super) fn open_filter(&mut self) {
        let Some(pane) = self.focused() else { return };
        let before = match &pane.view {
            PaneView::Table(table) => table.query.filter.clone(),
            PaneView::Logs(logs) => logs.filter.clone(),
            PaneView::Text(text) => text.search.as_ref().map(ToString::to_string).unwrap_or_default(),
        };
        let purpose = if matches!(pane.view, PaneView::Text(_)) {
            FilterUse::Search
        } else {
            FilterUse::Filter
        };
        let prompt = FilterPrompt {
            pane: pane.id,
            line: LineEdit::new(&before),
            before,
            purpose,
            back: 0,
        };
        self.overlay = Some(Overlay::Filter(prompt));
    }

    pub(super) fn filter_key(&mut self, prompt: &mut FilterPrompt, chord: Chord) -> bool {
        match prompt::read(&mut prompt.line, chord) {
            PromptKey::Cancel => {
                let before = prompt.before.clone();
                self.filter(prompt.pane, prompt.purpose, &before);
                return false;
            }
            PromptKey::Accept => {
                let text = prompt.line.text().to_owned();
                if !text.is_empty() && self.filters.last() != Some(&text) {
                    if self.filters.len() >= REMEMBERED {
                        self.filters.remove(0);
                    }
                    self.filters.push(text);
                }
                return self.filter_problem(prompt.pane).is_some();
            }
            PromptKey::Complete => self.swap_purpose(prompt),
            key @ (PromptKey::Older | PromptKey::Newer) => {
                recall(
                    &mut prompt.line,
                    &mut prompt.back,
                    &self.filters,
                    key == PromptKey::Older,
                );
                self.filter(prompt.pane, prompt.purpose, prompt.line.text());
            }
            PromptKey::Changed => self.filter(prompt.pane, prompt.purpose, prompt.line.text()),
            PromptKey::Other => {}
        }
        true
    }

    /// Tab in a log pane: search instead of filter, and back.
    fn swap_purpose(&mut self, prompt: &mut FilterPrompt) {
        if !matches!(
            self.panes.get(&prompt.pane).map(|pane| &pane.view),
            Some(PaneView::Logs(_))
        ) {
            return;
        }
        let text = prompt.line.text().to_owned();
        self.filter(prompt.pane, prompt.purpose, "");
        prompt.purpose = match prompt.purpose {
            FilterUse::Filter => FilterUse::Search,
            FilterUse::Search => FilterUse::Filter,
        };
        self.filter(prompt.pane, prompt.purpose, &text);
    }

    pub(super) fn apply_filter_prompt(&mut self) {
        let Some(Overlay::Filter(prompt)) = &self.overlay else {
            return;
        };
        let (pane, purpose, text) = (prompt.pane, prompt.purpose, prompt.line.text().to_owned());
        self.filter(pane, purpose, &text);
    }

    fn filter(&mut self, pane: super::tree::PaneId, purpose: FilterUse, text: &str) {
        match self.panes.get_mut(&pane).map(|pane| &mut pane.view) {
            Some(PaneView::Table(table)) => table.set_filter(text),
            Some(PaneView::Logs(logs)) if purpose == FilterUse::Filter => logs.set_filter(text),
            Some(PaneView::Logs(logs)) => logs.set_search(text),
            Some(PaneView::Text(pane)) => pane.set_search(text),
            None => {}
        }
    }

    /// What is wrong with the filter of a pane as it is typed.
    pub fn filter_problem(&self, pane: super::tree::PaneId) -> Option<&str> {
        match &self.panes.get(&pane)?.view {
            PaneView::Table(table) => table.filter_error.as_deref(),
            PaneView::Logs(logs) => logs.filter_error.as_deref(),
            PaneView::Text(text) => text.search_error.as_deref(),
        }
    }

    // --- choices

    pub(super) fn pick_context(&mut self) {
        let item = |context: &crate::msg::ContextInfo| PickItem {
            value: context.name.clone(),
            detail: format!("{}  {}", context.cluster, context.namespace),
            problem: context.problem.clone(),
            marked: false,
        };
        let items: Vec<PickItem> = self.cluster.contexts.iter().map(item).collect();
        let picker = Picker::new("Contexts", Pick::Context, items, self.cluster.context());
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn pick_namespaces(&mut self) {
        self.open_background_namespaces();
        let all = PickItem {
            value: "all".to_owned(),
            detail: "every namespace".to_owned(),
            ..PickItem::default()
        };
        let shown = |name: &String| match &self.scope {
            Scope::All => false,
            Scope::Namespaces(names) => names.len() > 1 && names.contains(name),
        };
        let names = self.namespaces();
        let rest = names.iter().map(|name| PickItem {
            value: name.clone(),
            marked: shown(name),
            ..PickItem::default()
        });
        let items = std::iter::once(all).chain(rest).collect();
        let current = self.scope.single().unwrap_or("all").to_owned();
        let picker = Picker::new("Namespaces", Pick::Namespaces, items, &current);
        self.overlay = Some(Overlay::Picker(Box::new(picker)));
    }

    pub(super) fn picked(&mut self, pick: Pick, values: Vec<String>) {
        let first = values.first().cloned().unwrap_or_default();
        match pick {
            Pick::Shell(pod) => self.exec(pod, Some(first)),
            Pick::Logs(pod) => self.open_container_logs(pod, &first),
            Pick::Namespaces if values.iter().any(|name| name == "all") => self.choose_scope(Scope::All),
            Pick::Namespaces => self.choose_scope(Scope::Namespaces(values.into_iter().collect())),
            Pick::Context => {
                if let Err(why) = self.switch_context(&first) {
                    self.toast(why, Tone::Bad);
                }
            }
            Pick::Theme => self.theme = Some(first),
        }
    }

    /// Ends everything of the old context and connects to another.
    ///
    /// # Errors
    /// There is no such context, or it cannot be used.
    pub(super) fn switch_context(&mut self, name: &str) -> Result<(), String> {
        let Some(context) = self.cluster.contexts.iter().find(|context| context.name == name) else {
            let names: Vec<&str> = self
                .cluster
                .contexts
                .iter()
                .map(|context| &*context.name)
                .collect();
            return Err(format!(
                "no context `{name}` in the kubeconfig; there are: {}",
                names.join(", ")
            ));
        };
        if let Some(problem) = &context.problem {
            return Err(format!("context `{name}` cannot be used: {problem}"));
        }
        self.start.scope = None;
        self.leave_context();
        self.effects.push(Effect::Connect(Target {
            context: Some(name.to_owned()),
        }));
        Ok(())
    }
}

/// `a,b` or `all`.
fn scope_of(names: &str) -> Scope {
    if matches!(names, "all" | "*") {
        return Scope::All;
    }
    Scope::Namespaces(
        names
            .split([',', ' '])
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    )
}

fn recall(line: &mut LineEdit, back: &mut usize, history: &[String], older: bool) {
    let next = if older {
        (*back + 1).min(history.len())
    } else {
        back.saturating_sub(1)
    };
    *back = next;
    let text = history
        .len()
        .checked_sub(next)
        .and_then(|at| history.get(at))
        .map_or("", String::as_str);
    *line = LineEdit::new(text);
}
