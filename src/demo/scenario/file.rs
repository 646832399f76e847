//! Game days that people write: YAML to steps and conditions, and what is wrong with it, by line. Plays nothing.

mod format;
mod parts;
mod tree;

use serde::Deserialize as _;

use self::format::{File, Given};
use self::tree::{Node, Spanned, Wrong};
use super::Scenario;
use super::condition::Condition;
use super::step::{Deed, Silence, Step};
use crate::demo::resource::Registry;
use crate::demo::world::Inner;
use crate::demo::world::flavor::Flavor;
use crate::model::problem::suggestion;
use crate::model::{GameDay, Problem};

/// A whole file that shows all there is; it is played by a test.
pub const EXAMPLE: &str = include_str!("../../../assets/gameday.yaml");

/// A game day from a file.
#[derive(Debug)]
pub struct Written {
    /// What is told of it.
    pub story: GameDay,
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
        let tree: Node = serde_saphyr::from_str(text).map_err(|error| Box::new(not_yaml(name, &error)))?;
        let told = |Wrong { line, message }| Box::new(problem(name, line, message));
        let file = File::deserialize(&tree).map_err(told)?;
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

/// What is wrong in a file. A line of 0 is not known.
fn problem(file: &str, line: Option<usize>, message: impl Into<String>) -> Problem {
    Problem {
        file: file.to_owned(),
        line: line.filter(|line| *line > 0),
        message: message.into(),
    }
}

/// What the YAML reader says of a text that is none.
fn not_yaml(file: &str, error: &serde_saphyr::Error) -> Problem {
    let error = error.without_snippet();
    let line = error.location().and_then(|at| usize::try_from(at.line()).ok());
    let text = error.to_string();
    problem(file, line, text.lines().next().unwrap_or_default())
}

/// Reads one file.
struct Reader<'a> {
    file: &'a str,
    registry: Registry,
}

type Read<T> = Result<T, Box<Problem>>;

impl Reader<'_> {
    fn wrong<T>(&self, line: usize, message: impl Into<String>) -> Read<T> {
        Err(Box::new(problem(self.file, Some(line), message)))
    }

    fn read(&self, file: File) -> Read<Written> {
        let one_line = |text: &str| !text.trim().is_empty() && !text.trim().contains('\n');
        if !one_line(&file.symptom.value) {
            return self.wrong(
                file.symptom.line,
                "`symptom` is one line: what a person meets first",
            );
        }
        let mut steps = Vec::new();
        for (at, given) in file.steps.value.iter().enumerate() {
            steps.push(self.step(at + 1, given)?);
        }
        if steps.is_empty() {
            return self.wrong(
                file.steps.line,
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
                file.steps.line,
                "nothing says when it is mended: add `mended`, such as `- ready: deployments/shop/cart`",
            );
        }
        Ok(Written {
            story: GameDay {
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

    fn step(&self, number: usize, given: &Spanned<Given>) -> Read<Step> {
        let (at, step) = (given.line, &given.value);
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
                return self.wrong(name.line, text);
            };
            deeds.push(Deed::Scenario(found));
        }
        if let Some(object) = &step.apply {
            deeds.push(self.apply(object)?);
        }
        match (&step.patch, &step.with) {
            (Some(what), Some(with)) => deeds.push(Deed::Patch(self.reference(what)?, with.clone())),
            (Some(what), None) => {
                return self.wrong(what.line, "`patch` needs `with`: what is to change");
            }
            (None, Some(_)) => return self.wrong(at, "`with` belongs to `patch`: which object is to change"),
            (None, None) => {}
        }
        if let Some(what) = &step.delete {
            let reference = self.reference(what)?;
            if &*reference.resource.storage == "namespaces" {
                return self.wrong(what.line, "a step cannot delete a namespace");
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
            (Some(deed), true) => {
                let place = problem(self.file, Some(at), format!("step {number}")).to_string();
                Ok(Step { after, deed, place })
            }
            (None, _) => self.wrong(
                at,
                "a step needs one of `scenario`, `apply`, `patch`, `delete`, `silence`, `program`, `app`",
            ),
            (Some(_), false) => self.wrong(at, "a step does one thing; make two of it"),
        }
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
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn what_is_wrong_is_told_by_line_with_what_to_do() {
        let ready = "mended:\n  - ready: deployments/shop/cart";
        for (text, said) in [
            (
                "name: x\nsympton: it hurts\n".to_owned(),
                "my.yaml:2: unknown key `sympton`, did you mean `symptom`?",
            ),
            ("name: x\n".to_owned(), "my.yaml:1: `symptom` is missing"),
            (
                "symptom: y\ncause: z\nsteps: []\n".to_owned(),
                "my.yaml:1: `name` is missing",
            ),
            (
                file("seed: x\nsteps: []"),
                "my.yaml:4: `x` stands where a number belongs",
            ),
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
