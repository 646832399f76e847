//! What the tables of actions, keys and themes must keep: complete, without conflict, and what fingers expect.

use std::collections::{BTreeMap, BTreeSet};

use kubris::action::{Action, Object, Scope};
use kubris::keymap::{Chord, Keymap};
use kubris::theme::{Depth, EMBEDDED, Role, Theme};
use ratatui::style::Color;

use super::screens::contrast::contrast;

/// Scopes that listen together, beside those of every table: what a kind's tables have in front.
const KINDS: &[&[Scope]] = &[
    &[Scope::Pods],
    &[Scope::Containers],
    &[Scope::Deployments, Scope::Workloads, Scope::Scalable],
    &[Scope::Workloads, Scope::Scalable],
    &[Scope::Workloads],
    &[Scope::ReplicaSets, Scope::Scalable],
    &[Scope::CronJobs],
    &[Scope::Services],
    &[Scope::Nodes],
    &[Scope::Secrets],
    &[Scope::Namespaces],
    &[Scope::Events],
];

/// Keys of every table that a kind uses for something else, each of them as in k9s.
const HIDDEN: &[(Scope, &str)] = &[
    (Scope::Nodes, "c"),
    (Scope::Nodes, "u"),
    (Scope::Namespaces, "u"),
    (Scope::ReplicaSets, "ctrl-l"),
];

fn defaults() -> Vec<(Action, Scope, Chord)> {
    let mut rows = Vec::new();
    for action in Action::all() {
        for (scope, keys) in action.spec().keys {
            for key in keys.split_whitespace() {
                rows.push((
                    action,
                    *scope,
                    key.parse()
                        .unwrap_or_else(|error| panic!("{}: {error}", action.name())),
                ));
            }
        }
    }
    rows
}

#[test]
fn names_of_actions_are_unique_and_in_one_form() {
    let mut seen = BTreeSet::new();
    for action in Action::all() {
        let name = action.name();
        assert!(seen.insert(name), "`{name}` stands for two actions");
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(!name.is_empty() && name.chars().all(fine), "`{name}`");
    }
}

#[test]
fn every_action_has_help_of_one_line() {
    for action in Action::all() {
        let help = action.spec().help;
        assert!(
            (3..=60).contains(&help.chars().count()),
            "{}: {help}",
            action.name()
        );
        assert!(
            !help.ends_with('.') && !help.contains('\n'),
            "{}: {help}",
            action.name()
        );
        assert!(!action.spec().keys.is_empty(), "{} has no scope", action.name());
    }
}

#[test]
fn what_does_not_exist_yet_shows_a_kubectl_command() {
    for action in Action::all() {
        let Some(command) = action.spec().instead else {
            continue;
        };
        assert!(command.starts_with("kubectl "), "{}: {command}", action.name());
        let places = ["kind", "name", "namespace", "container"].map(|place| (place, "x"));
        let filled = kubris::action::fill(command, &places);
        assert!(
            !filled
                .replace("'{\"spec\":{\"suspend\":true}}'", "")
                .contains('{'),
            "{}: {filled}",
            action.name()
        );
    }
}

#[test]
fn no_chord_means_two_things_in_a_scope() {
    let mut seen: BTreeMap<(Scope, Chord), Action> = BTreeMap::new();
    for (action, scope, chord) in defaults() {
        if let Some(other) = seen.insert((scope, chord), action) {
            panic!(
                "`{chord}` in [{}] is both `{}` and `{}`",
                scope.name(),
                other.name(),
                action.name()
            );
        }
    }
}

#[test]
fn scopes_that_always_listen_together_do_not_hide_each_other() {
    for chain in [Scope::TABLE, Scope::LOGS, Scope::TEXT] {
        let mut seen: BTreeMap<Chord, Action> = BTreeMap::new();
        for (action, scope, chord) in defaults() {
            if !chain.contains(&scope) {
                continue;
            }
            if let Some(other) = seen.insert(chord, action) {
                panic!(
                    "`{chord}` is both `{}` and `{}` in {chain:?}",
                    other.name(),
                    action.name()
                );
            }
        }
    }
}

#[test]
fn a_kind_hides_only_the_keys_that_are_meant() {
    let mut hidden = BTreeSet::new();
    for kind in KINDS {
        let mut seen: BTreeMap<Chord, Action> = BTreeMap::new();
        for (action, scope, chord) in defaults()
            .into_iter()
            .filter(|(_, scope, _)| kind.contains(scope))
        {
            if let Some(other) = seen.insert(chord, action) {
                panic!(
                    "`{chord}` is both `{}` and `{}` in {kind:?}",
                    other.name(),
                    action.name()
                );
            }
            if defaults()
                .iter()
                .any(|(_, other, same)| Scope::TABLE.contains(other) && *same == chord)
            {
                hidden.insert((scope, chord.to_string()));
            }
        }
    }
    let meant: BTreeSet<(Scope, String)> = HIDDEN
        .iter()
        .map(|(scope, key)| (*scope, (*key).to_owned()))
        .collect();
    assert_eq!(hidden, meant);
}

#[test]
fn every_scope_is_listened_to() {
    let heard: BTreeSet<Scope> = KINDS
        .iter()
        .copied()
        .chain([Scope::TABLE, Scope::LOGS, Scope::TEXT])
        .flatten()
        .copied()
        .collect();
    assert_eq!(heard, Scope::ALL.iter().copied().collect());
}

