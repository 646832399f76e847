//! The last line as data: the prompt, or the keys most likely next and a message.

use super::{Foot, Look, Prompt, piece};
use crate::action::{Action, Global, Logs, Object, Table, Text as TextAction};
use crate::app::App;
use crate::app::overlay::prompt::FilterUse;
use crate::app::overlay::{FilterPrompt, Overlay};
use crate::app::pane::PaneView;
use crate::kind::Abilities;
use crate::model::Tone;

/// What the last line shows.
pub(super) fn foot(app: &App) -> Foot {
    let toast = app.toasts.current(app.now).map(|toast| {
        piece(
            toast.text.lines().next().unwrap_or_default(),
            Look::Tone(toast.tone),
        )
    });
    // A change that is not answered yet is told for as long as that lasts.
    let in_flight = || Some(piece(app.in_flight()?, Look::Tone(Tone::Busy)));
    let toast = toast.or_else(in_flight);
    let prompt = match &app.overlay {
        Some(Overlay::Command(prompt)) => Some(Prompt {
            sign: ":".to_owned(),
            text: prompt.line.text().to_owned(),
            cursor: prompt.line.cursor(),
            ghost: prompt.ghost().to_owned(),
            note: prompt
                .error
                .clone()
                .map(|error| piece(error, Look::Tone(Tone::Bad))),
            offers: prompt.offers.clone(),
            chosen: prompt.chosen,
        }),
        Some(Overlay::Filter(prompt)) => Some(Prompt {
            sign: if prompt.purpose == FilterUse::Search {
                "search ".to_owned()
            } else {
                "/".to_owned()
            },
            text: prompt.line.text().to_owned(),
            cursor: prompt.line.cursor(),
            ghost: String::new(),
            note: Some(match app.filter_problem(prompt.pane) {
                Some(problem) => piece(problem.to_owned(), Look::Tone(Tone::Bad)),
                None => piece(filter_words(app, prompt), Look::Tone(Tone::Dim)),
            }),
            offers: Vec::new(),
            chosen: None,
        }),
        _ => None,
    };
    Foot {
        hints: hints(app),
        toast,
        prompt,
    }
}

/// What can be typed there.
fn filter_words(app: &App, prompt: &FilterPrompt) -> &'static str {
    let view = app.panes.get(&prompt.pane).map(|pane| &pane.view);
    match (view, prompt.purpose) {
        (Some(PaneView::Logs(_)), FilterUse::Filter) => {
            "regexp · !inverse · level>=warn · a && b · tab searches"
        }
        (Some(PaneView::Logs(_)), FilterUse::Search) => {
            "regexp · !inverse · level>=warn · a && b · tab filters"
        }
        (Some(PaneView::Text(_)), _) => "regexp",
        _ => "regexp · !inverse · -l selector · -f fuzzy",
    }
}

/// The keys most likely next for what has the focus.
fn hints(app: &App) -> Vec<(String, String)> {
    let Some(pane) = app.focused() else {
        return Vec::new();
    };
    let chain = pane.chain();
    let wanted: Vec<(Action, &str)> = match &pane.view {
        PaneView::Table(table) => table_hints(table.kind.able),
        PaneView::Logs(_) => vec![
            (Action::Logs(Logs::Follow), "follow"),
            (Action::Logs(Logs::Filter), "filter"),
            (Action::Logs(Logs::Timestamps), "stamps"),
            (Action::Logs(Logs::Wrap), "wrap"),
            (Action::Logs(Logs::Previous), "previous"),
        ],
        PaneView::Text(_) => vec![
            (Action::Text(TextAction::Search), "search"),
            (Action::Text(TextAction::Copy), "copy"),
            (Action::Text(TextAction::Fold), "fold"),
            (Action::Text(TextAction::AutoRefresh), "refresh"),
        ],
    };
    let always = [
        (Action::Global(Global::Command), "command"),
        (Action::Global(Global::Help), "help"),
    ];
    let refused = app.cluster.is_read_only(app.now);
    wanted
        .into_iter()
        .filter(|(action, _)| !(refused && action.mutates()))
        .take(6)
        .chain(always)
        .filter_map(|(action, word)| {
            Some((
                app.config.keymap.hint(action, &chain)?.to_string(),
                word.to_owned(),
            ))
        })
        .collect()
}

fn table_hints(able: Abilities) -> Vec<(Action, &'static str)> {
    let all = [
        (able.logs, Action::Object(Object::Logs), "logs"),
        (able.shell, Action::Object(Object::Shell), "shell"),
        (able.scale || able.shell, Action::Object(Object::Scale), "scale"),
        (able.restart, Action::Object(Object::Restart), "restart"),
        (able.cordon, Action::Object(Object::Cordon), "cordon"),
        (able.decode, Action::Object(Object::Decode), "decode"),
        (true, Action::Object(Object::Describe), "describe"),
        (true, Action::Object(Object::Yaml), "yaml"),
        (true, Action::Table(Table::Filter), "filter"),
    ];
    all.into_iter()
        .filter(|(able, ..)| *able)
        .map(|(_, action, word)| (action, word))
        .collect()
}
