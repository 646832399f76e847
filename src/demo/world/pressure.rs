//! What presses on the world from outside: visitors, kubelets that fall silent, services that do not answer. Says who feels it; what follows
//! is the kubelets' and the controllers' business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Inner;
use super::state::{Key, Pod, key};
use super::work::Work;
use crate::clock::Timestamp;
use crate::demo::ids::stable;
use crate::demo::image::{self, Nature};
use crate::demo::kubelet::scene::Answer;
use crate::demo::kubelet::spec::Spec;

/// All that presses at present, and the troubles of the past, because logs tell of them for ever.
#[derive(Debug, Clone, Default)]
pub struct Pressure {
    /// How many times its usual work an application has, by namespace and name.
    pub demand: BTreeMap<(String, String), f64>,
    /// Nodes whose kubelets no longer say anything, and since when.
    pub silent: BTreeMap<Arc<str>, Timestamp>,
    /// Whether anything writes so much that disks have to be looked at.
    pub writing: bool,
    /// Troubles, the oldest first.
    pub troubles: Vec<Trouble>,
    /// What programs do that their images do not tell.
    pub programs: Vec<Program>,
    /// Scenarios that have yet to break what they are about.
    pub unbegun: BTreeSet<&'static str>,
}

/// Images whose programs behave in a certain way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// End of the repository name.
    pub image: String,
    /// The one release that is meant; all when there is none.
    pub tag: Option<String>,
    /// What they do.
    pub nature: &'static Nature,
}

impl Program {
    fn is(&self, image: &str) -> bool {
        let repository = image::repository(image);
        let ours = repository
            .strip_suffix(self.image.as_str())
            .is_some_and(|before| before.is_empty() || before.ends_with('/'));
        ours && self.tag.as_ref().is_none_or(|tag| image::tag(image) == tag)
    }
}

/// Who has a trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// An application: namespace and value of its name label.
    App(Key),
    /// Two of three of the quieter pods of a node.
    Node(Arc<str>),
}

/// Something that keeps programs from their work for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Who has it.
    pub whom: Whom,
    /// What they write into their logs; empty for nothing.
    pub says: String,
    /// How they answer their readiness probes.
    pub answer: Answer,
    /// When it began.
    pub from: Timestamp,
    /// When it was over; `None` while it lasts.
    pub until: Option<Timestamp>,
}

impl Whom {
    /// An application.
    pub fn app(namespace: &str, name: &str) -> Self {
        Self::App(key(namespace, name))
    }

    fn is(&self, key: &Key, pod: &Pod) -> bool {
        match self {
            Self::App((namespace, name)) => {
                key.0 == *namespace && pod.label("app.kubernetes.io/name") == Some(&**name)
            }
            Self::Node(node) => {
                let loud = pod.spec.containers.iter().any(|c| c.nature().cpu_milli >= 1_000);
                let unlucky = !stable(&[&pod.uid, "unlucky"]).is_multiple_of(3);
                pod.node.as_ref() == Some(node) && !pod.spec.host_network && !loud && unlucky
            }
        }
    }
}

impl Inner {
    /// Troubles that a pod has or had.
    pub fn troubles_of<'a>(&'a self, key: &'a Key, pod: &'a Pod) -> impl Iterator<Item = &'a Trouble> {
        let all = self.pressure.troubles.iter();
        all.filter(move |trouble| trouble.whom.is(key, pod))
    }

    /// How a pod answers its readiness probes under the trouble it has. `None`: as ever.
    pub fn answer_of(&self, key: &Key, pod: &Pod) -> Option<Answer> {
        let mut troubles = self.troubles_of(key, pod);
        troubles
            .find(|trouble| trouble.until.is_none())
            .map(|trouble| trouble.answer)
    }

    /// Lets a trouble begin or end; nothing happens when it is so already.
    pub fn trouble(&mut self, whom: &Whom, on: bool, (answer, says): (Answer, &str), now: Timestamp) {
        let all = &mut self.pressure.troubles;
        let open = all
            .iter_mut()
            .find(|have| have.whom == *whom && have.until.is_none());
        match (open, on) {
            (None, true) => all.push(Trouble {
                whom: whom.clone(),
                says: self.flavor.text(says),
                answer,
                from: now,
                until: None,
            }),
            (Some(have), false) => have.until = Some(now),
            _ => return,
        }
        let touched: Vec<Key> = self
            .pods
            .iter()
            .filter(|(key, pod)| whom.is(key, pod))
            .map(|(key, _)| key.clone())
            .collect();
        for key in touched {
            self.probe_now(&key, now);
        }
    }

    /// Programs of some images do something else from now on.
    pub fn program(&mut self, program: Program, now: Timestamp) {
        self.pressure.writing |= program.nature.disk_mib > 0;
        self.pressure.programs.push(program);
        let keys: Vec<Key> = self.pods.keys().cloned().collect();
        for key in keys {
            let Some(mut spec) = self.pods.get(&key).map(|pod| Arc::clone(&pod.spec)) else {
                continue;
            };
            if self.teach(&mut spec) {
                self.pods.entry(key.clone()).and_modify(|pod| pod.spec = spec);
                self.probe_now(&key, now);
            }
        }
    }

    /// Lets the containers of a pod behave as a scenario has it; `false` if that is as they behave anyway.
    pub fn teach(&self, spec: &mut Arc<Spec>) -> bool {
        let known = |image: &str| {
            self.pressure
                .programs
                .iter()
                .rev()
                .find(|program| program.is(image))
        };
        let mut all = spec.init.iter().chain(&spec.containers);
        if self.pressure.programs.is_empty() || !all.any(|container| known(&container.image).is_some()) {
            return false;
        }
        let spec = Arc::make_mut(spec);
        for container in spec.init.iter_mut().chain(&mut spec.containers) {
            container.behaves = known(&container.image).map(|program| program.nature);
        }
        true
    }

    /// Ends what presses on the world but for silent kubelets: nobody but their machines could bring those back.
    pub fn let_go(&mut self, now: Timestamp) {
        self.pressure.demand.clear();
        self.pressure.unbegun.clear();
        let open = self
            .pressure
            .troubles
            .iter()
            .filter(|trouble| trouble.until.is_none());
        let open: Vec<Whom> = open.map(|trouble| trouble.whom.clone()).collect();
        for whom in open {
            self.trouble(&whom, false, (Answer::Late, ""), now);
        }
    }

    /// Lets a pod's kubelet probe its containers now.
    fn probe_now(&mut self, key: &Key, now: Timestamp) {
        let life = self.pods.get_mut(key).and_then(|pod| pod.life.as_mut());
        let runs = life.into_iter().flat_map(|life| &mut life.main);
        for run in runs.filter(|run| run.running().is_some()) {
            run.due = Some(now);
        }
        self.work.push(Work::Pod(key.clone()));
    }
}
