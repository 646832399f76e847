//! What presses on the world from outside: visitors, kubelets that fall silent, services that do not answer. Says who feels it; what follows
//! is the kubelets' and the controllers' business.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Inner;
use super::ids::stable;
use super::image::nature;
use super::state::{Key, Pod};
use super::work::Work;
use crate::clock::Timestamp;

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
}

/// Who has a trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// An application: namespace and value of its name label.
    App(&'static str, &'static str),
    /// Two of three of the quieter pods of a node.
    Node(Arc<str>),
}

/// How readiness probes fail under a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// With this status code.
    Code(u16),
    /// Not in time.
    Late,
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
    fn is(&self, key: &Key, pod: &Pod) -> bool {
        match self {
            Self::App(namespace, name) => {
                &*key.0 == *namespace && pod.label("app.kubernetes.io/name") == Some(name)
            }
            Self::Node(node) => {
                let loud = pod
                    .spec
                    .containers
                    .iter()
                    .any(|c| nature(&c.image).cpu_milli >= 1_000);
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
                says: says.to_owned(),
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

    /// Ends what presses on the world but for silent kubelets: nobody but their machines could bring those back.
    pub fn let_go(&mut self, now: Timestamp) {
        self.pressure.demand.clear();
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