#[test]
fn no_key_of_a_log_or_text_pane_but_edit_changes_the_cluster() {
    for (action, scope, _) in defaults() {
        let edit = action == Action::Object(Object::Edit);
        let pane = matches!(
            scope,
            Scope::Logs | Scope::Text | Scope::Move | Scope::Pane | Scope::Global
        );
        assert!(
            !pane || edit || !action.mutates(),
            "`{}` in [{}]",
            action.name(),
            scope.name()
        );
    }
    let keymap = Keymap::default();
    for chain in [Scope::LOGS, Scope::TEXT] {
        assert_eq!(
            keymap.action("ctrl-d".parse().unwrap(), chain.iter().copied()),
            None
        );
    }
}

/// Kind, key, action: what fingers know from k9s, and what we added.
const FINGERS: &str = "
    pods       : command  / filter  ? help  esc back  q quit  ctrl-c quit  enter open  [ history-back  ] history-forward  - history-last
    pods       space mark  ctrl-space mark-range  ctrl-\\ clear-marks  ctrl-s save-table  ctrl-w wide  ctrl-z faults  ctrl-r refresh
    pods       N sort-name  A sort-age  S sort-status  P sort-namespace  C sort-cpu  M sort-memory  R sort-restarts
    pods       shift-left column-left  shift-right column-right  O sort-column  0 all-namespaces  1 favourite-1  9 favourite-9
    pods       y yaml  d describe  e edit  ctrl-d delete  c copy-name  n copy-namespace  w warp  J owner  o node  u used-by
    pods       l logs  p previous-logs  s shell  a attach  F port-forward  f forwards  i set-image  ctrl-k kill  t transfer  = scale
    pods       j down  k up  g top  G bottom  ctrl-f page-down  ctrl-b page-up  tab focus-next  backtab focus-previous  ctrl-e header
    pods       | split-right  _ split-down  Z zoom  X close  ! pin  ctrl-left resize-left  left left  pagedown page-down  home top
    containers s shell  a attach  l logs  F port-forward
    deployments s scale  r restart  i set-image  = scale  l logs  F port-forward
    cronjobs   t trigger  s suspend
    nodes      c cordon  u uncordon  r drain  s node-shell  y yaml
    secrets    x decode
    logs       s follow  0 log-tail  1 log-head  2 log-1m  3 log-5m  4 log-15m  5 log-30m  6 log-1h  / log-filter  n log-next  N log-previous
    logs       t timestamps  w wrap  m log-mark  a all-containers  f log-full-screen  p log-instance  C log-clear  c log-copy
    logs       ctrl-s log-save  y log-json  enter log-pod  : command  esc back
    text       / search  n next-match  N previous-match  r auto-refresh  f full-screen  c copy  m managed-fields  x decode-text  z fold
    text       ctrl-s save-text  e edit  j down  ctrl-f page-down
";

#[test]
fn fingers_find_what_they_know() {
    let keymap = Keymap::default();
    for line in FINGERS.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let chain: Vec<Scope> = match words.next().unwrap() {
            "logs" => Scope::LOGS.to_vec(),
            "text" => Scope::TEXT.to_vec(),
            kind => {
                let first = Scope::named(kind).unwrap();
                let own = KINDS.iter().find(|scopes| scopes[0] == first).unwrap();
                own.iter().chain(Scope::TABLE).copied().collect()
            }
        };
        while let (Some(key), Some(name)) = (words.next(), words.next()) {
            let found = keymap
                .action(key.parse().unwrap(), chain.iter().copied())
                .map(Action::name);
            assert_eq!(found, Some(name), "`{key}` in {chain:?}");
        }
    }
}

#[test]
fn every_theme_file_comes_with_the_program() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/themes");
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        files.insert(
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(
        files,
        EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect()
    );
}

#[test]
fn every_theme_is_without_fault_and_says_itself_how_every_role_looks() {
    for (name, text) in EMBEDDED {
        assert_eq!(Theme::read(name, name, text, Depth::True).1, [], "{name}");
        let file: toml::Table = text.parse().unwrap();
        let roles = file["roles"].as_table().unwrap();
        for role in Role::ALL {
            let mut role = role.name();
            while !roles.contains_key(role) {
                role = role
                    .rsplit_once('.')
                    .unwrap_or_else(|| panic!("{name} says nothing about {role}"))
                    .0;
            }
        }
    }
}

#[test]
fn the_theme_of_sixteen_colours_uses_no_others() {
    let theme = Theme::embedded("sixteen", Depth::True);
    for role in Role::ALL {
        for colour in [theme.style(*role).fg, theme.style(*role).bg]
            .into_iter()
            .flatten()
        {
            assert!(
                !matches!(colour, Color::Rgb(..) | Color::Indexed(_)),
                "{role:?}: {colour:?}"
            );
        }
    }
}

#[test]
fn text_on_a_background_of_the_theme_can_be_read() {
    for (name, _) in EMBEDDED {
        let theme = Theme::embedded(name, Depth::True);
        let least = if *name == "contrast" { 7.0 } else { 3.0 };
        for role in Role::ALL {
            let style = theme.style(*role);
            let both = style.fg.zip(style.bg);
            if let Some(ratio) = both.and_then(|(front, back)| contrast(front, back)) {
                assert!(ratio >= least, "{name} {role:?}: {ratio:.1}");
            }
        }
    }
}
