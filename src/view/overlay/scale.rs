//! The scale prompt as data.

use crate::app::App;
use crate::app::overlay::{ScaleDialog, ScaleTarget};
use crate::model::Tone;
use crate::view::{Look, OverlayBox, Text, piece};

/// Workloads, what each has and gets, what undoes it, whether it fits.
pub(super) fn dialog(app: &App, dialog: &ScaleDialog) -> OverlayBox {
    let dim = |text: String| piece(text, Look::Tone(Tone::Dim));
    let wide = dialog
        .targets
        .iter()
        .map(|target| crate::text::width(&target.label))
        .max()
        .unwrap_or(8)
        .max(8);
    let mut lines: Vec<Text> = Vec::new();
    if let Some(note) = &dialog.note {
        lines.push(vec![dim(note.clone())]);
    }
    lines.push(vec![dim(format!(
        "{:<wide$}  {:>6}  →  {:>6}   UNDONE BY",
        "WORKLOAD", "NOW", "TARGET"
    ))]);
    for target in &dialog.targets {
        lines.push(target_line(dialog, target, wide));
    }
    lines.push(Vec::new());
    let ask = "to: ";
    let cursor = Some((lines.len(), (ask.len() + dialog.line.cursor()) as u16));
    lines.push(vec![
        dim(ask.to_owned()),
        piece(dialog.line.text().to_owned(), Look::Tone(Tone::Accent)),
        dim("      5  +2  -1  x1.5  50%".to_owned()),
    ]);
    let problem = dialog
        .targets
        .iter()
        .find_map(|target| dialog.wanted(target).err());
    if let Some(problem) = problem {
        lines.push(vec![piece(problem, Look::Tone(Tone::Bad))]);
    } else if let Some(fit) = &dialog.fit {
        let tone = |line: &str| match line.contains("fits: ") {
            true if line.contains("fits: all ") => Tone::Ok,
            true => Tone::Warn,
            false if line.starts_with('▲') => Tone::Warn,
            false => Tone::Plain,
        };
        let line = |line: &str| vec![piece(line.to_owned(), Look::Tone(tone(line)))];
        lines.extend(fit.lines().map(line));
    }
    let place = dialog
        .targets
        .first()
        .and_then(|target| target.key.namespace())
        .unwrap_or_default();
    OverlayBox {
        title: format!("Scale · {} / {place}", app.cluster.context()),
        danger: true,
        lines,
        at: None,
        cursor,
        buttons: vec![
            ("esc cancel".to_owned(), false),
            ("enter review".to_owned(), true),
        ],
        share: (80, 80),
    }
}

/// `deploy/web   6  →  12   ▲ hpa/web (min 4 max 10)`
fn target_line(dialog: &ScaleDialog, target: &ScaleTarget, wide: usize) -> Text {
    let now = target.now.map_or("…".to_owned(), |now| now.to_string());
    let (to, tone) = match dialog.wanted(target) {
        Ok(Some(wanted)) => (
            wanted.to_string(),
            if target.now == Some(wanted) {
                Tone::Dim
            } else {
                Tone::Accent
            },
        ),
        Ok(None) => ("…".to_owned(), Tone::Dim),
        Err(_) => ("?".to_owned(), Tone::Bad),
    };
    let undone = target.problem.clone().or_else(|| target.undone_by.clone());
    vec![
        piece(format!("{:<wide$}  {now:>6}  →  ", target.label), Look::Plain),
        piece(format!("{to:>6}"), Look::Tone(tone)),
        match undone {
            Some(text) => piece(format!("   ▲ {text}"), Look::Tone(Tone::Warn)),
            None => piece("   –", Look::Tone(Tone::Dim)),
        },
    ]
}
