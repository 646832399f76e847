//! A context comes, is connected to, and is left for another. Nothing of one reaches the next.

use std::sync::Arc;

use super::App;
use super::Waiting;
use super::open;
use super::pane::{Pane, PaneView};
use super::seek::Seek;
use crate::clock;
use crate::kinds;
use crate::model::{Query, Scope, Tone};
use crate::msg::{Access, ClusterInfo, Connection, Effect, Target, UsageWanted};

impl App {
    pub(super) fn connection(&mut self, connection: Connection) {
        self.dirty = true;
        match connection {
            Connection::Contexts(contexts) => self.cluster.contexts = contexts,
            Connection::Connecting(info) => self.connecting(info),
            Connection::Connected { version } => {
                self.cluster.version = Some(version);
                self.cluster.failure = None;
            }
            Connection::Failed(failure) => {
                // The header tells it for as long as it lasts, and the middle of the screen where there is no pane.
                self.toasts
                    .push_brief(failure.message.clone(), Tone::Bad, self.now);
                if self.panes.is_empty() {
                    self.toasts.hide();
                }
                self.cluster.failure = Some(failure);
            }
        }
    }

    /// Everything of the present context goes at once, so that nothing meant for it reaches the next one. Answers about what was already sent
    /// are still told.
    pub(super) fn leave_context(&mut self) {
        self.save_drafts("its context was left");
        self.store.clear();
        self.panes.clear();
        self.background.clear();
        self.rollouts.clear();
        self.waiting.retain(|_, waiting| {
            if let Waiting::Change(change) = waiting {
                change.follows = None;
            }
            matches!(
                waiting,
                Waiting::Change(_)
                    | Waiting::Edit(_)
                    | Waiting::Editor(_)
                    | Waiting::Draft(_)
                    | Waiting::Save
                    | Waiting::Exec(_)
            )
        });
        self.overlay = None;
        self.usage_wanted = UsageWanted::default();
        self.cluster.plugin.clear();
        self.cluster.plugin_waits = false;
        self.cluster.info = None;
        self.cluster.version = None;
        self.cluster.failure = None;
        self.cluster.unlocked_until = None;
        self.cluster.discovered.clear();
        self.dirty = true;
    }

    /// A new context: everything of the old one goes, the start view opens.
    fn connecting(&mut self, info: ClusterInfo) {
        self.leave_context();
        let contexts = std::mem::take(&mut self.cluster.contexts);
        self.scope = self.first_scope(&info);
        self.cluster = super::ClusterState {
            contexts,
            since: self.now,
            info: Some(info),
            ..super::ClusterState::default()
        };
        self.open_start();
        self.greet();
        // The cluster it is played on is there now; another context plays none.
        self.effects.extend(self.start.game.take().map(Effect::GameDay));
    }

    /// What to know of the context before anything else.
    fn greet(&mut self) {
        let Some(info) = &self.cluster.info else {
            return;
        };
        // What is wrong with the settings is not talked over.
        let warned = self
            .toasts
            .current(self.now)
            .is_some_and(|toast| toast.tone == Tone::Warn);
        if info.demo {
            if !warned {
                self.toast(
                    "a pretend cluster, safe to break · ? keys · q quits",
                    Tone::Accent,
                );
            }
            return;
        }
        if !warned
            && info.access == Access::ReadOnly
            && let Some(why) = self.cluster.refusal(self.now)
        {
            self.toast(format!("read-only: changes are refused · {why}"), Tone::Accent);
        }
        if let Some((tone, text)) = self.certificate_news() {
            self.toast(text, tone);
        }
    }

    fn certificate_news(&self) -> Option<(Tone, String)> {
        let user = &self.cluster.info.as_ref()?.context.user;
        let left = self.cluster.certificate_left(self.now)?;
        let span = clock::span(left.abs());
        Some(if left <= 0 {
            let text = format!("the client certificate of user `{user}` expired {span} ago: renew it");
            (Tone::Bad, text)
        } else {
            let text =
                format!("the client certificate of user `{user}` expires in {span}: renew it before that");
            (Tone::Warn, text)
        })
    }

    fn first_scope(&self, info: &ClusterInfo) -> Scope {
        if let Some(scope) = &self.start.scope {
            return scope.clone();
        }
        match self.config.context(&info.context.name).namespaces {
            Some(names) if !names.is_empty() => Scope::Namespaces(names.into_iter().collect()),
            _ if info.demo => Scope::All,
            _ => Scope::one(if info.context.namespace.is_empty() {
                "default"
            } else {
                &info.context.namespace
            }),
        }
    }

    fn open_start(&mut self) {
        let command = std::mem::take(&mut self.start.command);
        let configured = self.config.settings.view.clone();
        if let Some(kind) = kinds::find(&open::PODS).cloned() {
            let query = Query {
                gvr: open::PODS,
                scope: self.scope.clone(),
                ..Query::default()
            };
            self.open_first(&kind, query);
            // A newcomer meets the demo cluster at the pod with a story to tell.
            let demo = self.cluster.info.as_ref().is_some_and(|info| info.demo);
            if demo && let Some(table) = self.focused_mut().and_then(Pane::table_mut) {
                table.seek = Some(Seek::Restarts);
            }
        }
        let wanted = if command.trim().is_empty() {
            configured
        } else {
            command
        };
        let wanted = wanted.trim().trim_start_matches(':').to_owned();
        if matches!(wanted.as_str(), "" | "po" | "pods" | "pod") {
            return;
        }
        match self.run(&wanted) {
            Ok(()) => self.make_first(),
            // A kind that discovery has still to find is shown when it comes.
            Err(why) => {
                self.start.command = wanted;
                self.toast(why, Tone::Warn);
            }
        }
    }

    /// What the start command opened is where Esc ends.
    fn make_first(&mut self) {
        let Some(pane) = self.panes.get_mut(&self.focus) else {
            return;
        };
        let left: Vec<PaneView> = pane.back.drain(..).collect();
        for view in left {
            self.leave(view);
        }
    }

    pub(super) fn discovered(&mut self, kinds: Vec<Arc<crate::kind::Kind>>) {
        self.cluster.discovered = kinds;
        let wanted = std::mem::take(&mut self.start.command);
        if !wanted.is_empty() && self.run(&wanted).is_ok() {
            self.make_first();
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
        self.toasts.hide();
        self.leave_context();
        self.effects.push(Effect::Connect(Target {
            context: Some(name.to_owned()),
        }));
        Ok(())
    }
}
