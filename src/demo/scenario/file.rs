//! Game days that people write: YAML to steps and conditions, and what is wrong with it, by line. Plays nothing.

mod format;

use std::sync::Arc;

use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use self::format::{AppStep, Check, File, Given, ProgramStep};
use super::condition::{Condition, Want};
use super::step::{Deed, Reference, Silence, Step, Trouble, reference_of};
use super::{Scenario, Story};
use crate::demo::resource::{Registry, Resource};
use crate::demo::world::Inner;
use crate::demo::world::flavor::Flavor;
use crate::demo::world::image::{nature, repository, tag};
use crate::demo::world::object::text;
use crate::demo::world::pressure::{Answer, Program};
use crate::model::problem::suggestion;
use crate::model::{Problem, quantity};

/// A whole file that shows all there is; it is played by a test.
pub const EXAMPLE: &str = include_str!("../../../assets/gameday.yaml");

/// A game day from a file.
#[derive(Debug)]
pub struct Written {
    /// What is told of it.
    pub story: Story,
    /// The cluster it was written for. `None`: any.
    pub flavor: Option<Flavor>,
    /// The seed of the world it was written for.
    pub seed: Option<u64>,
    /// What happens, the earliest first.
    pub(super) steps: Vec<Step>,
    scenarios: Vec<&'static Scenario>,
    mended: Vec<Condition>,
}

impl Written {
    /// Reads the text of a file that the person knows as `name`.
    ///
    /// # Errors
    /// What is wrong with it first, with the line and what to do.
    pub fn parse(name: &str, text: &str) -> Result<Self, Box<Problem>> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| format::problem(name, &error))?;
        let reader = Reader {
            file: name,
            registry: Registry::builtin(),
        };
        reader.read(file)
    }

    /// Why it cannot be played in a cluster of this flavor. `None`: it can.
    pub fn refusal(&self, flavor: Flavor) -> Option<String> {
        let wanted = self.flavor.filter(|wanted| *wanted != flavor);
        let wrong = wanted.map(|wanted| {
            let (name, wanted) = (&self.story.name, wanted.name());
            format!(
                "`{name}` was written for {wanted}, this cluster is {}",
                flavor.name()
            )
        });
        wrong.or_else(|| {
            self.scenarios
                .iter()
                .find_map(|scenario| scenario.refusal(flavor))
        })
    }

    /// Whether all that was to break has broken and is whole again.
    pub(super) fn mended(&self, inner: &Inner) -> bool {
        inner.all_happened(self.steps.len())
            && self.scenarios.iter().all(|scenario| (scenario.mended)(inner))
            && self.mended.iter().all(|condition| condition.holds(inner))
    }
}

/// Reads one file.
struct Reader<'a> {
    file: &'a str,
    registry: Registry,
}

type Read<T> = Result<T, Box<Problem>>;

