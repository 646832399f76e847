//! A page in protobuf: one message whose length stands before it, so that everything is encoded before the first byte is sent. Objects keep
//! what they were encoded as, so that it is done once.

use std::borrow::Cow;

use super::body::PIECE;
use super::{Chosen, named};
use crate::demo::api::proto;
use crate::demo::server::view;
use crate::demo::store::{Body, Object};

/// Objects that are encoded in one step of preparing.
const STEP: usize = 64;

/// Writes a page.
pub(super) struct Writer {
    /// What the objects are; `None` for their metadata alone.
    message: Option<proto::Message>,
    chosen: Chosen,
    /// The list's metadata.
    meta: Vec<u8>,
    /// Objects measured so far, and how many bytes they and the metadata take.
    measured: (usize, usize),
    /// Objects that were sent.
    at: usize,
    begun: bool,
    done: bool,
}

impl Writer {
    pub fn new(message: Option<proto::Message>, chosen: Chosen) -> Self {
        let meta = proto::list_meta(named(chosen.meta()).to_string().as_bytes());
        Self {
            message,
            measured: (0, meta.len()),
            chosen,
            meta,
            at: 0,
            begun: false,
            done: false,
        }
    }

    fn item<'a>(&self, object: &'a Object) -> Cow<'a, Body> {
        match self.message {
            Some(message) => view::proto(object, &self.chosen.resource, message),
            None => Cow::Owned(Body::whole(view::proto_metadata(object))),
        }
    }
}

impl super::body::Writer for Writer {
    fn content_type(&self) -> &'static str {
        proto::CONTENT_TYPE
    }

    fn prepare(&mut self) -> bool {
        let from = self.measured.0;
        for object in self.chosen.objects.iter().skip(from).take(STEP) {
            let length = proto::item_length(&self.item(object));
            self.measured.0 += 1;
            self.measured.1 += length;
        }
        self.measured.0 == self.chosen.objects.len()
    }

    fn piece(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let mut out = Vec::with_capacity(PIECE + (16 << 10));
        if !self.begun {
            self.begun = true;
            let (version, kind) = match self.message {
                Some(_) => (
                    self.chosen.resource.api_version(),
                    format!("{}List", self.chosen.resource.kind),
                ),
                None => (
                    "meta.k8s.io/v1".to_owned(),
                    "PartialObjectMetadataList".to_owned(),
                ),
            };
            let head = proto::list_head((&version, &kind), self.measured.1);
            out.extend_from_slice(&head);
            out.append(&mut self.meta);
        }
        for object in self.chosen.objects.iter().skip(self.at) {
            if out.len() >= PIECE {
                return Some(out);
            }
            proto::push_item(&self.item(object), &mut out);
            self.at += 1;
        }
        self.done = true;
        out.extend_from_slice(proto::TAIL);
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
    use crate::clock::Timestamp;
    use crate::demo::clock::Clock;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;

    #[test]
    fn a_list_is_the_same_whether_its_objects_were_encoded_before_or_not() {
        let clock = Clock::driven(Timestamp::from_seconds(1_800_000_000));
        let store = Store::new(Registry::builtin(), clock, 7);
        for at in 0..200 {
            let long = "a long word; ".repeat(300);
            let pod = json!({ "spec": { "nodeName": format!("node-{at}") }, "metadata": { "name": format!("pod-{at}"),
                "annotations": { "long": long },
                "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true }] } });
            store.create("pods", "a", pod).unwrap();
        }
        let objects = store.list("pods", None);
        assert!(
            objects.iter().all(|pod| pod.body.weight() < 1_000),
            "they share their text"
        );
        let resource = store.registry().stored("pods").unwrap();
        let message = proto::of(&resource).unwrap();
        let chosen = || Chosen {
            resource: Arc::clone(&resource),
            objects: objects.clone(),
            version: 7,
            token: Some("more".into()),
            remaining: Some(3),
        };
        let written = || {
            let mut writer = Writer::new(Some(message), chosen());
            while !writer.prepare() {}
            std::iter::from_fn(|| writer.piece()).collect::<Vec<_>>()
        };
        let (first, again) = (written(), written());
        assert!(first.len() > 3, "in pieces");
        let mut items = proto::list_meta(named(chosen().meta()).to_string().as_bytes());
        for object in &objects {
            proto::push_item(&Body::whole(proto::raw(message, &object.body.text())), &mut items);
        }
        let head = proto::list_head(("v1", "PodList"), items.len());
        let plain = [&head[..], &items, proto::TAIL].concat();
        assert!(first.concat() == plain && again.concat() == plain);
    }
}
