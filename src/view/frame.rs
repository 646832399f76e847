//! The whole screen from the app: header, panes, and what stands below and over them.

use super::{Body, Header, Look, PaneBox, Piece, Screen, Text, foot, logs, overlay, piece, table, texts};
use crate::app::App;
use crate::app::pane::{Pane, PaneView};
use crate::clock::{self, Timestamp};
use crate::model::{FailureKind, Health, Phase, Scope, Tone};
use crate::msg::Access;
use crate::store::FeedState;

/// What is on screen now.
pub fn screen(app: &App) -> Screen {
    let header = (app.header && app.size.height > 5).then(|| header(app));
    let areas = app.areas();
    let mut panes = Vec::with_capacity(areas.len());
    for (id, area) in areas {
        if let Some(pane) = app.panes.get(&id) {
            panes.push(pane_box(app, pane, area));
        }
    }
    let notice = if panes.is_empty() { notice(app) } else { Vec::new() };
    Screen {
        size: app.size,
        header,
        strip: super::strip::strip(app),
        panes,
        foot: foot::foot(app),
        overlay: overlay::overlay(app).map(Box::new),
        notice,
    }
}

/// What stands in the middle before there is any pane.
fn notice(app: &App) -> Vec<Text> {
    if let Some(failure) = &app.cluster.failure {
        let mut lines = vec![
            vec![piece("✗ no cluster to show", Look::Tone(Tone::Bad))],
            Vec::new(),
        ];
        lines.extend(
            failure
                .message
                .lines()
                .map(|line| vec![piece(crate::text::neutralise(line).into_owned(), Look::Plain)]),
        );
        lines.push(Vec::new());
        lines.push(vec![
            piece("enter", Look::Key),
            piece(" choose a context · ", Look::Tone(Tone::Dim)),
            piece("q", Look::Key),
            piece(" quit", Look::Tone(Tone::Dim)),
        ]);
        if !failure.message.contains("kubris demo") {
            lines.push(vec![
                piece("kubris demo", Look::Tone(Tone::Accent)),
                piece(" opens a pretend cluster", Look::Tone(Tone::Dim)),
            ]);
        }
        return lines;
    }
    vec![vec![piece("opening …", Look::Tone(Tone::Dim))]]
}

fn pane_box(app: &App, pane: &Pane, area: crate::model::Area) -> PaneBox {
    let focused = pane.id == app.focus;
    let (title, mut note, body) = match &pane.view {
        PaneView::Table(view) => table::pane(app, pane, view, area),
        PaneView::Logs(view) => logs::pane(app, view, area),
        PaneView::Text(view) => texts::text(app, view),
    };
    if pane.follows.is_some_and(|follow| follow.pinned) {
        note.insert(0, piece("pinned ", Look::Tone(Tone::Accent)));
    }
    PaneBox {
        area,
        focused,
        title,
        note,
        body,
    }
}

fn header(app: &App) -> Header {
    let info = app.cluster.info.as_ref();
    let context = app.cluster.context().to_owned();
    let mut badges = Vec::new();
    if info.is_some_and(|info| info.demo) {
        badges.push(piece("DEMO", Look::Context));
    }
    if let Some(until) = app.cluster.unlocked_until {
        let minutes = (until.nanos_since(app.now) / 60_000_000_000).max(0) + 1;
        badges.push(piece(format!("WRITE {minutes}m"), Look::Tone(Tone::Bad)));
    } else if info.is_some_and(|info| info.access == Access::ReadOnly) {
        badges.push(piece("READ-ONLY", Look::Tone(Tone::Accent)));
    }
    if let Some(info) = info.filter(|info| !info.impersonate.is_empty()) {
        badges.push(piece(format!("as {}", info.impersonate), Look::Tone(Tone::Warn)));
    }
    match app.cluster.certificate_left(app.now) {
        Some(left) if left <= 0 => badges.push(piece("CERT EXPIRED", Look::Tone(Tone::Bad))),
        Some(left) => badges.push(piece(
            format!("CERT {}", clock::span(left)),
            Look::Tone(Tone::Warn),
        )),
        None => {}
    }
    Header {
        protected: app.config.is_protected(&context),
        context: if context.is_empty() {
            "no context".to_owned()
        } else {
            context
        },
        badges,
        scope: crate::app::scope_word(&app.scope),
        state: state(app),
        facts: facts(app),
    }
}

/// The worst of what is on screen.
fn state(app: &App) -> Piece {
    let feeds = app.areas();
    let feeds = feeds.iter().filter_map(|(id, _)| app.panes.get(id)?.table());
    let shown = feeds.filter_map(|table| app.store.feed(table.feed));
    // Log and text panes alone: the connection itself, which is none while every watch fails.
    let worst = shown
        .max_by_key(|feed| phase_rank(feed.phase()))
        .or_else(|| all_stale(app));
    match (worst, &app.cluster.failure) {
        // What is tried again and again knows better than the connection, which remembers why it was lost.
        (Some(feed), _) if is_stale(feed) => freshness(app, feed),
        (_, Some(failure)) => piece(
            format!("✗ {}", short_line(cause(&failure.message))),
            Look::Health(Health::Bad),
        ),
        (Some(feed), None) => freshness(app, feed),
        (None, None) if app.cluster.version.is_some() => piece("● connected", Look::Health(Health::Ok)),
        (None, None) => piece("◌ connecting", Look::Health(Health::Busy)),
    }
}

fn is_stale(feed: &FeedState) -> bool {
    matches!(feed.phase(), Phase::Stale { .. })
}

