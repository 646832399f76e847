//! Values of Secrets: masked until a person asks for them, key by key.

use super::App;
use super::overlay::{Overlay, Pick, PickItem, Picker};
use super::pane::PaneView;
use super::text::{TextKind, TextPane};
use super::tree::PaneId;
use super::yaml;
use crate::model::{ObjectKey, Tone};

impl App {
    /// `x` on a Secret in a table: its YAML, and which value to show.
    pub(super) fn decode(&mut self, key: ObjectKey) {
        self.open_text(key, TextKind::Yaml);
        if let Some(text) = self.focused_text() {
            text.asks_which = true;
        }
        self.ask_which_now();
    }

    /// `x` in a text: shows or hides the only value, or asks which.
    pub(super) fn ask_which(&mut self) {
        let pane = self.focus;
        let Some(text) = self.focused_text() else { return };
        let secret = text.object.as_ref().filter(|object| yaml::is_secret(object));
        let keys = match secret {
            Some(object) if text.what == TextKind::Yaml => yaml::secret_keys(object),
            Some(_) => return self.toast("its values are in the YAML (y), where x shows them", Tone::Dim),
            None => return self.toast("only the values of secrets are masked", Tone::Dim),
        };
        let revealed = text.revealed.clone();
        match keys.as_slice() {
            [] => self.toast("it has no values", Tone::Dim),
            [_] => self.reveal(pane, keys),
            _ => {
                let item = |key: &String| PickItem {
                    value: key.clone(),
                    detail: if revealed.contains(key) { "shown" } else { "masked" }.to_owned(),
                    ..PickItem::default()
                };
                let items = keys.iter().map(item).collect();
                let picker = Picker::new("Show or hide which value", Pick::Reveal(pane), items, "");
                self.overlay = Some(Overlay::Picker(Box::new(picker)));
            }
        }
    }

    /// Asks for a text that was opened to show a value, once it is here and in front; else `x` asks again.
    pub(super) fn ask_which_now(&mut self) {
        let free = self.overlay.is_none();
        let Some(text) = self.focused_text() else { return };
        if text.asks_which && text.object.is_some() {
            text.asks_which = false;
            if free {
                self.ask_which();
            }
        }
    }

    /// Shows the values of these keys, or hides those that are shown.
    pub(super) fn reveal(&mut self, pane: PaneId, keys: Vec<String>) {
        let Some(PaneView::Text(text)) = self.panes.get_mut(&pane).map(|pane| &mut pane.view) else {
            return;
        };
        for key in keys {
            if !text.revealed.remove(&key) {
                text.revealed.insert(key);
            }
        }
        self.rewrite_focused();
    }

    fn focused_text(&mut self) -> Option<&mut TextPane> {
        match self.focused_mut().map(|pane| &mut pane.view) {
            Some(PaneView::Text(text)) => Some(text),
            _ => None,
        }
    }
}
