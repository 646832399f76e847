//! What a game day from a file does, one thing after the other: objects, silent machines, programs and applications that misbehave. Knows no
//! YAML.

use std::sync::Arc;

use serde_json::Value;

use super::check::change_as;
use super::condition::Condition;
use super::reference::Reference;
use super::{Game, Scenario};
use crate::clock::Timestamp;
use crate::demo::api::{complete, merged};
use crate::demo::kubelet::scene::Answer;
use crate::demo::kubelet_api::Admission;
use crate::demo::object::manage;
use crate::demo::status::Status;
use crate::demo::world::Inner;
use crate::demo::world::pressure::{Program, Whom};
use crate::demo::world::state::key;

/// Something that happens.
#[derive(Debug, Clone)]
pub struct Step {
    /// Seconds after the beginning.
    pub after: i64,
    /// What.
    pub deed: Deed,
    /// Where it stands, for people: `my.yaml:5: step 1`.
    pub place: String,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum Deed {
    /// A game day of the house begins.
    Scenario(&'static Scenario),
    /// An object is made, or changed so that it holds what is written.
    Apply(Reference, Value),
    /// An object is changed.
    Patch(Reference, Value),
    /// An object goes.
    Delete(Reference),
    /// The machines of nodes fall silent: one name, or all with a label of this value; at most so many.
    Silence(Silence),
    /// Programs of some images behave in a certain way.
    Program(Program),
    /// The pods of an application answer badly, say why, have more to do; or are well again.
    App(Trouble),
}

/// Which machines fall silent.
#[derive(Debug, Clone)]
pub struct Silence {
    /// Name, or `label=value`.
    pub of: String,
    /// At most so many.
    pub most: usize,
}

/// How an application is doing.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Namespace and value of the name label.
    pub app: (String, String),
    /// How it answers its readiness probes. `None`: as ever.
    pub answer: Option<Answer>,
    /// What it writes into its log.
    pub says: String,
    /// How many times its usual work it has.
    pub visitors: Option<f64>,
    /// What ends it. `None`: nothing but another step.
    pub until: Option<Condition>,
}

impl Inner {
    /// Lets the steps of a game day from a file happen that are due.
    ///
    /// # Errors
    /// What the world refuses: no such object, for example.
    pub(super) fn play_steps(&mut self, now: Timestamp) -> Result<(), Status> {
        while let Some(step) = self.due_step(now) {
            if let Some(playing) = self.playing_mut() {
                playing.done += 1;
            }
            let told = |status: Status| Status {
                message: format!("{}: {}", step.place, status.message),
                ..status
            };
            self.carry_out(step.deed, now).map_err(told)?;
        }
        Ok(())
    }

    /// The same while it is played; a step that fails then is left out, because a person may have been faster, and told.
    pub fn play_on(&mut self, now: Timestamp) {
        while let Err(status) = self.play_steps(now) {
            if let Some(playing) = self.playing_mut() {
                playing.failed.push(status.message);
            }
        }
        let Some(playing) = self.playing_mut() else { return };
        let troubles = std::mem::take(&mut playing.troubles);
        let (over, lasting) = troubles
            .into_iter()
            .partition::<Vec<_>, _>(|(_, until)| until.holds(self));
        if let Some(playing) = self.playing_mut() {
            playing.troubles = lasting;
        }
        for (app, _) in over {
            self.pressure.demand.remove(&app);
            self.trouble(&Whom::app(&app.0, &app.1), false, (Answer::Late, ""), now);
        }
    }

    /// The next step, if it is due.
    fn due_step(&self, now: Timestamp) -> Option<Step> {
        let playing = self.playing()?;
        let Game::Written(written) = &playing.game else {
            return None;
        };
        let step = written.steps.get(playing.done)?;
        let due = now.seconds() - playing.began.seconds() >= step.after;
        due.then(|| step.clone())
    }

    /// Whether all steps of the present game day have happened.
    pub(super) fn all_happened(&self, steps: usize) -> bool {
        self.playing().is_none_or(|playing| playing.done >= steps)
    }

