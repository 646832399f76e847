//! Jobs and CronJobs (`pkg/apis/batch/validation`), and the schedules of the latter (robfig/cron).

use serde_json::Value;

use super::wrong::Wrong;
use super::{Case, pod, text};
use crate::demo::selector;

pub(super) fn judge(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    if case.resource.plural == "cronjobs" {
        return cron_job(case, wrong);
    }
    job(spec, "spec", wrong);
    let labels = &spec["template"]["metadata"]["labels"];
    if spec["manualSelector"] != true {
        let uid = &case.new["metadata"]["uid"];
        let own = spec["selector"].as_object().is_some_and(|stated| {
            stated.values().all(|part| {
                part.as_object().is_some_and(|labels| {
                    labels
                        .keys()
                        .all(|key| key.ends_with("controller-uid") || key.ends_with("job-name"))
                })
            })
        });
        if !own || !uid.is_string() {
            wrong.invalid(
                "spec.selector",
                &spec["selector"],
                "`selector` not auto-generated",
            );
        }
    }
    if !selector::selects(&spec["selector"], labels) {
        wrong.invalid(
            "spec.template.metadata.labels",
            labels,
            "`selector` does not match template `labels`",
        );
    }
    let indexed = spec["completionMode"] == "Indexed";
    if !(indexed && spec["completions"] == spec["parallelism"]) {
        wrong.immutable(
            "spec.completions",
            case.changes("/spec/completions"),
            &spec["completions"],
        );
    }
    wrong.immutable("spec.selector", case.changes("/spec/selector"), &spec["selector"]);
    wrong.immutable(
        "spec.template",
        case.changes("/spec/template/spec"),
        &spec["template"],
    );
    wrong.immutable(
        "spec.completionMode",
        case.changes("/spec/completionMode"),
        &spec["completionMode"],
    );
    wrong.immutable(
        "spec.backoffLimitPerIndex",
        case.changes("/spec/backoffLimitPerIndex"),
        &spec["backoffLimitPerIndex"],
    );
}

/// The spec of a job or of a template of jobs.
fn job(spec: &Value, at: &str, wrong: &mut Wrong) {
    for key in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
    ] {
        wrong.at_least(format!("{at}.{key}"), &spec[key], 0);
    }
    wrong.one_of(
        format!("{at}.completionMode"),
        &spec["completionMode"],
        &["Indexed", "NonIndexed"],
    );
    if spec["completionMode"] == "Indexed" && spec["completions"].is_null() {
        let why = "when completion mode is Indexed";
        wrong.required(format!("{at}.completions"), why);
    }
    let pods = &spec["template"]["spec"];
    pod::judge_spec(pods, &format!("{at}.template.spec"), wrong);
    let ends = ["OnFailure", "Never"];
    match text(pods, "restartPolicy") {
        "Always" => wrong.required(
            format!("{at}.template.spec.restartPolicy"),
            "valid values: \"OnFailure\", \"Never\"",
        ),
        _ => wrong.one_of(
            format!("{at}.template.spec.restartPolicy"),
            &pods["restartPolicy"],
            &ends,
        ),
    }
}

fn cron_job(case: &Case<'_>, wrong: &mut Wrong) {
    let spec = &case.new["spec"];
    let schedule = text(spec, "schedule");
    if schedule.is_empty() {
        wrong.required("spec.schedule", "");
    } else if schedule.contains("TZ") {
        let why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
        wrong.invalid("spec.schedule", &schedule.into(), why);
    } else if let Err(why) = read(schedule) {
        wrong.invalid("spec.schedule", &schedule.into(), &why);
    }
    wrong.at_least(
        "spec.startingDeadlineSeconds",
        &spec["startingDeadlineSeconds"],
        0,
    );
    if let Some(zone) = spec["timeZone"].as_str() {
        if zone.is_empty() || zone.eq_ignore_ascii_case("local") {
            wrong.invalid(
                "spec.timeZone",
                &zone.into(),
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
            );
        } else if jiff::tz::TimeZone::get(zone).is_err() {
            wrong.invalid(
                "spec.timeZone",
                &zone.into(),
                &format!("unknown time zone {zone}"),
            );
        }
    }
    wrong.one_of(
        "spec.concurrencyPolicy",
        &spec["concurrencyPolicy"],
        &["Allow", "Forbid", "Replace"],
    );
    job(&spec["jobTemplate"]["spec"], "spec.jobTemplate.spec", wrong);
    for key in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        wrong.at_least(format!("spec.{key}"), &spec[key], 0);
    }
}

/// Whether a schedule can be read: five fields, or a named one.
///
/// # Errors
/// What the real server's reader says.
fn read(schedule: &str) -> Result<(), String> {
    const NAMED: [&str; 7] = [
        "@yearly",
        "@annually",
        "@monthly",
        "@weekly",
        "@daily",
        "@midnight",
        "@hourly",
    ];
    if schedule.starts_with('@') {
        let known = NAMED.contains(&schedule) || schedule.starts_with("@every ");
        return known
            .then_some(())
            .ok_or_else(|| format!("unrecognized descriptor: {schedule}"));
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        let count = fields.len();
        return Err(format!(
            "expected exactly 5 fields, found {count}: [{}]",
            fields.join(" ")
        ));
    }
    let ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];
    fields
        .iter()
        .zip(ranges)
        .try_for_each(|(field, range)| field.split(',').try_for_each(|part| part_of(part, range)))
}

/// One part of a field: `*`, `5`, `1-5`, `*/10`, `MON`.
fn part_of(part: &str, (least, most): (i64, i64)) -> Result<(), String> {
    const NAMES: [&str; 19] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "sun", "mon",
        "tue", "wed", "thu", "fri", "sat",
    ];
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => (span, Some(step)),
        None => (part, None),
    };
    let number = |text: &str| match NAMES.iter().position(|name| text.eq_ignore_ascii_case(name)) {
        Some(at) => Ok(if at < 12 { at as i64 + 1 } else { at as i64 - 12 }),
        None => text.parse::<i64>().map_err(|_| {
            format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
        }),
    };
    if let Some(step) = step
        && number(step)? == 0
    {
        return Err(format!("step of range should be a positive number: {part}"));
    }
    if matches!(span, "*" | "?") {
        return Ok(());
    }
    let (first, last) = match span.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(span)?, number(span)?),
    };
    if first < least {
        return Err(format!(
            "beginning of range ({first}) below minimum ({least}): {part}"
        ));
    }
    if last > most {
        return Err(format!("end of range ({last}) above maximum ({most}): {part}"));
    }
    if first > last {
        return Err(format!(
            "beginning of range ({first}) beyond end of range ({last}): {part}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn schedules_are_refused_in_the_words_of_their_reader() {
        for good in ["* * * * *", "*/5 0-6,22 1 JAN MON-FRI", "@daily", "@every 5m"] {
            assert_eq!(read(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            (
                "* 5-3 * * *",
                "beginning of range (5) beyond end of range (3): 5-3",
            ),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            (
                "x * * * *",
                "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
            ),
            ("@never", "unrecognized descriptor: @never"),
            ("* *", "expected exactly 5 fields, found 2: [* *]"),
        ] {
            assert_eq!(read(bad).unwrap_err(), why, "{bad}");
        }
    }
}
