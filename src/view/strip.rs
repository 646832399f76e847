//! The lines between the header and the panes.

use super::{Look, Text, piece};
use crate::app::App;

/// What a game day shows; nothing without one.
pub fn strip(app: &App) -> Vec<Text> {
    let lines = app.strip().into_iter();
    lines
        .map(|line| {
            line.into_iter()
                .map(|span| piece(span.text, Look::Tone(span.tone)))
                .collect()
        })
        .collect()
}