/// The feed that failed last, when all do that there are.
fn all_stale(app: &App) -> Option<&FeedState> {
    let feeds = || app.store.feeds().map(|(_, feed)| feed);
    feeds()
        .max_by_key(|feed| phase_rank(feed.phase()))
        .filter(|_| feeds().all(is_stale))
}

/// How bad it is; of two that failed, the one that failed last.
fn phase_rank(phase: &Phase) -> (u8, Option<Timestamp>) {
    match phase {
        Phase::Live => (0, None),
        Phase::Polled(_) => (1, None),
        Phase::Loading { .. } => (2, None),
        Phase::Opening => (3, None),
        Phase::Stale { since, .. } => (4, Some(*since)),
    }
}

/// One word for fresh rows; seconds only when they are stale.
pub(super) fn freshness(app: &App, feed: &FeedState) -> Piece {
    match feed.phase() {
        Phase::Live => piece("● live", Look::Health(Health::Ok)),
        Phase::Polled(_) => piece("● polled", Look::Health(Health::Ok)),
        Phase::Opening => {
            let seconds = app.now.nanos_since(app.cluster.since) / 1_000_000_000;
            let wait = if (2..3600).contains(&seconds) {
                format!(" {seconds}s")
            } else {
                String::new()
            };
            piece(format!("◌ opening{wait}"), Look::Health(Health::Busy))
        }
        Phase::Loading { seen, of } => {
            let of = of.map(|of| format!("/{of}")).unwrap_or_default();
            piece(format!("◌ loading {seen}{of}"), Look::Health(Health::Busy))
        }
        // There never were rows that could be stale.
        Phase::Stale { why, .. } if why.kind == FailureKind::Forbidden && feed.rows.is_empty() => piece(
            format!("✗ forbidden: {}", short_line(&why.message)),
            Look::Health(Health::Bad),
        ),
        Phase::Stale { since, why } => {
            let age = clock::age(*since, app.now);
            piece(
                format!("✗ stale {age}: {}", short_line(cause(&why.message))),
                Look::Health(Health::Bad),
            )
        }
    }
}

/// Why a request failed, without what it was for: a pane's title says that.
fn cause(message: &str) -> &str {
    match message
        .strip_prefix("cannot ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((_, cause)) => cause,
        None => message,
    }
}

fn short_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    crate::text::truncate_end(&crate::text::neutralise(line), 60).into_owned()
}

/// Version, nodes, pods of the scope, faults, usage.
fn facts(app: &App) -> Vec<Text> {
    let mut facts: Vec<Text> = Vec::new();
    let dim = |text: &str| piece(text.to_owned(), Look::Tone(Tone::Dim));
    if let Some((_, nodes)) = app.store.covering("nodes", "", &Scope::All)
        && !nodes.rows.is_empty()
    {
        let all = nodes.rows.len();
        let ready = all.saturating_sub(nodes.bad());
        let look = if ready < all {
            Look::Health(Health::Bad)
        } else {
            Look::Plain
        };
        facts.push(vec![dim("nodes "), piece(format!("{ready}/{all}"), look)]);
    }
    if let Some((_, pods)) = app.store.covering("pods", "", &app.scope)
        && (!pods.rows.is_empty() || *pods.phase() == Phase::Live)
    {
        facts.push(vec![dim("pods "), piece(grouped(pods.rows.len()), Look::Plain)]);
        // Pods that run and are not ready may be a whole outage.
        for (sign, count, health) in [("✗", pods.bad(), Health::Bad), ("▲", pods.warned(), Health::Warn)]
        {
            if count > 0 {
                facts.push(vec![piece(format!("{sign} {count}"), Look::Health(health))]);
            }
        }
    }
    facts.extend(usage(app));
    if let Some(version) = &app.cluster.version {
        facts.push(vec![dim(version)]);
    }
    facts
}

/// CPU and memory in use of all nodes, of what is allocatable.
fn usage(app: &App) -> Vec<Text> {
    let Some(total) = app.store.usage.total() else {
        return Vec::new();
    };
    let Some((cpu, memory)) = app.store.allocatable() else {
        return Vec::new();
    };
    let fact = |word: &str, used: u64, of: u64| {
        let percent = (used * 100).checked_div(of).unwrap_or(0);
        let look = if percent >= 90 {
            Look::Health(Health::Bad)
        } else {
            Look::Plain
        };
        vec![
            piece(format!("{word} "), Look::Tone(Tone::Dim)),
            piece(format!("{percent}%"), look),
        ]
    };
    vec![
        fact("cpu", total.cpu_milli, cpu),
        fact("mem", total.memory, memory),
    ]
}

/// `1 204`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// An empty body says why and what to do.
pub(super) fn empty(lines: Vec<Text>) -> Body {
    Body::Empty(lines)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, cause, phase_rank};
    use crate::clock;
    use crate::model::{Failure, FailureKind, Phase};

    #[test]
    fn a_title_begins_with_the_cause() {
        let message = "cannot watch `deployments.apps` in namespace `shop`: the server does not accept the credentials (401)";
        assert_eq!(cause(message), "the server does not accept the credentials (401)");
        assert_eq!(cause("no token: run the login"), "no token: run the login");
    }

    #[test]
    fn of_two_that_failed_the_last_counts() {
        let stale = |since| Phase::Stale {
            since,
            why: Failure::new(FailureKind::Timeout, "no answer"),
        };
        let now = clock::now();
        let old = stale(Timestamp(now.0 - 60_000_000_000));
        assert!(phase_rank(&stale(now)) > phase_rank(&old));
        assert!(phase_rank(&old) > phase_rank(&Phase::Live));
    }
}
