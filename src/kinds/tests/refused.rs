//! What is read late is refused as what is read at once: an object that is broken there is told of, not shown as empty.

use bytes::Bytes;

use crate::kind::{Decode, DecodeOf as Of, Verb};
use crate::kinds::cronjobs::CronJobs;
use crate::kinds::deployments::Deployments;
use crate::kinds::pods::Pods;
use crate::model::{Failure, FailureKind};

fn refused(what: &str, decoder: &dyn Decode, answer: Result<(), Failure>) {
    let failure = answer.expect_err(what);
    assert_eq!(failure.kind, FailureKind::Decode, "{what}");
    assert_eq!(decoder.pending(), 0, "{what}");
}

/// One field of a protobuf message, as bytes.
fn field(number: u16, content: &[u8]) -> Vec<u8> {
    let varint = |number: u16| [(number & 0x7f) as u8 | 0x80, (number >> 7) as u8];
    let mut out = varint(number << 3 | 2).to_vec();
    out.extend(varint(content.len() as u16));
    out.extend(content);
    out
}

/// A message whose first field is longer than the message.
const SHORT: &[u8] = &[0x0a, 9];
/// A message whose first field is a number.
const NUMBER: &[u8] = &[0x08, 9];

#[test]
fn a_pod_that_is_broken_in_json() {
    let mut decoder = Of::<Pods>::default();
    let pod = |spec: &str| format!(r#"{{"metadata":{{"name":"a"}},"spec":{{{spec}}}}}"#);
    let good = r#""containers":[{"name":"a","ports":[{"containerPort":80}]}]"#;
    decoder.json(Verb::Upsert, pod(good).as_bytes()).unwrap();
    assert_eq!(decoder.take().unwrap().len, 1);
    for spec in [
        r#""containers":["a"]"#,
        r#""containers":[{"name":5}]"#,
        r#""containers":[{"name":"a","resources":"1"}]"#,
        r#""containers":[{"name":"a","resources":{"requests":["1"]}}]"#,
        r#""containers":[{"name":"a","ports":["80"]}]"#,
        r#""containers":[{"name":"a","ports":[{"containerPort":"80"}]}]"#,
        r#""initContainers":[{"name":5}]"#,
        r#""ephemeralContainers":[{"name":5}]"#,
        r#""containers":[{"name":"a"}],"tolerations":["all"]"#,
        r#""containers":[{"name":"a"}],"resources":"1""#,
    ] {
        // Twice: nothing of the first is kept that would let the second pass.
        for _ in 0..2 {
            let answer = decoder.json(Verb::Upsert, pod(spec).as_bytes());
            refused(spec, &decoder, answer);
        }
    }
}

#[test]
fn a_pod_that_is_broken_in_protobuf() {
    let mut decoder = Of::<Pods>::default();
    let pod = |spec: &[u8]| Bytes::from([field(1, &field(1, b"a")), field(2, spec)].concat());
    let container = |more: &[u8]| field(2, &[&field(1, b"a"), more].concat());
    decoder.proto(Verb::Upsert, pod(&container(&[]))).unwrap();
    assert_eq!(decoder.take().unwrap().len, 1);
    for (what, spec) in [
        // All that identifies the container is as in the good one.
        ("a container that ends early", container(&[0x4a, 9])),
        ("a name that is a number", field(2, NUMBER)),
        ("resources that end early", container(&field(8, SHORT))),
        ("requests that are a number", container(&field(8, &[0x10, 9]))),
        ("a port that ends early", container(&field(6, SHORT))),
        ("an init container", field(20, NUMBER)),
        ("an ephemeral container", field(34, &field(1, NUMBER))),
        ("a toleration that is a text", field(22, b"x")),
        ("resources of the pod", field(40, SHORT)),
    ] {
        for _ in 0..2 {
            let answer = decoder.proto(Verb::Upsert, pod(&spec));
            refused(what, &decoder, answer);
        }
    }
}

#[test]
fn a_workload_whose_template_is_broken() {
    let mut deployments = Of::<Deployments>::default();
    let mut jobs = Of::<CronJobs>::default();
    for template in [
        r#""none""#,
        "[]",
        "5",
        r#"{"spec":"none"}"#,
        r#"{"spec":{"containers":[{"name":"a","resources":"1"}]}}"#,
        r#"{"spec":{"tolerations":["all"]}}"#,
    ] {
        let spec = format!(r#"{{"template":{template}}}"#);
        let answer = deployments.json(Verb::Upsert, format!(r#"{{"spec":{spec}}}"#).as_bytes());
        refused(template, &deployments, answer);
        let job = format!(r#"{{"spec":{{"jobTemplate":{{"spec":{spec}}}}}}}"#);
        let answer = jobs.json(Verb::Upsert, job.as_bytes());
        refused(template, &jobs, answer);
    }
    for template in [
        SHORT.to_vec(),
        field(2, SHORT),
        field(2, &field(2, &field(8, SHORT))),
        field(2, &field(22, b"x")),
    ] {
        let deployment = Bytes::from(field(2, &field(3, &template)));
        let answer = deployments.proto(Verb::Upsert, deployment);
        refused(&format!("{template:?}"), &deployments, answer);
    }
    let none = br#"{"spec":{"template":null}}"#;
    deployments.json(Verb::Upsert, none).unwrap();
    assert_eq!(deployments.pending(), 1);
}
