//! Files inside objects: scripts and settings in ConfigMaps and shown Secrets, found in the text and coloured by their own syntax. Another
//! thread does the colouring, and only of what is on screen.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::App;
use super::pane::PaneView;
use super::text::{TextKind, TextPane};
use crate::model::doc::{Line, span};
use crate::model::{Doc, Tone};
use crate::msg::{Effect, EffectId};

/// Longer files stay plain: nobody reads them here, and colouring takes about a second per 50,000 lines.
const LONGEST: usize = 20_000;

/// A file in the lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Its lines in the document.
    pub lines: Range<usize>,
    /// Columns before each of them that are not the file's.
    pub indent: usize,
    /// Extension or name of the file: `sh`, `json`, `Makefile`.
    pub syntax: String,
    /// The colours were asked for.
    pub asked: Option<EffectId>,
}

/// The files of an object's `data` in its text.
pub fn files(what: TextKind, object: &Value, doc: &Doc) -> Vec<Inside> {
    let kind = object.get("kind").and_then(Value::as_str);
    if !matches!(kind, Some("ConfigMap" | "Secret")) {
        return Vec::new();
    }
    let data = object.get("data").and_then(Value::as_object);
    let keys: BTreeSet<&str> = data.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let lines: Vec<String> = doc.lines.iter().map(plain).collect();
    let found = match what {
        TextKind::Yaml => blocks(&lines),
        TextKind::Describe => sections(doc, &keys),
        TextKind::Document => Vec::new(),
    };
    let file = |(key, range): (String, Range<usize>)| {
        let inside = lines.get(range.clone())?;
        let syntax = syntax_of(&key, inside.first()?.trim())?;
        let filled = inside.iter().filter(|line| !line.trim().is_empty());
        let indent = filled.map(|line| indent(line)).min()?;
        (keys.contains(key.as_str()) && range.len() <= LONGEST).then_some(Inside {
            lines: range,
            indent,
            syntax,
            asked: None,
        })
    };
    found.into_iter().filter_map(file).collect()
}

/// Block scalars right below `data:`, with their keys.
fn blocks(lines: &[String]) -> Vec<(String, Range<usize>)> {
    let from = lines
        .iter()
        .position(|line| line == "data:")
        .map_or(lines.len(), |at| at + 1);
    let mut out: Vec<(String, Range<usize>)> = Vec::new();
    let mut open: Option<(String, usize)> = None;
    for (at, line) in lines.iter().enumerate().skip(from) {
        let deep = line.trim().is_empty() || indent(line) > 2;
        if deep {
            continue;
        }
        out.extend(open.take().map(|(key, from)| (key, from..at)));
        if indent(line) < 2 {
            return out;
        }
        open = block_key(line.trim()).map(|key| (key.to_owned(), at + 1));
    }
    out.extend(open.map(|(key, from)| (key, from..lines.len())));
    out
}

/// The key of `key: |` and `"key": |-`. `None` for anything but a literal block.
fn block_key(line: &str) -> Option<&str> {
    let (key, sign) = line.rsplit_once(": ")?;
    let literal = sign.strip_prefix('|')?;
    let sign_only = literal
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '-' | '+'));
    sign_only.then(|| key.trim_matches(['"', '\'']))
}

/// What stands below the heading of each key, to the next heading.
fn sections(doc: &Doc, keys: &BTreeSet<&str>) -> Vec<(String, Range<usize>)> {
    let is_heading = |line: &Line| line.first().is_some_and(|span| span.tone == Tone::Heading);
    let headings = doc.lines.iter().enumerate().filter(|(_, line)| is_heading(line));
    let headings: Vec<(usize, String)> = headings.map(|(at, line)| (at, plain(line))).collect();
    let ends = headings
        .iter()
        .skip(1)
        .map(|(at, _)| *at)
        .chain([doc.lines.len()]);
    let pairs = headings.iter().zip(ends);
    pairs
        .filter(|((_, key), _)| keys.contains(key.as_str()))
        .map(|((at, key), end)| (key.clone(), at + 1..end))
        .collect()
}

/// What a file is, by its extension, else by its first line, else by its whole name when that is one of a kind.
fn syntax_of(key: &str, first: &str) -> Option<String> {
    if let Some((_, extension)) = key.rsplit_once('.') {
        return Some(extension.to_lowercase());
    }
    if first.starts_with("#!") {
        return Some("sh".to_owned());
    }
    matches!(key, "Makefile" | "Dockerfile").then(|| key.to_owned())
}

