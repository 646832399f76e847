//! Pods cut from one text: those of one ReplicaSet differ in a few words only, so their bodies at the stages of their life are made once and
//! the words put in. Places nothing and stores nothing.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::pod;
use super::state::{Key, Node, Owner, Pod};
use crate::clock::Timestamp;
use crate::demo::ids::Ids;
use crate::demo::kubelet::life::Life;
use crate::demo::kubelet::spec::Spec;
use crate::demo::kubelet::status::{address, container_id, status};
use crate::demo::object::pairs;
use crate::demo::object::{after, manage, put, stamp, text};
use crate::demo::resource::Resource;
use crate::demo::store::{Body, Forms, Object, Pattern};

/// Where a pod is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was created.
    Pending,
    /// It has a node.
    Bound,
    /// It runs and is ready.
    Ready,
}

/// Seconds between the creation of a pod and its being ready.
pub const READY_AFTER: i64 = 10;
/// Seconds between its creation and its being bound.
const BOUND_AFTER: i64 = 1;

/// What differs between two pods of one ReplicaSet; the words cannot occur in JSON otherwise.
const NAME: &str = "@name@";
const UID: &str = "@uid@";
const VERSION: &str = "@version@";
const NODE: &str = "@node@";
const REGION: &str = "@region@";
const ZONE: &str = "@zone@";
const HOST: &str = "@host@";
const ADDRESS: &str = "@address@";
const CONTAINER: &str = "@container@";
/// All of them but times.
pub(super) const MARKS: [&str; 9] = [NAME, UID, VERSION, NODE, REGION, ZONE, HOST, ADDRESS, CONTAINER];
/// Seconds after the creation.
const TIMES: [&str; 11] = [
    "@0@", "@1@", "@2@", "@3@", "@4@", "@5@", "@6@", "@7@", "@8@", "@9@", "@10@",
];
/// What stands for the time of creation while a mould is made: 2001-01-01T00:00:00Z.
const BEGUN: Timestamp = Timestamp(978_307_200_000_000_000);
const REGION_LABEL: &str = "topology.kubernetes.io/region";
const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

/// The pods of one ReplicaSet.
#[derive(Debug)]
pub struct Mould {
    /// What they run.
    pub spec: Arc<Spec>,
    /// Their ReplicaSet.
    pub owner: Owner,
    namespace: Arc<str>,
    resource: Arc<Resource>,
    stages: [Text; 3],
    /// Labels of the template, and with those of a zone: as the world and as the store keep them.
    labels: Vec<Labels>,
    words: Vec<Arc<str>>,
}

#[derive(Debug)]
struct Labels {
    zone: Box<str>,
    world: Arc<[(String, String)]>,
    store: Arc<[(Box<str>, Box<str>)]>,
}

