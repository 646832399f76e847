//! The parts of steps and conditions in a game day's file: objects, programs, applications, names of objects, times and amounts.

use std::sync::Arc;

use serde_json::Value;

use super::format::{AppStep, Check, ProgramStep};
use super::tree::Spanned;
use super::{Read, Reader};
use crate::demo::image::{nature, repository, tag};
use crate::demo::kubelet::scene::Answer;
use crate::demo::object::text;
use crate::demo::resource::Resource;
use crate::demo::scenario::condition::{Condition, Want};
use crate::demo::scenario::reference::{Reference, reference_of};
use crate::demo::scenario::step::{Deed, Trouble};
use crate::demo::world::pressure::Program;
use crate::model::problem::suggestion;
use crate::model::quantity;

impl Reader<'_> {
    pub(super) fn apply(&self, object: &Spanned<Value>) -> Read<Deed> {
        let (api, kind) = (text(&object.value, "/apiVersion"), text(&object.value, "/kind"));
        let Some(resource) = self.registry.of_kind(api, kind) else {
            let text =
                format!("no kind `{kind}` in `{api}`: `apply` needs `apiVersion`, `kind` and `metadata`");
            return self.wrong(object.line, text);
        };
        match reference_of(&object.value, resource) {
            Ok(reference) => Ok(Deed::Apply(reference, object.value.clone())),
            Err(why) => self.wrong(object.line, why),
        }
    }

    pub(super) fn program(&self, given: &Spanned<ProgramStep>) -> Read<Deed> {
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
                return self.wrong(cpu.line, "`cpu` is a quantity such as `1700m`");
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

    pub(super) fn app(&self, given: &Spanned<AppStep>) -> Read<Deed> {
        let step = &given.value;
        let Some((namespace, name)) = step.name.split_once('/') else {
            let text =
                "`name` of an application is NAMESPACE/NAME, the value of its label app.kubernetes.io/name";
            return self.wrong(given.line, text);
        };
        let answer = match step
            .answers
            .as_ref()
            .map(|answers| (answers.line, answers.value.as_str()))
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

    pub(super) fn condition(&self, given: &Spanned<Check>) -> Read<Condition> {
        let (at, check) = (given.line, &given.value);
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
                    what.line,
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
    pub(super) fn reference(&self, what: &Spanned<String>) -> Read<Reference> {
        let mut parts = what.value.splitn(3, '/');
        let word = parts.next().unwrap_or_default();
        let all = self.registry.all();
        let named = |resource: &&Arc<Resource>| {
            let short = resource.short_names.iter().any(|name| *name == word);
            resource.plural == word || resource.singular == word || short
        };
        let Some(resource) = all.iter().find(named) else {
            let near = suggestion(word, all.iter().map(|resource| &*resource.plural));
            return self.wrong(what.line, format!("no resource `{word}`{near}"));
        };
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        let (namespace, name) = match (resource.namespaced, rest.as_slice()) {
            (true, [namespace, name]) => (namespace.clone(), name.clone()),
            (false, [name]) => (String::new(), name.clone()),
            (true, _) => {
                let text = format!("`{word}` are named {word}/NAMESPACE/NAME");
                return self.wrong(what.line, text);
            }
            (false, _) => return self.wrong(what.line, format!("`{word}` are named {word}/NAME")),
        };
        Ok(Reference {
            resource: Arc::clone(resource),
            namespace,
            name,
        })
    }

    pub(super) fn seconds(&self, key: &str, given: &Spanned<String>) -> Read<i64> {
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
                given.line,
                format!("`{key}` is a time such as `30s` or `5m`, not `{text}`"),
            ),
        }
    }

    fn mebibytes(&self, key: &str, given: &Spanned<String>) -> Read<u32> {
        let bytes = quantity::units(&given.value);
        match bytes.and_then(|bytes| u32::try_from(bytes >> 20).ok()) {
            Some(mib) => Ok(mib),
            None => self.wrong(
                given.line,
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
