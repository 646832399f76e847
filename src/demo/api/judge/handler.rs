//! Probes and hooks of containers (`pkg/apis/core/validation`, `validateProbe`, `validateHandler`).

use serde_json::Value;

use super::list;
use super::wrong::Wrong;

const ONE_HANDLER: &str = "may not specify more than 1 handler type";

const NO_HANDLER: &str = "must specify a handler type";

pub(super) fn handlers(container: &Value, at: &str, passing: bool, wrong: &mut Wrong) {
    for hook in ["postStart", "preStop"] {
        let stated = &container["lifecycle"][hook];
        if stated.is_object() {
            handler(stated, &format!("{at}.lifecycle.{hook}"), wrong);
        }
    }
    for kind in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = &container[kind];
        let place = format!("{at}.{kind}");
        if probe.is_null() {
            continue;
        }
        if passing {
            wrong.forbidden(
                place,
                "may not be set for init containers without restartPolicy=Always",
            );
            continue;
        }
        handler(probe, &place, wrong);
        for key in [
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ] {
            wrong.at_least(format!("{place}.{key}"), &probe[key], 0);
        }
        if kind != "readinessProbe" && probe["successThreshold"].as_i64().is_some_and(|count| count != 1) {
            wrong.invalid(
                format!("{place}.successThreshold"),
                &probe["successThreshold"],
                "must be 1",
            );
        }
    }
}

fn handler(stated: &Value, at: &str, wrong: &mut Wrong) {
    let mut given = false;
    for kind in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = &stated[kind];
        let place = format!("{at}.{kind}");
        if action.is_null() {
            continue;
        }
        if given {
            wrong.forbidden(place, ONE_HANDLER);
            continue;
        }
        given = true;
        match kind {
            "exec" if list(action, "command").is_empty() => wrong.required(format!("{place}.command"), ""),
            "httpGet" | "tcpSocket" | "grpc" => wrong.port(&format!("{place}.port"), &action["port"]),
            _ => {}
        }
        if kind == "httpGet" {
            wrong.one_of(format!("{place}.scheme"), &action["scheme"], &["HTTP", "HTTPS"]);
        }
    }
    if !given {
        wrong.required(at, NO_HANDLER);
    }
}
