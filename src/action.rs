//! THE action table: what keys, the palette, help and the README share. It knows names, scopes, default keys and danger; it must not know how
//! anything is done.
//!
//! One enum per place that carries actions out, made by `actions!`: its match there is exhaustive, so a new row is a compile error until
//! somebody handles it. To add an action, add a row.

mod global;
mod logs;
mod object;
mod table;
mod text;

pub use global::{Global, Move, Pane};
pub use logs::Logs;
pub use object::Object;
pub use table::Table;
pub use text::Text;

/// Where a key is listened to. A focused pane listens to a chain of scopes, the most particular first:
/// `[Pods, Table, Move, Pane, Global]` on a table of pods, `[Logs, Move, Pane, Global]` in a log pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// The tree of panes.
    Pane,
    /// Moving through anything that scrolls: tables, logs, text.
    Move,
    /// Every table.
    Table,
    /// Pods.
    Pods,
    /// Containers of a pod.
    Containers,
    /// Deployments, statefulsets and daemonsets: what has a pod template that rolls.
    Workloads,
    /// Anything with a scale subresource.
    Scalable,
    /// Deployments, beside [`Scope::Workloads`] and [`Scope::Scalable`].
    Deployments,
    /// Replicasets, beside [`Scope::Scalable`].
    ReplicaSets,
    /// Cronjobs.
    CronJobs,
    /// Services.
    Services,
    /// Nodes.
    Nodes,
    /// Secrets.
    Secrets,
    /// Namespaces.
    Namespaces,
    /// Events.
    Events,
    /// Log panes.
    Logs,
    /// YAML, describe and other text.
    Text,
}

impl Scope {
    /// All scopes, in the order of help.
    pub const ALL: &[Self] = &[
        Self::Global,
        Self::Pane,
        Self::Move,
        Self::Table,
        Self::Pods,
        Self::Containers,
        Self::Workloads,
        Self::Scalable,
        Self::Deployments,
        Self::ReplicaSets,
        Self::CronJobs,
        Self::Services,
        Self::Nodes,
        Self::Secrets,
        Self::Namespaces,
        Self::Events,
        Self::Logs,
        Self::Text,
    ];

    /// What follows the scopes of a kind in the chain of a table.
    pub const TABLE: &[Self] = &[Self::Table, Self::Move, Self::Pane, Self::Global];
    /// The chain of a log pane.
    pub const LOGS: &[Self] = &[Self::Logs, Self::Move, Self::Pane, Self::Global];
    /// The chain of a text pane.
    pub const TEXT: &[Self] = &[Self::Text, Self::Move, Self::Pane, Self::Global];

    /// The name of its section in a keymap file: `[pods]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Pane => "pane",
            Self::Move => "move",
            Self::Table => "table",
            Self::Pods => "pods",
            Self::Containers => "containers",
            Self::Workloads => "workloads",
            Self::Scalable => "scalable",
            Self::Deployments => "deployments",
            Self::ReplicaSets => "replicasets",
            Self::CronJobs => "cronjobs",
            Self::Services => "services",
            Self::Nodes => "nodes",
            Self::Secrets => "secrets",
            Self::Namespaces => "namespaces",
            Self::Events => "events",
            Self::Logs => "logs",
            Self::Text => "text",
        }
    }

    /// The scope of a section name. `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.name() == name)
    }
}

/// Whether an action may change the cluster. In read-only the mutating ones are shown disabled; the client refuses them in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Danger {
    /// Never changes the cluster.
    Reads,
    /// Changes the cluster, or reaches into a container (exec, attach, port-forward).
    Mutates,
}

/// One row of the table.
#[derive(Debug)]
pub struct Spec {
    /// Its name in keymap files and in the palette, kebab-case, unique.
    pub name: &'static str,
    /// Default chords per scope, separated by blanks; empty for none. It can be bound only in the scopes named here.
    pub keys: &'static [(Scope, &'static str)],
    /// Whether it may change the cluster.
    pub danger: Danger,
    /// One line for help, lower case.
    pub help: &'static str,
    /// The feature does not exist yet: the kubectl command to show instead, for [`fill`].
    pub instead: Option<&'static str>,
}

