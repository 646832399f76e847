//! Columns of workloads: apps and batch (Kubernetes 1.36 `pkg/printers/internalversion/printers.go`).

use serde_json::Value;

use super::{
    AGE, Column, NAME, Print, age, at, containers, items, label_set, name, number, or, selector, since, text,
};
use crate::clock::{self, Timestamp};
use crate::rules::job_status::job_status;

pub(super) fn print(plural: &str) -> Option<&'static Print> {
    Some(match plural {
        "deployments" => &DEPLOYMENT,
        "replicasets" => &REPLICA_SET,
        "statefulsets" => &STATEFUL_SET,
        "daemonsets" => &DAEMON_SET,
        "controllerrevisions" => &REVISION,
        "jobs" => &JOB,
        "cronjobs" => &CRON_JOB,
        "horizontalpodautoscalers" => &super::autoscaling::AUTOSCALER,
        "scales" => &SCALE,
        _ => return None,
    })
}

const CONTAINERS: Column = ("Containers", "string", "", 1);
const IMAGES: Column = ("Images", "string", "", 1);
const SELECTOR: Column = ("Selector", "string", "", 1);

pub(super) const REPLICA_COLUMNS: &[Column] = &[
    NAME,
    ("Desired", "integer", "", 0),
    ("Current", "integer", "", 0),
    ("Ready", "integer", "", 0),
    AGE,
    CONTAINERS,
    IMAGES,
    SELECTOR,
];

/// CONTAINERS, IMAGES, SELECTOR of a workload.
fn wide(object: &Value) -> [Value; 3] {
    let [names, images] = containers(object, "spec.template.spec");
    [names, images, selector(at(object, "spec.selector"))]
}

const DEPLOYMENT: Print = Print {
    columns: &[
        NAME,
        ("Ready", "string", "", 0),
        ("Up-to-date", "string", "", 0),
        ("Available", "string", "", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |deployment, now| {
        let status = |key: &str| number(&deployment["status"], key);
        let mut cells = vec![
            name(deployment),
            format!(
                "{}/{}",
                status("readyReplicas"),
                number(deployment, "spec.replicas")
            )
            .into(),
            status("updatedReplicas").into(),
            status("availableReplicas").into(),
            age(deployment, now),
        ];
        cells.extend(wide(deployment));
        cells
    },
};

const SCALE: Print = Print {
    columns: &[
        NAME,
        ("Desired", "integer", "", 0),
        ("Available", "integer", "", 0),
        AGE,
    ],
    cells: |scale, now| {
        vec![
            name(scale),
            number(scale, "spec.replicas").into(),
            number(scale, "status.replicas").into(),
            age(scale, now),
        ]
    },
};

const REPLICA_SET: Print = Print {
    columns: REPLICA_COLUMNS,
    cells: |set, now| {
        let mut cells = vec![
            name(set),
            number(set, "spec.replicas").into(),
            number(set, "status.replicas").into(),
            number(set, "status.readyReplicas").into(),
            age(set, now),
        ];
        cells.extend(wide(set));
        cells
    },
};

const STATEFUL_SET: Print = Print {
    columns: &[NAME, ("Ready", "string", "", 0), AGE, CONTAINERS, IMAGES],
    cells: |set, now| {
        let ready = format!(
            "{}/{}",
            number(set, "status.readyReplicas"),
            number(set, "spec.replicas")
        );
        let [names, images] = containers(set, "spec.template.spec");
        vec![name(set), ready.into(), age(set, now), names, images]
    },
};

const DAEMON_SET: Print = Print {
    columns: &[
        NAME,
        ("Desired", "integer", "", 0),
        ("Current", "integer", "", 0),
        ("Ready", "integer", "", 0),
        ("Up-to-date", "integer", "", 0),
        ("Available", "integer", "", 0),
        ("Node Selector", "string", "", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |set, now| {
        let status = |key: &str| Value::from(number(&set["status"], key));
        let mut cells = vec![
            name(set),
            status("desiredNumberScheduled"),
            status("currentNumberScheduled"),
            status("numberReady"),
            status("updatedNumberScheduled"),
            status("numberAvailable"),
            label_set(at(set, "spec.template.spec.nodeSelector")),
            age(set, now),
        ];
        cells.extend(wide(set));
        cells
    },
};

const REVISION: Print = Print {
    columns: &[
        NAME,
        ("Controller", "string", "", 0),
        ("Revision", "string", "", 0),
        AGE,
    ],
    cells: |revision, now| {
        let owners = items(revision, "metadata.ownerReferences");
        let owner = owners.iter().find(|one| one["controller"] == true).map(|one| {
            let group = text(one, "apiVersion")
                .rsplit_once('/')
                .map_or(String::new(), |(group, _)| format!(".{group}"));
            format!(
                "{}{group}/{}",
                text(one, "kind").to_lowercase(),
                text(one, "name")
            )
        });
        vec![
            name(revision),
            or(&owner.unwrap_or_default(), "<none>"),
            revision["revision"].clone(),
            age(revision, now),
        ]
    },
};

const JOB: Print = Print {
    columns: &[
        NAME,
        ("Status", "string", "", 0),
        ("Completions", "string", "", 0),
        ("Duration", "string", "", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |job, now| {
        let done = number(job, "status.succeeded");
        let completions = match (
            job["spec"]["completions"].as_i64(),
            number(job, "spec.parallelism"),
        ) {
            (Some(wanted), _) => format!("{done}/{wanted}"),
            (None, parallel) if parallel > 1 => format!("{done}/1 of {parallel}"),
            _ => format!("{done}/1"),
        };
        let time = |key: &str| job["status"][key].as_str().and_then(Timestamp::parse);
        let duration = time("startTime").map_or(String::new(), |start| {
            clock::age(start, time("completionTime").unwrap_or(now))
        });
        let mut cells = vec![
            name(job),
            status_of(job).into(),
            completions.into(),
            duration.into(),
            age(job, now),
        ];
        cells.extend(wide(job));
        cells
    },
};

fn status_of(job: &Value) -> &'static str {
    let has = |kind: &str| {
        items(job, "status.conditions")
            .iter()
            .any(|one| text(one, "type") == kind && text(one, "status") == "True")
    };
    job_status(has, job["metadata"]["deletionTimestamp"].is_string())
}

const CRON_JOB: Print = Print {
    columns: &[
        NAME,
        ("Schedule", "string", "", 0),
        ("Timezone", "string", "", 0),
        ("Suspend", "boolean", "", 0),
        ("Active", "integer", "", 0),
        ("Last Schedule", "string", "", 0),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |cron, now| {
        let last = match &cron["status"]["lastScheduleTime"] {
            Value::Null => "<none>".to_owned(),
            last => since(last, now),
        };
        let suspend = match cron["spec"]["suspend"].as_bool() {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        };
        let [names, images] = containers(cron, "spec.jobTemplate.spec.template.spec");
        vec![
            name(cron),
            text(cron, "spec.schedule").into(),
            or(text(cron, "spec.timeZone"), "<none>"),
            suspend.into(),
            items(cron, "status.active").len().into(),
            last.into(),
            age(cron, now),
            names,
            images,
            selector(at(cron, "spec.jobTemplate.spec.selector")),
        ]
    },
};
