//! What the streams of a pane are called beside their lines: as short as tells them apart.

use rustc_hash::FxHashMap;

use crate::app::logs::LogsPane;
use crate::logs::SourceId;
use crate::text::{common_prefix, neutralise, truncate_middle, width};

/// Columns a pod's name takes at most, and at least while its container stands behind it.
const POD: (usize, usize) = (14, 5);
/// Columns a name takes at most, with its container: a quarter of the pane, within these bounds.
const NAME: (usize, usize) = (14, 40);

/// Names of the streams of one pane.
pub(super) struct Names {
    /// As they stand beside lines, padded to one width, with the colour; empty when there is one stream only.
    short: FxHashMap<SourceId, (String, u32)>,
    long: FxHashMap<SourceId, String>,
}

impl Names {
    /// Names without what all pods have in common (`web-7d9f8c6b5-`), with the container where a pod has several.
    pub fn of(pane: &LogsPane, columns: usize) -> Self {
        let most = (columns / 4).clamp(NAME.0, NAME.1);
        let pods = || pane.buffer.sources().map(|source| &*source.pod);
        let common = common_prefix(pods());
        let common = common.rfind('-').map_or(0, |dash| dash + 1);
        let mut containers: FxHashMap<_, Vec<&str>> = FxHashMap::default();
        for source in pane.buffer.sources() {
            let known = containers.entry(source.pod_uid).or_default();
            if !known.contains(&&*source.container) {
                known.push(&source.container);
            }
        }
        let (mut short, mut long) = (FxHashMap::default(), FxHashMap::default());
        for source in pane.buffer.sources() {
            long.insert(source.id, format!("{}/{}", source.pod, source.container));
            let pod = neutralise(
                source
                    .pod
                    .get(common..)
                    .filter(|rest| !rest.is_empty())
                    .unwrap_or(&source.pod),
            );
            let mut name = truncate_middle(&pod, POD.0).into_owned();
            if containers
                .get(&source.pod_uid)
                .is_some_and(|names| names.len() > 1)
            {
                let container = neutralise(&source.container);
                let room = most.saturating_sub(width(&container) + 1).clamp(POD.1, POD.0);
                name = format!("{}/{container}", truncate_middle(&pod, room));
            }
            let name = truncate_middle(&name, most).into_owned();
            short.insert(source.id, (name, source.colour));
        }
        let widest = short.values().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (name, _) in short.values_mut() {
            name.push_str(&" ".repeat(widest + 1 - width(name)));
        }
        if pane.streams.1 < 2 {
            short.clear();
        }
        Self { short, long }
    }

    /// The name beside a line and its colour; `None` when there is one stream only.
    pub fn short(&self, source: SourceId) -> Option<(String, u32)> {
        self.short.get(&source).cloned()
    }

    /// Pod and container.
    pub fn long(&self, source: SourceId) -> &str {
        self.long.get(&source).map_or("", String::as_str)
    }
}
