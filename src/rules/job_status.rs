//! STATUS of a job, as kubectl prints it.

/// The word for a job of which conditions hold (`has`: whether one of that type has the status `True`).
///
/// Source: k8s.io/kubernetes v1.36, `pkg/printers/internalversion/printers.go`, `printJob`.
pub fn job_status(has: impl Fn(&str) -> bool, deleting: bool) -> &'static str {
    if has("Complete") {
        "Complete"
    } else if has("Failed") {
        "Failed"
    } else if deleting {
        "Terminating"
    } else if has("Suspended") {
        "Suspended"
    } else if has("FailureTarget") {
        "FailureTarget"
    } else if has("SuccessCriteriaMet") {
        "SuccessCriteriaMet"
    } else {
        "Running"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_comes_before_the_deletion_and_that_before_all_else() {
        let of = |kinds: &'static [&str], deleting| job_status(|kind| kinds.contains(&kind), deleting);
        assert_eq!(of(&["Complete", "Suspended"], true), "Complete");
        assert_eq!(of(&["Suspended"], true), "Terminating");
        assert_eq!(of(&["FailureTarget"], false), "FailureTarget");
        assert_eq!(of(&[], false), "Running");
    }
}
