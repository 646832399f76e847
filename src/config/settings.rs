//! The settings as values. It must not know files.

use crate::theme::Depth;

/// What holds everywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Theme by name. `None`: chosen by what the terminal says.
    pub theme: Option<String>,
    /// Colours of the terminal. `None`: as its environment says.
    pub colours: Option<Depth>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Listen to the mouse.
    pub mouse: bool,
    /// The command the program opens with, without the colon.
    pub view: String,
    /// Refuse every change, in every context.
    pub read_only: bool,
    /// A context whose name contains one of these (in any case) is protected.
    pub protected: Vec<String>,
    /// Namespaces of the keys 1 to 9, at most 9.
    pub favourites: Vec<String>,
    /// Logs.
    pub logs: LogSettings,
    /// Where bars change colour.
    pub thresholds: Thresholds,
}

/// How log panes start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// How far back, in seconds; 0 for all there is.
    pub since_seconds: u64,
    /// Lines a container; 0 for all there are.
    pub tail: u32,
    /// Streams a pane opens at once; the rest waits.
    pub streams: u32,
    /// What a pane keeps, in MiB.
    pub memory_mib: u32,
    /// Wrap long lines.
    pub wrap: bool,
    /// Time stamps.
    pub timestamps: TimeStyle,
}

/// How time stamps are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeStyle {
    /// Not at all.
    Off,
    /// In UTC.
    Utc,
    /// In the local time zone.
    #[default]
    Local,
    /// As an age.
    Relative,
}

/// Per cent from which a bar is a warning, and from which it is bad; the first is not above the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Warning.
    pub warn: u32,
    /// Bad.
    pub bad: u32,
}

/// Limits by resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// CPU.
    pub cpu: Limits,
    /// Memory.
    pub memory: Limits,
    /// Pods of a node.
    pub pods: Limits,
}

/// What a context has of its own; `None` where the general setting counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContextSettings {
    /// Theme by name.
    pub theme: Option<String>,
    /// Colour of the context, as in theme files.
    pub colour: Option<String>,
    /// Refuse every change.
    pub read_only: Option<bool>,
    /// Start read-only, ask for names.
    pub protected: Option<bool>,
    /// Namespaces to open with, instead of the kubeconfig's.
    pub namespaces: Option<Vec<String>>,
    /// Namespaces of the keys 1 to 9.
    pub favourites: Option<Vec<String>>,
}

impl ContextSettings {
    /// Fills what is not set from `other`.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            theme: self.theme.or(other.theme),
            colour: self.colour.or(other.colour),
            read_only: self.read_only.or(other.read_only),
            protected: self.protected.or(other.protected),
            namespaces: self.namespaces.or(other.namespaces),
            favourites: self.favourites.or(other.favourites),
        }
    }
}