impl Reader<'_> {
    fn wrong<T>(&self, at: Location, message: impl Into<String>) -> Read<T> {
        let line = usize::try_from(at.line()).ok().filter(|line| *line > 0);
        Err(Box::new(Problem {
            file: self.file.to_owned(),
            line,
            message: message.into(),
        }))
    }

    fn read(&self, file: File) -> Read<Written> {
        let one_line = |text: &str| !text.trim().is_empty() && !text.trim().contains('\n');
        if !one_line(&file.symptom.value) {
            return self.wrong(
                file.symptom.referenced,
                "`symptom` is one line: what a person meets first",
            );
        }
        let mut steps = Vec::new();
        for given in &file.steps.value {
            steps.push(self.step(given)?);
        }
        if steps.is_empty() {
            return self.wrong(
                file.steps.referenced,
                "`steps` breaks nothing; see kubris gameday --example",
            );
        }
        steps.sort_by_key(|step| step.after);
        let scenarios: Vec<_> = steps
            .iter()
            .filter_map(|step| match step.deed {
                Deed::Scenario(scenario) => Some(scenario),
                _ => None,
            })
            .collect();
        let mended: Vec<Condition> = file
            .mended
            .iter()
            .map(|check| self.condition(check))
            .collect::<Read<_>>()?;
        if mended.is_empty() && scenarios.is_empty() {
            return self.wrong(
                file.steps.referenced,
                "nothing says when it is mended: add `mended`, such as `- ready: deployments/shop/cart`",
            );
        }
        Ok(Written {
            story: Story {
                name: file.title.unwrap_or(file.name),
                symptom: file.symptom.value.trim().to_owned(),
                cause: file.cause.trim().to_owned(),
                evidence: file.evidence,
                hints: file.hints,
                path: file.path,
            },
            flavor: file.flavor,
            seed: file.seed,
            steps,
            scenarios,
            mended,
        })
    }

    fn step(&self, given: &Spanned<Given>) -> Read<Step> {
        let (at, step) = (given.referenced, &given.value);
        let after = step
            .after
            .as_ref()
            .map_or(Ok(0), |after| self.seconds("after", after))?;
        let mut deeds = vec![];
        if let Some(name) = &step.scenario {
            let names = super::ALL.iter().map(|scenario| scenario.name);
            let Some(found) = super::find(&name.value) else {
                let near = suggestion(&name.value, names);
                let text = format!("no game day `{}`{near} (kubris gameday list)", name.value);
                return self.wrong(name.referenced, text);
            };
            deeds.push(Deed::Scenario(found));
        }
        if let Some(object) = &step.apply {
            deeds.push(self.apply(object)?);
        }
        match (&step.patch, &step.with) {
            (Some(what), Some(with)) => deeds.push(Deed::Patch(self.reference(what)?, with.clone())),
            (Some(what), None) => {
                return self.wrong(what.referenced, "`patch` needs `with`: what is to change");
            }
            (None, Some(_)) => return self.wrong(at, "`with` belongs to `patch`: which object is to change"),
            (None, None) => {}
        }
        if let Some(what) = &step.delete {
            let reference = self.reference(what)?;
            if &*reference.resource.storage == "namespaces" {
                return self.wrong(what.referenced, "a step cannot delete a namespace");
            }
            deeds.push(Deed::Delete(reference));
        }
        if let Some(of) = &step.silence {
            deeds.push(Deed::Silence(Silence {
                of: of.value.clone(),
                most: step.most.unwrap_or(usize::MAX),
            }));
        }
        if let Some(program) = &step.program {
            deeds.push(self.program(program)?);
        }
        if let Some(app) = &step.app {
            deeds.push(self.app(app)?);
        }
        match (deeds.pop(), deeds.is_empty()) {
            (Some(deed), true) => Ok(Step { after, deed }),
            (None, _) => self.wrong(
                at,
                "a step needs one of `scenario`, `apply`, `patch`, `delete`, `silence`, `program`, `app`",
            ),
            (Some(_), false) => self.wrong(at, "a step does one thing; make two of it"),
        }
    }

    fn apply(&self, object: &Spanned<Value>) -> Read<Deed> {
        let (api, kind) = (text(&object.value, "/apiVersion"), text(&object.value, "/kind"));
        let Some(resource) = self.registry.of_kind(api, kind) else {
            let text =
                format!("no kind `{kind}` in `{api}`: `apply` needs `apiVersion`, `kind` and `metadata`");
            return self.wrong(object.referenced, text);
        };
        match reference_of(&object.value, resource) {
            Ok(reference) => Ok(Deed::Apply(reference, object.value.clone())),
            Err(why) => self.wrong(object.referenced, why),
        }
    }

    fn program(&self, given: &Spanned<ProgramStep>) -> Read<Deed> {
        let step = &given.value;
        let mut own = *nature(&step.image);
        if let Some(leak) = &step.leak {
            own.leak_mib = self.mebibytes("leak", leak)?;
            own.most_mib = 1 << 16;
        }
        if let Some(writes) = &step.writes {
            own.disk_mib = self.mebibytes("writes", writes)?;
        }
        if let Some(cpu) = &step.cpu {
            let Some(milli) = quantity::milli(&cpu.value).and_then(|milli| u32::try_from(milli).ok()) else {
                return self.wrong(cpu.referenced, "`cpu` is a quantity such as `1700m`");
            };
            own.cpu_milli = milli;
        }
        if let Some(ends) = &step.ends {
            let seconds = self.seconds("after", &ends.after)?;
            own.ends = Some((seconds as u32, ends.code));
        }
        // A file is read once a run, and containers refer to this as long as they are.
        let nature = Box::leak(Box::new(own));
        let tagged = repository(&step.image) != step.image;
        Ok(Deed::Program(Program {
            image: repository(&step.image).to_owned(),
            tag: tagged.then(|| tag(&step.image).to_owned()),
            nature,
        }))
    }

    fn app(&self, given: &Spanned<AppStep>) -> Read<Deed> {
        let step = &given.value;
        let Some((namespace, name)) = step.name.split_once('/') else {
            let text =
                "`name` of an application is NAMESPACE/NAME, the value of its label app.kubernetes.io/name";
            return self.wrong(given.referenced, text);
        };
        let answer = match step
            .answers
            .as_ref()
            .map(|answers| (answers.referenced, answers.value.as_str()))
        {
            None | Some((_, "well")) => None,
            Some((_, "late")) => Some(Answer::Late),
            Some((at, code)) => match code.parse::<u16>() {
                Ok(code) if (100..600).contains(&code) => Some(Answer::Code(code)),
                _ => return self.wrong(at, "`answers` is `well`, `late` or a status code such as 503"),
            },
        };
        let until = step.until.as_ref().map(|check| self.condition(check));
        Ok(Deed::App(Trouble {
            app: (namespace.to_owned(), name.to_owned()),
            answer,
            says: step.says.clone(),
            visitors: step.visitors,
            until: until.transpose()?,
        }))
    }

    fn condition(&self, given: &Spanned<Check>) -> Read<Condition> {
        let (at, check) = (given.referenced, &given.value);
        let mut found = Vec::new();
        for (what, make) in [
            (&check.ready, Condition::Ready as fn(Reference) -> Condition),
            (&check.exists, Condition::Exists),
            (&check.gone, Condition::Gone),
        ] {
            if let Some(what) = what {
                found.push(make(self.reference(what)?));
            }
        }
        if let Some(namespace) = &check.calm {
            let all = namespace == "all" || namespace == "*";
            found.push(Condition::Calm(if all {
                String::new()
            } else {
                namespace.clone()
            }));
        }
        if let Some(what) = &check.value {
            let wants = [
                check.is.clone().map(Want::Is),
                check.not.clone().map(Want::Not),
                check.at_least.map(Want::AtLeast),
                check.at_most.map(Want::AtMost),
            ];
            let mut wants = wants.into_iter().flatten();
            let (Some(path), Some(want), None) = (&check.at, wants.next(), wants.next()) else {
                return self.wrong(
                    what.referenced,
                    "`value` needs `at` (such as `spec.replicas`) and one of `is`, `not`, `atLeast`, `atMost`",
                );
            };
            found.push(Condition::Value(self.reference(what)?, steps_of(path), want));
        }
        match (found.pop(), found.is_empty()) {
            (Some(condition), true) => Ok(condition),
            _ => self.wrong(
                at,
                "a condition needs one of `ready`, `exists`, `gone`, `value`, `calm`",
            ),
        }
    }

    /// `deployments/shop/cart`, `nodes/NAME`.
    fn reference(&self, what: &Spanned<String>) -> Read<Reference> {
        let mut parts = what.value.splitn(3, '/');
        let word = parts.next().unwrap_or_default();
        let all = self.registry.all();
        let named = |resource: &&Arc<Resource>| {
            let short = resource.short_names.iter().any(|name| *name == word);
            resource.plural == word || resource.singular == word || short
        };
        let Some(resource) = all.iter().find(named) else {
            let near = suggestion(word, all.iter().map(|resource| &*resource.plural));
            return self.wrong(what.referenced, format!("no resource `{word}`{near}"));
        };
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        let (namespace, name) = match (resource.namespaced, rest.as_slice()) {
            (true, [namespace, name]) => (namespace.clone(), name.clone()),
            (false, [name]) => (String::new(), name.clone()),
            (true, _) => {
                let text = format!("`{word}` are named {word}/NAMESPACE/NAME");
                return self.wrong(what.referenced, text);
            }
            (false, _) => return self.wrong(what.referenced, format!("`{word}` are named {word}/NAME")),
        };
        Ok(Reference {
            resource: Arc::clone(resource),
            namespace,
            name,
        })
    }

    fn seconds(&self, key: &str, given: &Spanned<String>) -> Read<i64> {
        let text = given.value.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let factor = match unit {
            "s" | "" => Some(1),
            "m" => Some(60),
            "h" => Some(3_600),
            _ => None,
        };
        match (number.parse::<u32>(), factor) {
            (Ok(number), Some(factor)) => Ok(i64::from(number) * factor),
            _ => self.wrong(
                given.referenced,
                format!("`{key}` is a time such as `30s` or `5m`, not `{text}`"),
            ),
        }
    }

    fn mebibytes(&self, key: &str, given: &Spanned<String>) -> Read<u32> {
        let bytes = quantity::units(&given.value);
        match bytes.and_then(|bytes| u32::try_from(bytes >> 20).ok()) {
            Some(mib) => Ok(mib),
            None => self.wrong(
                given.referenced,
                format!("`{key}` is what comes every minute, such as `240Mi`"),
            ),
        }
    }
}