macro_rules! actions {
    ($(#[$doc:meta])* $enum:ident {
        $($variant:ident $name:literal $danger:ident [$($scope:ident $keys:literal),+] $help:literal $(=> $instead:literal)?;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum {
            $(#[doc = $help] $variant,)+
        }

        impl $enum {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The row.
            pub const fn spec(self) -> &'static $crate::action::Spec {
                use $crate::action::{Danger, Scope, Spec};
                match self {
                    $(Self::$variant => const { &Spec {
                        name: $name,
                        keys: &[$((Scope::$scope, $keys)),+],
                        danger: Danger::$danger,
                        help: $help,
                        instead: actions!(@instead $($instead)?),
                    } },)+
                }
            }
        }
    };
    (@instead) => { None };
    (@instead $text:literal) => { Some($text) };
}
use actions;

/// Any action, grouped by who carries it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// What every screen has.
    Global(Global),
    /// The tree of panes.
    Pane(Pane),
    /// Moving and scrolling.
    Move(Move),
    /// The table itself: order, filter, marks, columns.
    Table(Table),
    /// The object under the cursor, or the marked ones.
    Object(Object),
    /// A log pane.
    Logs(Logs),
    /// A text pane.
    Text(Text),
}

impl Action {
    /// Every action, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let global = Global::ALL.iter().copied().map(Self::Global);
        let pane = Pane::ALL.iter().copied().map(Self::Pane);
        let moves = Move::ALL.iter().copied().map(Self::Move);
        let table = Table::ALL.iter().copied().map(Self::Table);
        let object = Object::ALL.iter().copied().map(Self::Object);
        let logs = Logs::ALL.iter().copied().map(Self::Logs);
        let text = Text::ALL.iter().copied().map(Self::Text);
        global
            .chain(pane)
            .chain(moves)
            .chain(table)
            .chain(object)
            .chain(logs)
            .chain(text)
    }

    /// Its row.
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::Global(action) => action.spec(),
            Self::Pane(action) => action.spec(),
            Self::Move(action) => action.spec(),
            Self::Table(action) => action.spec(),
            Self::Object(action) => action.spec(),
            Self::Logs(action) => action.spec(),
            Self::Text(action) => action.spec(),
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.spec().name
    }

    /// True when it may change the cluster.
    pub const fn mutates(self) -> bool {
        matches!(self.spec().danger, Danger::Mutates)
    }

    /// True when it can be used in this scope.
    pub fn is_in(self, scope: Scope) -> bool {
        self.spec().keys.iter().any(|(place, _)| *place == scope)
    }

    /// The action of a name. `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|action| action.name() == name)
    }
}

/// Keys that cannot be rebound, because text is typed there: for help. Place, keys, what they do.
pub const FIXED: &[(&str, &str, &str)] = &[
    ("prompt", "enter", "run, or keep the filter"),
    ("prompt", "esc", "leave without it"),
    (
        "prompt",
        "tab right",
        "take the completion; in the filter of logs: search instead of filter",
    ),
    ("prompt", "up down", "history"),
    ("prompt", "ctrl-u", "clear"),
    ("prompt", "ctrl-w", "delete a word"),
    ("picker", "enter", "choose"),
    ("picker", "space", "mark"),
    ("picker", "esc", "leave without choosing"),
    ("confirmation", "tab left right", "move between the buttons"),
    ("confirmation", "enter", "press the button; it starts on Cancel"),
    ("confirmation", "esc", "cancel"),
    ("confirmation", "c", "copy the kubectl command"),
];

/// Puts values into the `{name}` places of a kubectl command; an empty value leaves out the option before it, too (`-n {namespace}`).
///
/// Places used by the table: `{kind}`, `{name}`, `{namespace}`, `{container}`.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in template.split(' ') {
        let mut text = word.to_owned();
        let mut empty = false;
        for (place, value) in values {
            let place = format!("{{{place}}}");
            if text.contains(&place) {
                empty |= value.is_empty();
                text = text.replace(&place, value);
            }
        }
        if !empty {
            words.push(text);
        } else if words.last().is_some_and(|option| option.starts_with('-')) {
            words.pop();
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_filled_and_loses_empty_options() {
        let template = "kubectl -n {namespace} attach -it {name} -c {container}";
        let values = [("namespace", "shop"), ("name", "web-1"), ("container", "")];
        assert_eq!(fill(template, &values), "kubectl -n shop attach -it web-1");
    }

    #[test]
    fn names_lead_back_to_their_action() {
        for action in Action::all() {
            assert_eq!(Action::named(action.name()), Some(action));
        }
        assert_eq!(Action::named("no-such-action"), None);
    }

    #[test]
    fn sections_lead_back_to_their_scope() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.name()), Some(*scope));
        }
    }
}
