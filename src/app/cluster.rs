//! What the app knows of the cluster it talks to.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::kind::Kind;
use crate::kinds;
use crate::model::Failure;
use crate::msg::{Access, ClusterInfo, ContextInfo};

/// The cluster.
#[derive(Debug, Default)]
pub struct ClusterState {
    /// Contexts of the kubeconfig.
    pub contexts: Vec<ContextInfo>,
    /// The one in use. `None` before the kubeconfig was read.
    pub info: Option<ClusterInfo>,
    /// Its version, once it answered.
    pub version: Option<String>,
    /// Why it cannot be used.
    pub failure: Option<Failure>,
    /// Kinds without a file, as discovery found them.
    pub discovered: Vec<Arc<Kind>>,
    /// Until when a protected context is unlocked.
    pub unlocked_until: Option<Timestamp>,
    /// When connecting began.
    pub since: Timestamp,
    /// What the credential plugin wrote.
    pub plugin: String,
    /// It is not shown yet, because something else stands over the panes.
    pub plugin_waits: bool,
}

/// A client certificate that ends within two weeks is spoken of, in seconds.
const CERTIFICATE_SOON: i64 = 14 * 86_400;
/// What is kept of the credential plugin's words: the last 16 KiB.
const PLUGIN_TAIL: usize = 16 << 10;

impl ClusterState {
    /// Name of the context; empty before the kubeconfig was read.
    pub fn context(&self) -> &str {
        self.info.as_ref().map_or("", |info| &info.context.name)
    }

    /// Takes in what the credential plugin wrote; of very much, the end is kept.
    pub fn plugin_says(&mut self, text: &str) {
        self.plugin.push_str(text);
        if self.plugin.len() > 2 * PLUGIN_TAIL {
            let mut cut = self.plugin.len() - PLUGIN_TAIL;
            while !self.plugin.is_char_boundary(cut) {
                cut += 1;
            }
            self.plugin.drain(..cut);
        }
    }

    /// Whether changes are allowed at a moment.
    pub fn is_read_only(&self, now: Timestamp) -> bool {
        let unlocked = self.unlocked_until.is_some_and(|until| now < until);
        !unlocked
            && self
                .info
                .as_ref()
                .is_none_or(|info| info.access == Access::ReadOnly)
    }

    /// Why changes are refused at a moment, and what allows them. `None` when they are allowed.
    pub fn refusal(&self, now: Timestamp) -> Option<&'static str> {
        if !self.is_read_only(now) {
            return None;
        }
        Some(match &self.info {
            None => "not connected yet",
            Some(info) if info.locked => "started with --readonly",
            Some(_) => ":write unlocks for 30 minutes",
        })
    }

    /// The client certificate, when it ends within two weeks or has ended: seconds left, negative when it has.
    pub fn certificate_left(&self, now: Timestamp) -> Option<i64> {
        let end = self.info.as_ref()?.certificate_end?;
        let left = end.seconds() - now.seconds();
        (left < CERTIFICATE_SOON).then_some(left)
    }

    /// Every kind: those with a file first.
    pub fn kinds(&self) -> Vec<Arc<Kind>> {
        let known = kinds::all();
        let rest = self
            .discovered
            .iter()
            .filter(|kind| kinds::find(&kind.gvr).is_none());
        known.iter().chain(rest).cloned().collect()
    }

    /// The kind of a resource.
    pub fn kind(&self, gvr: &crate::model::Gvr) -> Option<Arc<Kind>> {
        kinds::find(gvr)
            .or_else(|| self.discovered.iter().find(|kind| kind.gvr == *gvr))
            .cloned()
    }
}
