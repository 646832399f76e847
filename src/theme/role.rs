//! What a piece of the screen is, so that a theme can say how it looks. It must not know colours.

use crate::model::Health;

macro_rules! roles {
    ($($variant:ident $name:literal $help:literal;)+) => {
        /// What a piece of the screen is. A theme that does not name `a.b` uses what it says for `a`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = $help] $variant,)+
        }

        impl Role {
            /// All roles, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name in theme files: `border.focus`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is used for, in one line.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }
        }
    };
}

roles! {
    Text "text" "most of the screen: foreground and background";
    Dim "dim" "units, repeated prefixes, n/a";
    Accent "accent" "keys, links, what can be acted on";
    Ok "ok" "as it should be";
    Warn "warn" "needs a look";
    Bad "bad" "broken";
    Busy "busy" "in progress";
    Done "done" "finished as meant";
    Changed "changed" "a cell that changed within two seconds";
    Select "select" "the row under the cursor";
    SelectIdle "select.idle" "the row under the cursor of a pane without focus";
    Mark "mark" "a marked row";
    Match "match" "what a filter or a search found";
    MatchCurrent "match.current" "the match the search stands on";
    Border "border" "frame of a pane";
    BorderFocus "border.focus" "frame of the focused pane";
    Title "title" "title of a pane";
    TitleFocus "title.focus" "title of the focused pane";
    Header "header" "column titles";
    HeaderSort "header.sort" "title of the column that orders the table";
    Status "status" "the line at the top";
    StatusStale "status.stale" "freshness when data is old";
    Hint "hint" "the line at the foot";
    HintKey "hint.key" "a key in the line at the foot";
    Badge "badge" "a word that must be seen";
    BadgeDemo "badge.demo" "DEMO";
    BadgeReadOnly "badge.readonly" "read-only";
    BadgeWrite "badge.write" "a protected context that was unlocked";
    Bar "bar" "the empty part of a bar";
    BarOk "bar.ok" "the full part of a bar";
    BarWarn "bar.warn" "the full part of a bar above the first threshold";
    BarBad "bar.bad" "the full part of a bar above the second threshold";
    Overlay "overlay" "a window over the panes";
    OverlayBorder "overlay.border" "its frame";
    OverlayTitle "overlay.title" "its title";
    Prompt "prompt" "text being typed";
    PromptGhost "prompt.ghost" "the completion offered";
    Button "button" "a button";
    ButtonFocus "button.focus" "the button that Enter presses";
    ButtonDanger "button.danger" "the focused button that changes the cluster";
    Toast "toast" "a passing message";
    LogTime "log.time" "time stamp of a line";
    LogKey "log.key" "field name of a structured line";
    LogGap "log.gap" "lines that are missing";
    LogDivider "log.divider" "restart, mark, end of a stream";
    LogTrace "log.trace" "severity trace";
    LogDebug "log.debug" "severity debug";
    LogInfo "log.info" "severity info";
    LogWarn "log.warn" "severity warning";
    LogError "log.error" "severity error";
    LogFatal "log.fatal" "severity fatal";
    SyntaxHeading "syntax.heading" "section title of a text";
    SyntaxKey "syntax.key" "field name of YAML";
    SyntaxString "syntax.string" "text value of YAML";
    SyntaxNumber "syntax.number" "number, boolean, null";
    SyntaxComment "syntax.comment" "comment";
    SyntaxKeyword "syntax.keyword" "keyword of a script";
    ContextProd "context.prod" "a protected cluster";
    Context1 "context.1" "a cluster";
    Context2 "context.2" "a cluster";
    Context3 "context.3" "a cluster";
    Context4 "context.4" "a cluster";
    Context5 "context.5" "a cluster";
    Context6 "context.6" "a cluster";
    Pod1 "pod.1" "lines of a pod";
    Pod2 "pod.2" "lines of a pod";
    Pod3 "pod.3" "lines of a pod";
    Pod4 "pod.4" "lines of a pod";
    Pod5 "pod.5" "lines of a pod";
    Pod6 "pod.6" "lines of a pod";
    Pod7 "pod.7" "lines of a pod";
    Pod8 "pod.8" "lines of a pod";
}

#[expect(clippy::derivable_impls, reason = "the macro cannot mark one variant")]
impl Default for Role {
    fn default() -> Self {
        Self::Text
    }
}

const CONTEXTS: [Role; 6] = [
    Role::Context1,
    Role::Context2,
    Role::Context3,
    Role::Context4,
    Role::Context5,
    Role::Context6,
];
const PODS: [Role; 8] = [
    Role::Pod1,
    Role::Pod2,
    Role::Pod3,
    Role::Pod4,
    Role::Pod5,
    Role::Pod6,
    Role::Pod7,
    Role::Pod8,
];

impl Role {
    /// The role of a name. `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// The role of a health.
    pub const fn of(health: Health) -> Self {
        match health {
            Health::Done => Self::Done,
            Health::Ok => Self::Ok,
            Health::Busy => Self::Busy,
            Health::Warn => Self::Warn,
            Health::Bad => Self::Bad,
        }
    }

    /// The colour of a context: always the same for a name, red for a protected one.
    pub fn context(name: &str, protected: bool) -> Self {
        if protected {
            Self::ContextProd
        } else {
            CONTEXTS[spread(name, CONTEXTS.len())]
        }
    }

    /// The colour of a pod's lines: always the same for a name.
    pub fn pod(name: &str) -> Self {
        PODS[spread(name, PODS.len())]
    }

    /// `border.focus` → `border` → `None`.
    pub(super) fn parent(name: &str) -> Option<&str> {
        name.rsplit_once('.').map(|(parent, _)| parent)
    }
}

/// FNV-1a (Fowler, Noll, Vo), 64 bits, folded onto `count` places: the same on every machine and in every version.
fn spread(text: &str, count: usize) -> usize {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ((hash ^ (hash >> 32)) % count.max(1) as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_colour_and_names_spread() {
        assert_eq!(Role::context("staging", false), Role::context("staging", false));
        assert_eq!(Role::context("prod-eks", true), Role::ContextProd);
        let seen: std::collections::BTreeSet<Role> = (0..64)
            .map(|i| Role::pod(&format!("web-7d9f8c6b5-{i:05}")))
            .collect();
        assert_eq!(seen.len(), PODS.len());
    }

    #[test]
    fn names_lead_back_to_their_role() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(*role));
        }
    }
}