/// A text, cut where something has to be put in.
#[derive(Debug)]
struct Text {
    pattern: Arc<Pattern>,
    /// What stands before each stretch of the pattern.
    parts: Vec<(&'static str, Range<usize>)>,
}

/// One pod.
#[derive(Debug, Clone)]
pub struct Cast {
    /// Its name.
    pub name: Arc<str>,
    /// Its uid.
    pub uid: Arc<str>,
    /// Where it runs.
    pub node: Arc<str>,
    /// The node's region and zone, which may be empty.
    pub place: (Arc<str>, Arc<str>),
    /// The node's address.
    pub host: [u8; 4],
    /// Its own.
    pub ip: [u8; 4],
    /// When it was created.
    pub at: Timestamp,
}

impl Mould {
    /// The mould of a ReplicaSet whose pods run on nodes like `node`. `None` if its pods are too large.
    pub fn new(set: &Value, resource: Arc<Resource>, node: &Node, ids: &mut Ids) -> Option<Self> {
        let mut draft = pod::from_template(set, &set["spec"]["template"], NAME, BEGUN);
        let stem = format!("{}-", text(set, "/metadata/name"));
        put(&mut draft["metadata"], "generateName", stem.into());
        put(&mut draft["metadata"], "uid", UID.into());
        put(&mut draft["metadata"], "resourceVersion", VERSION.into());
        put(&mut draft["metadata"], "generation", 1.into());
        pod::admit(&mut draft, None, ids);
        let spec = Arc::new(Spec::parse(&draft["spec"]));
        let labels = pairs(&draft["metadata"]["labels"]);
        manage(&mut draft, "kube-controller-manager", None, BEGUN);
        let pending = Text::cut(&draft, &spec)?;

        put(&mut draft["spec"], "nodeName", NODE.into());
        for (label, mark) in [(REGION_LABEL, REGION), (ZONE_LABEL, ZONE)] {
            if node.labels.contains_key(label) {
                draft["metadata"]["labels"][label] = mark.into();
            }
        }
        let scheduled = after(BEGUN, BOUND_AFTER);
        draft["status"] = status(&draft, &spec, &Life::bound(&spec, [0; 4], scheduled));
        let bound = Text::cut(&draft, &spec)?;

        let life = Life::settled(&spec, (HOSTS.0, HOSTS.1), scheduled);
        draft["status"] = status(&draft, &spec, &life);
        let created = draft["metadata"]["managedFields"][0].take();
        pod::manage_pod(&mut draft, BEGUN);
        draft["metadata"]["managedFields"][0] = created;
        let ready = Text::cut(&draft, &spec)?;

        let owner = &draft["metadata"]["ownerReferences"][0];
        let word = |name: &str| -> Arc<str> { owner[name].as_str().unwrap_or_default().into() };
        Some(Self {
            owner: Owner {
                kind: word("kind"),
                name: word("name"),
                uid: word("uid"),
            },
            namespace: text(set, "/metadata/namespace").into(),
            words: fields(&draft, &resource),
            resource,
            stages: [pending, bound, ready],
            labels: vec![Labels::new(labels, None)],
            spec,
        })
    }

    /// A pod's key.
    pub fn key(&self, cast: &Cast) -> Key {
        (Arc::clone(&self.namespace), Arc::clone(&cast.name))
    }

    /// A pod as it is stored.
    pub fn object(&mut self, cast: &Cast, stage: Stage, version: u64) -> Object {
        let labels = Arc::clone(&self.labelled(cast, stage).store);
        let paths = self.resource.fields.iter().zip(&self.words);
        let fields = paths.map(|(path, usual)| match (&**path, stage) {
            ("spec.nodeName", Stage::Bound | Stage::Ready) => Arc::clone(&cast.node),
            ("status.podIP", Stage::Ready) => address(cast.ip).into(),
            ("status.phase", Stage::Pending | Stage::Bound) => "Pending".into(),
            _ => Arc::clone(usual),
        });
        Object {
            fields: fields.collect(),
            uid: Arc::clone(&cast.uid),
            namespace: Arc::clone(&self.namespace),
            name: Arc::clone(&cast.name),
            version,
            labels,
            controller: Some(Arc::clone(&self.owner.uid)),
            deleting: false,
            body: self.body(cast, stage, version),
            forms: Forms::default(),
        }
    }

    /// A pod as the world knows it.
    pub fn pod(&mut self, cast: &Cast, stage: Stage) -> Pod {
        let scheduled = after(cast.at, BOUND_AFTER);
        let life = match stage {
            Stage::Pending => None,
            Stage::Bound => Some(Life::bound(&self.spec, cast.host, scheduled)),
            Stage::Ready => Some(Life::settled(&self.spec, (cast.host, cast.ip), scheduled)),
        };
        Pod {
            uid: Arc::clone(&cast.uid),
            created: cast.at,
            labels: Arc::clone(&self.labelled(cast, stage).world),
            owner: Some(self.owner.clone()),
            spec: Arc::clone(&self.spec),
            node: life.is_some().then(|| Arc::clone(&cast.node)),
            life,
            deleting: None,
            kept: false,
            due: None,
        }
    }