    fn carry_out(&mut self, deed: Deed, now: Timestamp) -> Result<(), Status> {
        match deed {
            Deed::Scenario(scenario) => {
                if let Some(why) = scenario.refusal(self.flavor) {
                    return Err(Status::bad_request(why));
                }
                scenario.begin(self, now)
            }
            Deed::Apply(what, object) => self.apply(&what, object, now),
            Deed::Patch(what, patch) => self.patch(&what, &patch),
            Deed::Delete(what) => self.delete(&what, now),
            Deed::Silence(silence) => self.silence(&silence, now),
            Deed::Program(program) => {
                self.program(program, now);
                Ok(())
            }
            Deed::App(trouble) => {
                self.afflict(&trouble, now);
                Ok(())
            }
        }
    }

    fn apply(&mut self, what: &Reference, mut object: Value, now: Timestamp) -> Result<(), Status> {
        let there = self
            .store
            .object(&what.resource.storage, &what.namespace, &what.name);
        if there.is_some() {
            return self.patch(what, &object);
        }
        complete(&self.store, &what.resource, &mut object)?;
        let wish = Admission::creation(&what.resource, &what.namespace, &what.name);
        self.complete_sent(&wish, &mut object)?;
        self.refuse(&wish, &object)?;
        manage(&mut object, "kubectl-client-side-apply", None, now);
        self.add(object).map(|_| ())
    }

    fn patch(&mut self, what: &Reference, patch: &Value) -> Result<(), Status> {
        let (storage, space, name) = (&what.resource.storage, &what.namespace, &what.name);
        let missing = || Status::not_found(&what.resource.qualified(), name);
        let current = self.store.read(storage, space, name).ok_or_else(missing)?;
        let mut new = merged(&what.resource, &current, patch)?;
        let wish = Admission {
            operation: "UPDATE",
            old: Some(&current),
            ..Admission::creation(&what.resource, space, name)
        };
        self.complete_sent(&wish, &mut new)?;
        self.refuse(&wish, &new)?;
        change_as("kubectl-patch", self, (storage, space, name), |object| {
            *object = new;
        })
    }

    fn delete(&mut self, what: &Reference, now: Timestamp) -> Result<(), Status> {
        if &*what.resource.storage == "pods" {
            let pod = key(&what.namespace, &what.name);
            if !self.pods.contains_key(&pod) {
                return Err(Status::not_found("pods", &what.name));
            }
            self.delete_pod(&pod, now);
            return Ok(());
        }
        let (storage, space, name) = (&what.resource.storage, &what.namespace, &what.name);
        self.store.remove(storage, space, name).map(|_| ())
    }

    fn silence(&mut self, silence: &Silence, now: Timestamp) -> Result<(), Status> {
        let meant = |name: &str| {
            let labels = self.nodes.get(name).map(|node| &node.labels);
            match silence.of.split_once('=') {
                None => name == silence.of,
                Some((label, value)) => {
                    labels.is_some_and(|labels| labels.get(label).is_some_and(|have| have == value))
                }
            }
        };
        let all = self.nodes.keys().filter(|name| meant(name)).cloned();
        let all: Vec<Arc<str>> = all.take(silence.most).collect();
        if all.is_empty() {
            return Err(Status::bad_request(format!(
                "no node is meant by `{}`",
                silence.of
            )));
        }
        self.pressure
            .silent
            .extend(all.into_iter().map(|name| (name, now)));
        Ok(())
    }

    fn afflict(&mut self, trouble: &Trouble, now: Timestamp) {
        let whom = Whom::app(&trouble.app.0, &trouble.app.1);
        if let Some(times) = trouble.visitors {
            self.pressure.demand.insert(trouble.app.clone(), times);
        }
        self.trouble(&whom, false, (Answer::Late, ""), now);
        if let (Some(playing), Some(until)) = (self.playing_mut(), &trouble.until) {
            playing.troubles.push((trouble.app.clone(), until.clone()));
        }
        if let Some(answer) = trouble.answer {
            self.trouble(&whom, true, (answer, &trouble.says), now);
        }
    }
}
