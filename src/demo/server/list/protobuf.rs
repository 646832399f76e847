//! A page in protobuf: one message whose length stands before it, so it is measured first. What was encoded while measuring is kept up to a
//! limit; the rest is encoded once more while it is sent.

use std::collections::VecDeque;

use super::body::PIECE;
use super::{Chosen, named};
use crate::demo::server::{proto, view};

/// Bytes kept from measuring: some pages' worth, so that only whole lists of large clusters are encoded twice.
const KEPT: usize = 16 << 20;

/// Writes a page.
pub(super) struct Writer {
    message: proto::Message,
    chosen: Chosen,
    /// The list's metadata.
    meta: Vec<u8>,
    /// Objects measured so far, and how many bytes they and the metadata take.
    measured: (usize, usize),
    /// The first pieces, encoded already.
    kept: VecDeque<Vec<u8>>,
    /// How many bytes they take, and may take.
    kept_bytes: (usize, usize),
    /// Objects that are in pieces, kept or sent.
    at: usize,
    begun: bool,
    done: bool,
}

impl Writer {
    pub fn new(message: proto::Message, chosen: Chosen) -> Self {
        let meta = proto::list_meta(named(chosen.meta()).to_string().as_bytes());
        Self {
            message,
            measured: (0, meta.len()),
            chosen,
            meta,
            kept: VecDeque::new(),
            kept_bytes: (0, KEPT),
            at: 0,
            begun: false,
            done: false,
        }
    }

    /// The objects from `from` on, as many as fit into a piece; and the first that is not in it.
    fn encode(&self, from: usize) -> (Vec<u8>, usize) {
        let mut out = Vec::with_capacity(PIECE + (16 << 10));
        let mut at = from;
        for object in self.chosen.objects.iter().skip(from) {
            if out.len() >= PIECE {
                break;
            }
            let body = view::whole(object, &self.chosen.resource);
            proto::push_item(self.message, &body, &mut out);
            at += 1;
        }
        (out, at)
    }
}

impl super::body::Writer for Writer {
    fn content_type(&self) -> &'static str {
        proto::CONTENT_TYPE
    }

    fn prepare(&mut self) -> bool {
        let (piece, next) = self.encode(self.measured.0);
        self.measured = (next, self.measured.1 + piece.len());
        if self.kept_bytes.0 < self.kept_bytes.1 {
            self.kept_bytes.0 += piece.len();
            self.kept.push_back(piece);
            self.at = next;
        }
        next == self.chosen.objects.len()
    }

    fn piece(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let mut out = Vec::new();
        if !self.begun {
            self.begun = true;
            let kind = format!("{}List", self.chosen.resource.kind);
            out = proto::list_head((&self.chosen.resource.api_version(), &kind), self.measured.1);
            out.append(&mut self.meta);
        }
        if let Some(piece) = self.kept.pop_front() {
            out.extend_from_slice(&piece);
        } else {
            let (piece, next) = self.encode(self.at);
            out.extend_from_slice(&piece);
            self.at = next;
        }
        if self.kept.is_empty() && self.at == self.chosen.objects.len() {
            self.done = true;
            out.extend_from_slice(proto::TAIL);
        }
        Some(out)
    }

    fn is_done(&self) -> bool {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::body::Writer as _;
    use super::*;
    use crate::demo::resource::Registry;
    use crate::demo::store::Object;

    #[test]
    fn what_is_encoded_twice_is_the_same() {
        let pods = Registry::builtin().stored("pods").unwrap();
        let pod = |at: u64| {
            let long = "x".repeat(3_000);
            json!({ "metadata": { "name": format!("pod-{at}"), "annotations": { "long": long } }, "spec": { "nodeName": "n" } })
        };
        let objects: Vec<_> = (0..200)
            .map(|at| Arc::new(Object::new(&pods, &pod(at), at)))
            .collect();
        let written = |kept: usize| {
            let chosen = Chosen {
                resource: Arc::clone(&pods),
                objects: objects.clone(),
                version: 7,
                token: Some("more".into()),
                remaining: Some(3),
            };
            let mut writer = Writer::new(proto::of(&pods).unwrap(), chosen);
            writer.kept_bytes.1 = kept;
            while !writer.prepare() {}
            std::iter::from_fn(|| writer.piece()).collect::<Vec<_>>()
        };
        let (kept, again) = (written(KEPT), written(0));
        assert!(kept.len() > 3, "in pieces");
        assert_eq!(kept.concat(), again.concat());
    }
}
