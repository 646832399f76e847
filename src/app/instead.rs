//! k9s' keys whose feature does not exist yet: the kubectl command that does it, for the object under the cursor, ready to run.

use super::App;
use crate::action;
use crate::kinds;
use crate::model::{ObjectKey, Tone};

impl App {
    pub(super) fn say_instead(&mut self, template: &str) {
        match self.current_key() {
            Some(key) => {
                let command = self.in_context(&self.command_for(&key, template));
                self.toast(format!("not here yet: {command}"), Tone::Warn);
            }
            None => self.toast("nothing under the cursor", Tone::Warn),
        }
    }

    /// The command about an object. What nobody but the person knows stays in capitals: `LOCAL:REMOTE`.
    fn command_for(&self, key: &ObjectKey, template: &str) -> String {
        // kubectl knows pods, and containers by an option.
        let pod = self.pod_of_container(key);
        let container = if pod.is_some() { &*key.name } else { "" };
        let object = pod.as_ref().unwrap_or(key);
        let kind = match kinds::find(&object.gvr) {
            Some(_) => object.gvr.resource.to_string(),
            None => object.gvr.to_string(),
        };
        let values = [
            ("kind", &*kind),
            ("namespace", object.namespace().unwrap_or_default()),
            ("name", &*object.name),
            ("container", container),
        ];
        let mut command = action::fill(template, &values);
        let owner = self.owner_of(key);
        let revision = self.cell_of(key, "REVISION");
        for (place, value) in [
            ("CONTAINER=", format!("{container}=")),
            ("DEPLOYMENT", owner.unwrap_or_default()),
            ("=REVISION", format!("={}", revision.unwrap_or_default())),
        ] {
            if value.len() > usize::from(value.contains('=')) {
                command = command.replace(place, &value);
            }
        }
        command
    }

    /// Name of what the object under the cursor belongs to.
    fn owner_of(&self, key: &ObjectKey) -> Option<String> {
        let feed = self.store.feed(self.current_table()?.feed)?;
        let meta = feed.rows.meta(feed.rows.slot(key.uid)?)?;
        meta.owner.as_ref().map(|owner| owner.name.to_string())
    }

    /// What stands in a column of its row; `None` when there is no such column or nothing stands there.
    fn cell_of(&self, key: &ObjectKey, column: &str) -> Option<String> {
        let feed = self.store.feed(self.current_table()?.feed)?;
        let cell = feed.cell(feed.rows.slot(key.uid)?, feed.column(column)?, self.now);
        let mut text = String::new();
        cell.write(self.now, &mut text);
        Some(text).filter(|text| !text.is_empty() && text != "–")
    }
}