    fn labelled(&mut self, cast: &Cast, stage: Stage) -> &Labels {
        let zone = if stage == Stage::Pending {
            ""
        } else {
            &*cast.place.1
        };
        let at = self.labels.iter().position(|labels| *labels.zone == *zone);
        let at = at.unwrap_or_else(|| {
            let mut all = self.labels[0].world.to_vec();
            all.push((REGION_LABEL.to_owned(), cast.place.0.to_string()));
            self.labels.push(Labels::new(all, Some(zone)));
            self.labels.len() - 1
        });
        &self.labels[at]
    }

    fn body(&self, cast: &Cast, stage: Stage, version: u64) -> Body {
        let container = self
            .spec
            .containers
            .first()
            .map(|container| container_id(&cast.uid, &container.name, 0))
            .unwrap_or_default();
        let (version, host, ip) = (version.to_string(), address(cast.host), address(cast.ip));
        let times: Vec<String> = (0..)
            .take(TIMES.len())
            .map(|passed| stamp(after(cast.at, passed)))
            .collect();
        let word = |mark: &str| match mark {
            NAME => &*cast.name,
            UID => &*cast.uid,
            VERSION => version.as_str(),
            NODE => &*cast.node,
            REGION => &*cast.place.0,
            ZONE => &*cast.place.1,
            HOST => host.as_str(),
            ADDRESS => ip.as_str(),
            CONTAINER => container.as_str(),
            mark => TIMES
                .iter()
                .position(|time| *time == mark)
                .and_then(|passed| times.get(passed))
                .map_or("", String::as_str),
        };
        let text = &self.stages[stage as usize];
        let parts = text.parts.iter();
        Body::cast(
            &text.pattern,
            parts.map(|(mark, stretch)| (word(mark), stretch.clone())),
        )
    }
}

/// What stands for the addresses of node and pod while a mould is made.
const HOSTS: ([u8; 4], [u8; 4]) = ([255, 255, 255, 1], [255, 255, 255, 2]);

impl Text {
    /// The text without its marks, and which mark stood before which stretch of it.
    fn cut(draft: &Value, spec: &Spec) -> Option<Self> {
        let mut text = draft
            .to_string()
            .replace(&address(HOSTS.0), HOST)
            .replace(&address(HOSTS.1), ADDRESS);
        if let Some(container) = spec.containers.first() {
            text = text.replace(&container_id(UID, &container.name, 0), CONTAINER);
        }
        for (passed, mark) in (0..).zip(TIMES) {
            text = text.replace(&stamp(after(BEGUN, passed)), mark);
        }
        let (mut plain, mut parts) = (String::with_capacity(text.len()), Vec::new());
        let (mut rest, mut before) = (text.as_str(), "");
        loop {
            let all = MARKS.iter().chain(&TIMES);
            let next = all.filter_map(|mark| rest.find(mark).map(|at| (at, *mark))).min();
            let stretch = next.map_or(rest, |(at, _)| rest.get(..at).unwrap_or_default());
            parts.push((before, plain.len()..plain.len() + stretch.len()));
            plain.push_str(stretch);
            let Some((at, mark)) = next else { break };
            rest = rest.get(at + mark.len()..).unwrap_or_default();
            before = mark;
        }
        Some(Self {
            pattern: Pattern::new(plain.as_bytes())?,
            parts,
        })
    }
}

impl Labels {
    fn new(mut all: Vec<(String, String)>, zone: Option<&str>) -> Self {
        all.extend(zone.map(|zone| (ZONE_LABEL.to_owned(), zone.to_owned())));
        let mut sorted: Vec<(Box<str>, Box<str>)> = all
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect();
        sorted.sort_unstable();
        Self {
            zone: zone.unwrap_or_default().into(),
            world: all.into(),
            store: sorted.into(),
        }
    }
}

/// The values of a resource's fields that all pods of a mould have in common.
fn fields(draft: &Value, resource: &Arc<Resource>) -> Vec<Arc<str>> {
    let object = Object::new(resource, draft, 0);
    let own = ["spec.nodeName", "status.podIP", "status.podIPs"];
    let paths = resource.fields.iter().zip(&object.fields);
    paths
        .map(|(path, value)| {
            if own.contains(&&**path) {
                Arc::from("")
            } else {
                Arc::clone(value)
            }
        })
        .collect()
}