fn plain(line: &Line) -> String {
    line.iter().map(|span| &*span.text).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

impl TextPane {
    /// Takes a text. Files in it that were coloured before and have not changed stay coloured.
    pub fn set_doc(&mut self, doc: Doc) {
        let fresh = self.object.as_ref().map(|object| files(self.what, object, &doc));
        let mut fresh = fresh.unwrap_or_default();
        let before = std::mem::replace(&mut self.doc, doc);
        for file in &mut fresh {
            let Some(old) = self.inside.iter().find(|old| same(old, &before, file, &self.doc)) else {
                continue;
            };
            file.asked = old.asked;
            let lines = before.lines.get(old.lines.clone()).unwrap_or_default();
            if let Some(place) = self.doc.lines.get_mut(file.lines.clone()) {
                place.clone_from_slice(lines);
            }
        }
        self.inside = fresh;
        self.unroll();
    }

    /// Takes the colours of a file. `false` when they were not asked for here, or for a text that is gone.
    pub fn colour(&mut self, id: EffectId, lines: &[Line]) -> bool {
        let Some(file) = self.inside.iter().find(|file| file.asked == Some(id)) else {
            return false;
        };
        let Some(places) = self.doc.lines.get_mut(file.lines.clone()) else {
            return false;
        };
        for (place, line) in places.iter_mut().zip(lines) {
            let text = plain(place);
            let Some((lead, rest)) = text.split_at_checked(file.indent) else {
                continue;
            };
            if rest == plain(line) {
                let lead = span(lead.to_owned(), Tone::Dim);
                *place = std::iter::once(lead).chain(line.iter().cloned()).collect();
            }
        }
        true
    }

    /// Files with a line between these of the document whose colours were not asked for.
    fn uncoloured(&self, first: usize, last: usize) -> Vec<usize> {
        let seen = |file: &Inside| file.asked.is_none() && file.lines.start <= last && file.lines.end > first;
        let files = self.inside.iter().enumerate();
        files.filter(|(_, file)| seen(file)).map(|(at, _)| at).collect()
    }
}

fn same(old: &Inside, before: &Doc, new: &Inside, doc: &Doc) -> bool {
    let (Some(one), Some(other)) = (
        before.lines.get(old.lines.clone()),
        doc.lines.get(new.lines.clone()),
    ) else {
        return false;
    };
    old.syntax == new.syntax
        && one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| plain(one) == plain(other))
}

impl App {
    /// Asks for the colours of files that are on screen.
    pub(super) fn ask_colours(&mut self) {
        for (pane, area) in self.areas() {
            let Some(PaneView::Text(text)) = self.panes.get(&pane).map(|pane| &pane.view) else {
                continue;
            };
            if text.inside.is_empty() {
                continue;
            }
            let rows = usize::from(area.inner().height);
            let visible = text.visible();
            let window = visible.get(text.top..).unwrap_or_default();
            let window = window.get(..rows).unwrap_or(window);
            let (Some(first), Some(last)) = (window.first(), window.last()) else {
                continue;
            };
            for at in text.uncoloured(*first, *last) {
                self.ask_colour(pane, at);
            }
        }
    }

    fn ask_colour(&mut self, pane: super::tree::PaneId, at: usize) {
        let id = EffectId(self.next_id());
        let Some(PaneView::Text(text)) = self.panes.get_mut(&pane).map(|pane| &mut pane.view) else {
            return;
        };
        let Some(file) = text.inside.get_mut(at) else {
            return;
        };
        file.asked = Some(id);
        let (indent, syntax) = (file.indent, file.syntax.clone());
        let lines = text.doc.lines.get(file.lines.clone()).unwrap_or_default();
        let own = |line: &Line| plain(line).get(indent..).unwrap_or_default().to_owned();
        let lines: Vec<String> = lines.iter().map(own).collect();
        self.effects.push(Effect::Highlight(id, syntax, lines));
    }

    /// Colours came.
    pub(super) fn coloured(&mut self, id: EffectId, lines: &[Line]) {
        let taken = self.texts_mut().any(|text| text.colour(id, lines));
        self.dirty |= taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::yaml;
    use serde_json::json;

    #[test]
    fn files_are_found_in_yaml_by_key_and_only_below_data() {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "annotations": {"note.sh": "x\ny\n"}},
            "data": {"run.sh": "#!/bin/sh\nif true; then\n  echo hi\nfi\n", "plain": "a\nb\n", "start": "#!/bin/bash\nls\n", "one.json": "{}"},
        });
        let doc = yaml::object(&object, false, &BTreeSet::new());
        let found = files(TextKind::Yaml, &object, &doc);
        let named: Vec<(&str, usize)> = found
            .iter()
            .map(|file| (file.syntax.as_str(), file.lines.len()))
            .collect();
        assert_eq!(named, [("sh", 4), ("sh", 2)], "{}", doc.plain());
        let first = plain(&doc.lines[found[0].lines.start]);
        assert_eq!(first.get(found[0].indent..), Some("#!/bin/sh"));
        assert_eq!(files(TextKind::Yaml, &json!({"kind": "Pod"}), &doc), []);
    }
}