/// `spec.replicas`, or a JSON pointer for keys with points: `/metadata/labels/app.kubernetes.io~1name`.
fn steps_of(path: &str) -> Vec<String> {
    match path.strip_prefix('/') {
        Some(pointer) => pointer
            .split('/')
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect(),
        None => path.split('.').map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        Written::parse("my.yaml", text).unwrap_err().to_string()
    }

    /// The smallest file, with these steps and this end.
    fn file(rest: &str) -> String {
        format!("name: x\nsymptom: it hurts\ncause: a stone\n{rest}\n")
    }

    #[test]
    fn the_example_is_a_game_day() {
        let written = Written::parse("gameday.yaml", EXAMPLE).unwrap();
        assert!(written.steps.len() > 1 && !written.mended.is_empty());
        assert_eq!(written.story.hints.len(), 3);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_with_what_to_do() {
        let ready = "mended:\n  - ready: deployments/shop/cart";
        for (text, said) in [
            (
                "name: x\nsympton: it hurts\n".to_owned(),
                "my.yaml:2: unknown key `sympton`, did you mean `symptom`?",
            ),
            ("name: x\n".to_owned(), "my.yaml:1: `symptom` is missing"),
            (
                file("steps:\n  - scenario: dns-borken"),
                "my.yaml:5: no game day `dns-borken`, did you mean `dns-broken`? (kubris gameday list)",
            ),
            (
                file("steps:\n  - after: soon\n    scenario: quota"),
                "my.yaml:5: `after` is a time such as `30s` or `5m`, not `soon`",
            ),
            (
                file("steps:\n  - patch: deployment/shop/cart\n    whit: {}"),
                "my.yaml:6: unknown key `whit`, did you mean `with`?",
            ),
            (
                file("steps:\n  - delete: deploymints/shop/cart"),
                "my.yaml:5: no resource `deploymints`, did you mean `deployments`?",
            ),
            (
                file("steps:\n  - delete: services/cart"),
                "my.yaml:5: `services` are named services/NAMESPACE/NAME",
            ),
            (
                file("steps:\n  - delete: services/shop/cart"),
                "my.yaml:5: nothing says when it is mended: add `mended`, such as `- ready: deployments/shop/cart`",
            ),
            (
                file(&format!("steps: []\n{ready}")),
                "my.yaml:4: `steps` breaks nothing; see kubris gameday --example",
            ),
            (
                file(&format!(
                    "steps:\n  - delete: services/shop/cart\n    silence: x\n{ready}"
                )),
                "my.yaml:5: a step does one thing; make two of it",
            ),
            (
                file("steps:\n  - apply: {kind: Pot, apiVersion: v1}"),
                "my.yaml:5: no kind `Pot` in `v1`: `apply` needs `apiVersion`, `kind` and `metadata`",
            ),
            (
                file("steps:\n  - app: {name: shop/cart, answers: badly}"),
                "my.yaml:5: `answers` is `well`, `late` or a status code such as 503",
            ),
            (
                file("steps:\n  - program: {image: shop/cart, leak: much}"),
                "my.yaml:5: `leak` is what comes every minute, such as `240Mi`",
            ),
            (
                file("flavor: eek\nsteps:\n  - scenario: quota"),
                "my.yaml:4: unknown value `eek`, did you mean `eks`?",
            ),
            (
                file("steps:\n  - scenario: quota\nmended:\n  - value: nodes/a\n    is: 3"),
                "my.yaml:7: `value` needs `at` (such as `spec.replicas`) and one of `is`, `not`, `atLeast`, `atMost`",
            ),
        ] {
            assert_eq!(complaint(&text), said, "{text}");
        }
        let broken = complaint("name: [x\n");
        assert!(broken.starts_with("my.yaml:"), "{broken}");
    }

    #[test]
    fn a_file_for_one_cloud_is_refused_in_another() {
        let text = file("flavor: gke\nsteps:\n  - scenario: quota");
        let written = Written::parse("my.yaml", &text).unwrap();
        assert_eq!(written.refusal(Flavor::Gke), None);
        assert_eq!(
            written.refusal(Flavor::Eks).unwrap(),
            "`x` was written for gke, this cluster is eks"
        );
        let text = file("steps:\n  - scenario: ip-exhaustion");
        let written = Written::parse("my.yaml", &text).unwrap();
        assert!(
            written
                .refusal(Flavor::Kind)
                .is_some_and(|why| why.contains("--flavor eks"))
        );
    }
}
