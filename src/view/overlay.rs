//! What stands over the panes, as data.

mod confirm;
mod scale;

use super::{Look, OverlayBox, Text, piece};
use crate::app::App;
use crate::app::overlay::{Help, Overlay, Picker};
use crate::model::{Doc, Tone};

/// The overlay, if there is one that is not a prompt at the foot.
pub(super) fn overlay(app: &App) -> Option<OverlayBox> {
    Some(match app.overlay.as_ref()? {
        Overlay::Command(_) | Overlay::Filter(_) => return None,
        Overlay::Confirm(confirm) => confirm::question(confirm),
        Overlay::Scale(dialog) => scale::dialog(app, dialog),
        Overlay::Picker(picker) => picker_box(picker),
        Overlay::Help(help) => help_box(help),
        Overlay::Plugin(text) => plugin_box(text),
    })
}

fn lines_of(doc: &Doc) -> Vec<Text> {
    let span = |span: &crate::model::Span| piece(span.text.to_string(), Look::Tone(span.tone));
    let mut out = Vec::new();
    for line in &doc.lines {
        // A warning may hold several sentences, each on a line of its own.
        match line.as_slice() {
            [one] if one.text.contains('\n') => {
                out.extend(
                    one.text
                        .lines()
                        .map(|part| vec![piece(part.to_owned(), Look::Tone(one.tone))]),
                );
            }
            spans => out.push(spans.iter().map(span).collect()),
        }
    }
    out
}

fn picker_box(picker: &Picker) -> OverlayBox {
    let shown = picker.shown();
    let wide = picker
        .items
        .iter()
        .map(|item| crate::text::width(&item.value))
        .max()
        .unwrap_or(0)
        .min(40);
    let mut lines: Vec<Text> = vec![vec![
        piece("filter: ", Look::Tone(Tone::Dim)),
        piece(picker.line.text().to_owned(), Look::Plain),
    ]];
    for (at, index) in shown.iter().enumerate() {
        let Some(item) = picker.items.get(*index) else {
            continue;
        };
        let sign = if at == picker.at { "▸" } else { " " };
        let mark = if item.marked { "✓" } else { " " };
        let value = crate::text::truncate_middle(&item.value, wide).into_owned();
        let pad = wide.saturating_sub(crate::text::width(&value));
        let mut line = vec![
            piece(format!("{sign}{mark} "), Look::Key),
            piece(
                format!("{value}{}", " ".repeat(pad)),
                if item.problem.is_some() {
                    Look::Tone(Tone::Dim)
                } else {
                    Look::Plain
                },
            ),
            piece(format!("  {}", item.detail), Look::Tone(Tone::Dim)),
        ];
        if let Some(problem) = &item.problem {
            line.push(piece(format!("  ✗ {problem}"), Look::Tone(Tone::Bad)));
        }
        lines.push(line);
    }
    if shown.is_empty() {
        lines.push(vec![piece("nothing matches", Look::Tone(Tone::Dim))]);
    }
    // The window keeps its size while one types.
    lines.resize(lines.len().max(picker.items.len() + 1), Text::new());
    let hint = if picker.multiple {
        "space marks several · enter chooses"
    } else {
        "enter chooses"
    };
    OverlayBox {
        title: picker.title.clone(),
        danger: false,
        at: Some(picker.at + 1),
        cursor: Some((0, (8 + picker.line.cursor()) as u16)),
        lines,
        buttons: vec![(hint.to_owned(), false)],
        share: (70, 70),
    }
}

fn help_box(help: &Help) -> OverlayBox {
    let mut lines: Vec<Text> = vec![vec![
        piece("search: ", Look::Tone(Tone::Dim)),
        piece(help.line.text().to_owned(), Look::Plain),
    ]];
    if let Some(why) = help.refusal {
        let text = format!("✗ read-only, these keys do nothing now · {why}");
        lines.push(vec![piece(text, Look::Tone(Tone::Warn))]);
    }
    let shown = help.shown();
    let keys = shown.iter().map(|line| crate::text::width(&line.keys)).max();
    let keys = keys.unwrap_or(0).clamp(8, 22);
    let mut section = "";
    for line in shown.iter().skip(help.top.min(shown.len().saturating_sub(1))) {
        if !line.section.is_empty() && line.section != section {
            section = &line.section;
            lines.push(vec![piece(section.to_owned(), Look::Tone(Tone::Heading))]);
        }
        let look = if line.later || line.disabled {
            Look::Tone(Tone::Dim)
        } else {
            Look::Plain
        };
        let (sign, tone) = match (line.later, line.disabled, line.mutates) {
            (true, ..) => ("$ ", Tone::Dim),
            (_, true, _) => ("✗ ", Tone::Dim),
            (_, _, true) => ("▲ ", Tone::Warn),
            _ => ("  ", Tone::Plain),
        };
        lines.push(vec![
            piece(format!("  {:<keys$}  ", line.keys), Look::Key),
            piece(sign, Look::Tone(tone)),
            piece(line.text.clone(), look),
        ]);
    }
    // The window keeps its size while one scrolls.
    let all = shown.len() + 1;
    lines.resize(lines.len().max(all), Text::new());
    OverlayBox {
        title: "Help".to_owned(),
        danger: false,
        at: Some(0),
        cursor: Some((0, (8 + help.line.cursor()) as u16)),
        lines,
        buttons: vec![(
            "▲ changes the cluster · $ shows the kubectl command · ↑↓ scroll · esc".to_owned(),
            false,
        )],
        share: (90, 90),
    }
}

fn plugin_box(text: &str) -> OverlayBox {
    let mut lines: Vec<Text> = text
        .lines()
        .map(|line| vec![piece(crate::text::neutralise(line).into_owned(), Look::Plain)])
        .collect();
    let at = Some(lines.len().saturating_sub(1));
    if lines.is_empty() {
        lines.push(vec![piece(
            "the credential plugin is running …",
            Look::Tone(Tone::Busy),
        )]);
    }
    OverlayBox {
        title: "Credentials".to_owned(),
        danger: false,
        lines,
        at,
        cursor: None,
        buttons: vec![(
            "esc give up · enter run it with the terminal · c copy".to_owned(),
            false,
        )],
        share: (80, 60),
    }
}
