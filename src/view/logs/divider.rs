//! Lines over the whole width of a log: restarts, gaps, marks, and how streams ended.

use super::super::{Look, Text, piece};
use super::names::Names;
use crate::app::logs::LogsPane;
use crate::clock;
use crate::logs::{Marker, State};
use crate::model::Tone;

/// Streams that are told one by one how they ended.
const ENDS: usize = 3;

/// Below the last line, when nothing more will come: how every stream ended, at most as many as `ENDS`.
pub(super) fn ends(pane: &LogsPane, names: &Names, width: usize) -> Vec<Text> {
    let all: Vec<_> = pane.buffer.sources().collect();
    if all.is_empty() || !all.iter().all(|source| source.state.is_final()) {
        return Vec::new();
    }
    let more = all.len().saturating_sub(ENDS);
    let mut lines: Vec<Text> = all
        .iter()
        .take(ENDS)
        .map(|source| {
            divider(
                "─",
                &format!("{} {}", names.long(source.id), end_words(&source.state)),
                "",
                (width, Tone::Dim),
            )
        })
        .collect();
    if more > 0 {
        lines.push(divider(
            "─",
            &format!("{more} more streams ended"),
            "",
            (width, Tone::Dim),
        ));
    }
    lines
}

/// `ended (exit 1 Error)`.
fn end_words(state: &State) -> String {
    match state {
        State::Ended {
            exit_code: Some(code),
            reason,
        } if reason.is_empty() => format!("ended (exit {code})"),
        State::Ended {
            exit_code: Some(code),
            reason,
        } => format!("ended (exit {code} {reason})"),
        State::Ended { reason, .. } => format!("ended ({reason})"),
        _ => String::new(),
    }
}

/// How the only stream ended, or that all did.
pub(super) fn all_ended(pane: &LogsPane) -> String {
    let mut sources = pane.buffer.sources();
    match (sources.next(), sources.next()) {
        (Some(one), None) => end_words(&one.state),
        _ => "all ended".to_owned(),
    }
}

/// A divider over the whole width: `── web-1/app restarted (exit 137 OOMKilled, restart 14) 12:14:03 ───── p previous ──`
pub(super) fn marker_line(names: &Names, marker: &Marker, width: usize) -> Text {
    let (fill, text, end, tone) = match marker {
        Marker::Restart {
            source,
            exit_code,
            reason,
            restarts,
            at,
        } => {
            let code = exit_code.map(|code| format!("exit {code}")).unwrap_or_default();
            let why = [code.as_str(), reason]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            let at = clock::time_of_day(*at, false);
            let name = names.long(*source);
            let text = format!("{name} restarted ({why}, restart {restarts}) {at}");
            ("─", text, " p previous ──", Tone::Warn)
        }
        Marker::Gap { source, from, to } => {
            let (from, to) = (clock::time_of_day(*from, false), clock::time_of_day(*to, false));
            let text = format!("gap: {} {from}–{to} not received", names.long(*source));
            ("┄", text, "", Tone::Bad)
        }
        Marker::Mark { at } => ("─", clock::time_of_day(*at, false), "", Tone::Accent),
    };
    divider(fill, &text, end, (width, tone))
}

/// `── text ─────────── end`, as wide as the pane.
fn divider(fill: &str, text: &str, end: &str, (width, tone): (usize, Tone)) -> Text {
    let text = crate::text::neutralise(text).into_owned();
    let taken = crate::text::width(&text) + crate::text::width(end) + 4;
    let rest = fill.repeat(width.saturating_sub(taken));
    let line = format!("{fill}{fill} {text} {rest}{end}");
    vec![piece(line, Look::Tone(tone))]
}
