//! How many more pods the quotas of a namespace let in. A pod's size is that of one there is, so that the defaults of a `LimitRange` are in it.

use crate::kind::{Of, Rows};
use crate::kinds::pods::PodRow;
use crate::kinds::resourcequotas::{Counted, QuotaRow, ResourceQuotas};
use crate::model::quantity;
use crate::rules::quota::{Need, ScopeFacts, is_in_scope, need};

/// What is left of quotas.
#[derive(Debug)]
pub struct Ledger<'a> {
    lines: Vec<Line<'a>>,
}

#[derive(Debug)]
struct Line<'a> {
    quota: &'a QuotaRow,
    counted: &'a Counted,
    left: u64,
}

/// What quotas say to new pods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Admission {
    /// How many they let in.
    pub admitted: u32,
    /// Why no more, in words. `None` when they let in all.
    pub bound: Option<String>,
    /// The quotas that count such pods.
    pub counting: Vec<String>,
}

impl<'a> Ledger<'a> {
    /// What is left now. `None` when the rows are not quotas.
    pub fn of(quotas: &'a dyn Rows) -> Option<Self> {
        let quotas = quotas.as_any().downcast_ref::<Of<ResourceQuotas>>()?;
        let lines = quotas.iter().flat_map(|(_, quota)| {
            quota.counted.iter().filter_map(move |counted| {
                Some(Line {
                    quota,
                    counted,
                    left: counted.left_milli()?,
                })
            })
        });
        Some(Self {
            lines: lines.collect(),
        })
    }

    /// How many of `count` new pods like this one are let in; what they take is gone for the next ones.
    pub fn admit(&mut self, like: &PodRow, count: u32) -> Admission {
        let template = &like.template;
        let facts = ScopeFacts {
            best_effort: template.qos == "BestEffort",
            priority_class: &template.priority_class,
        };
        let mut admission = Admission {
            admitted: count,
            ..Admission::default()
        };
        let mut taken = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let scopes = &mut line.quota.scopes.iter();
            let counts = line.quota.meta.namespace == like.meta.namespace
                && scopes.all(|scope| is_in_scope(facts, (&scope.name, &scope.operator), &scope.values));
            if !counts {
                continue;
            }
            let each = match need(&line.counted.resource, &template.requests, &template.limits) {
                Need::Nothing => continue,
                Need::Unnamed => None,
                Need::Milli(each) => Some(each),
            };
            let name = line.quota.meta.name.to_string();
            if !admission.counting.contains(&name) {
                admission.counting.push(name);
            }
            let room = each.map_or(0, |each| {
                u32::try_from(line.left / each.max(1)).unwrap_or(u32::MAX)
            });
            if room < admission.admitted {
                admission.admitted = room;
                admission.bound = Some(line.words(each, (room, count)));
            }
            taken.extend(each.map(|each| (at, each)));
        }
        for (at, each) in taken {
            if let Some(line) = self.lines.get_mut(at) {
                let gone = each.saturating_mul(admission.admitted.into());
                line.left = line.left.saturating_sub(gone);
            }
        }
        admission
    }
}

impl Line<'_> {
    /// `quota team-a admits 3 of 10 new pods: requests.cpu 3400m of 4 used, each takes 200m`.
    fn words(&self, each: Option<u64>, (room, count): (u32, u32)) -> String {
        let (quota, counted) = (&self.quota.meta.name, self.counted);
        let resource = &counted.resource;
        let Some(each) = each else {
            return format!(
                "quota {quota} admits none of {count} new: it demands {resource}, and they name none"
            );
        };
        let mut size = String::new();
        match resource.rsplit_once('.').map_or(&**resource, |(_, name)| name) {
            "cpu" => quantity::write_milli(each, &mut size),
            "memory" | "ephemeral-storage" => quantity::write_bytes(each / 1_000, &mut size),
            _ => quantity::write_grouped(each / 1_000, &mut size),
        }
        format!(
            "quota {quota} admits {room} of {count} new: {resource} {} of {} used, each takes {size}",
            counted.used, counted.hard
        )
    }
}
