//! Which container of a pod a request means, in the words of `pkg/registry/core/pod/strategy.go`.

use serde_json::Value;

use super::request::Request;
use super::route::Target;
use super::{Shared, get};
use crate::demo::status::Status;

/// The container of a pod that a request names, or its only one; with the pod.
pub(super) fn of(shared: &Shared, request: &Request, target: &Target) -> Result<(String, Value), Status> {
    let pod = get::find(shared, target)?.value();
    let names = |list: &str| -> Vec<String> {
        let all = pod["spec"][list].as_array().into_iter().flatten();
        all.filter_map(|one| one["name"].as_str().map(str::to_owned))
            .collect()
    };
    let (own, init, debug) = (
        names("containers"),
        names("initContainers"),
        names("ephemeralContainers"),
    );
    let name = match (request.param("container"), own.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.clone(),
        (None, _) => {
            let mut text = format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                target.object(),
                own.join(" ")
            );
            if !init.is_empty() {
                text.extend([" or one of the init containers: [", &init.join(" "), "]"]);
            }
            return Err(Status::bad_request(text));
        }
    };
    if !own.contains(&name) && !init.contains(&name) && !debug.contains(&name) {
        return Err(Status::bad_request(format!(
            "container {name} is not valid for pod {}",
            target.object()
        )));
    }
    if pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty) {
        return Err(Status::bad_request(format!(
            "pod {} does not have a host assigned",
            target.object()
        )));
    }
    Ok((name, pod))
}

/// Whether the container runs now.
pub(super) fn runs(pod: &Value, name: &str) -> bool {
    let lists = [
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
    ];
    let mut all = lists
        .iter()
        .flat_map(|list| pod["status"][*list].as_array().into_iter().flatten());
    all.any(|one| one["name"] == name && one["state"]["running"].is_object())
}
