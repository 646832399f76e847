//! Changes through the cluster layer, on the demo server: what is sent, what is said, what the journal keeps.

use std::sync::Arc;

use kubris::cluster::exec::{self, Streams};
use kubris::cluster::link::Link;
use kubris::cluster::{mutate, once};
use kubris::demo::server::{Fault, Misdeed};
use kubris::demo::status::Status;
use kubris::model::{Failure, FailureKind, Gvr, ObjectKey, Scope, Uid};
use kubris::msg::{ExecRequest, Mutation, MutationVerb, Outcome, Propagation};
use serde_json::{Value, json};

use super::faults::rig::{PODS, Rig, add_pod, demo_with};

const CRONJOBS: Gvr = Gvr::of("batch", "v1", "cronjobs");

struct Actor {
    demo: kubris::demo::Demo,
    link: Arc<Link>,
    journal: kubris::cluster::audit::Journal,
    folder: tempfile::TempDir,
}

impl Actor {
    async fn new() -> Self {
        let demo = demo_with(1, &["shop"]);
        let folder = tempfile::tempdir().unwrap();
        let options = Rig::options(&demo, &folder);
        let link = once::link(&options).await.unwrap();
        Self {
            demo,
            link,
            journal: options.journal(),
            folder,
        }
    }

    fn add(&self, storage: &str, namespace: &str, object: Value) -> ObjectKey {
        let made = self.demo.store().create(storage, namespace, object).unwrap();
        let api = made["apiVersion"].as_str().unwrap();
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let resource = storage.split('.').next().unwrap();
        ObjectKey {
            gvr: Gvr::new(group, version, resource),
            namespace: namespace.into(),
            name: made["metadata"]["name"].as_str().unwrap().into(),
            uid: Uid::parse(made["metadata"]["uid"].as_str().unwrap()),
        }
    }

    fn deployment(&self, paused: bool) -> ObjectKey {
        let spec = json!({
            "replicas": 3, "paused": paused, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "web:1"}]}},
        });
        let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
        self.add("deployments", "shop", object)
    }

    async fn act(&self, key: &ObjectKey, verb: MutationVerb) -> Result<Outcome, Failure> {
        let mutation = Mutation {
            verb,
            key: key.clone(),
            before: "3".into(),
            after: "5".into(),
        };
        mutate::run(&self.link, &self.journal, &mutation).await
    }

    fn noted(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("state/audit.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn delete() -> MutationVerb {
    MutationVerb::Delete {
        propagation: Propagation::Background,
        grace: None,
    }
}

#[tokio::test]
async fn scale_says_before_and_after_and_is_noted() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    let done = actor
        .act(&key, MutationVerb::Scale { replicas: 5 })
        .await
        .unwrap();
    assert_eq!(done.message, "scaled deployments.apps shop/web 3 → 5");
    let now = actor.demo.store().read("deployments", "shop", "web").unwrap();
    assert_eq!(now["spec"]["replicas"], 5);
    let noted = actor.noted();
    assert_eq!(noted.len(), 1);
    for (field, value) in [
        ("verb", "scale"),
        ("object", "deployments.apps shop/web"),
        ("before", "3"),
        ("after", "5"),
        ("context", "demo"),
        ("outcome", "done"),
    ] {
        assert_eq!(noted[0][field], value, "{field}");
    }
}

#[tokio::test]
async fn a_namesake_is_never_hit() {
    let actor = Actor::new().await;
    let mut key = actor.deployment(false);
    key.uid = Uid::parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    for verb in [
        MutationVerb::Scale { replicas: 0 },
        MutationVerb::Restart,
        delete(),
        MutationVerb::Suspend(true),
    ] {
        let failure = actor.act(&key, verb).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert!(
            failure.message.contains("another object of that name"),
            "{failure}"
        );
    }
    let changes = actor
        .demo
        .requests()
        .iter()
        .filter(|seen| seen.method != "GET")
        .count();
    assert_eq!(changes, 0);
    assert_eq!(actor.noted().len(), 4, "a try is noted, too");
}

/// Row 24.
#[tokio::test]
async fn what_is_gone_is_already_gone() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    actor.demo.store().remove("deployments", "shop", "web").unwrap();
    for verb in [
        delete(),
        MutationVerb::Restart,
        MutationVerb::Scale { replicas: 1 },
    ] {
        let failure = actor.act(&key, verb).await.unwrap_err();
        assert_eq!(failure.message, "deployments.apps shop/web is already gone");
    }
}

/// Row 25, at this layer: the edit is refused and nothing is lost.
#[tokio::test]
async fn an_edit_of_an_old_version_is_refused() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    let mut old = actor.demo.store().read("deployments", "shop", "web").unwrap();
    actor
        .act(&key, MutationVerb::Scale { replicas: 4 })
        .await
        .unwrap();
    old["spec"]["replicas"] = json!(9);
    let failure = actor
        .act(&key, MutationVerb::Replace(Box::new(old)))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Conflict);
    assert!(
        failure
            .message
            .contains("was changed by somebody else in the meantime"),
        "{failure}"
    );
    assert_eq!(
        actor.demo.store().read("deployments", "shop", "web").unwrap()["spec"]["replicas"],
        4
    );
}

/// Row 26.
#[tokio::test]
async fn a_webhooks_words_come_whole() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    let said = "admission webhook \"policy.example.com\" denied the request:\n  - no more than 4 replicas on a Friday\n  - ask #platform";
    let refusal = Misdeed::Refuse(Status::new(400, "BadRequest", said));
    actor
        .demo
        .faults()
        .add(Fault::on("*/deployments/web/scale", refusal).method("PATCH"));
    let failure = actor
        .act(&key, MutationVerb::Scale { replicas: 5 })
        .await
        .unwrap_err();
    assert!(failure.message.ends_with(said), "{failure}");
    assert_eq!(actor.noted()[0]["outcome"].as_str().unwrap(), failure.message);
}

#[tokio::test]
async fn an_object_that_changes_meanwhile_is_scaled_all_the_same() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    let conflict = Misdeed::Refuse(Status::new(409, "Conflict", "the object has been modified"));
    actor.demo.faults().add(
        Fault::on("*/deployments/web/scale", conflict)
            .method("PATCH")
            .times(2),
    );
    assert!(actor.act(&key, MutationVerb::Scale { replicas: 7 }).await.is_ok());
}

#[tokio::test]
async fn restart_marks_the_template_and_leaves_a_paused_rollout_alone() {
    let actor = Actor::new().await;
    let key = actor.deployment(false);
    actor.act(&key, MutationVerb::Restart).await.unwrap();
    let now = actor.demo.store().read("deployments", "shop", "web").unwrap();
    let stamp = now.pointer("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt");
    assert!(stamp.and_then(Value::as_str).unwrap().ends_with('Z'));
    assert_eq!(
        now.pointer("/spec/template/metadata/labels/app"),
        Some(&json!("web"))
    );

    let actor = Actor::new().await;
    let key = actor.deployment(true);
    let failure = actor.act(&key, MutationVerb::Restart).await.unwrap_err();
    assert!(failure.message.contains("its rollout is paused"), "{failure}");
}

#[tokio::test]
async fn nodes_cron_jobs_and_pods_take_their_verbs() {
    let actor = Actor::new().await;
    let node = actor.add(
        "nodes",
        "",
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": {}}),
    );
    assert_eq!(
        actor
            .act(&node, MutationVerb::Cordon(true))
            .await
            .unwrap()
            .message,
        "cordoned nodes n1"
    );
    assert_eq!(
        actor.demo.store().read("nodes", "", "n1").unwrap()["spec"]["unschedulable"],
        true
    );
    actor.act(&node, MutationVerb::Cordon(false)).await.unwrap();
    assert!(
        actor.demo.store().read("nodes", "", "n1").unwrap()["spec"]
            .get("unschedulable")
            .is_none()
    );

    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}}}});
    let cron = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "shop"},
        "spec": {"schedule": "0 0 * * *", "jobTemplate": template},
    });
    let cron = actor.add("cronjobs", "shop", cron);
    assert_eq!(cron.gvr, CRONJOBS);
    actor.act(&cron, MutationVerb::Suspend(true)).await.unwrap();
    assert_eq!(
        actor.demo.store().read("cronjobs", "shop", "nightly").unwrap()["spec"]["suspend"],
        true
    );
    let done = actor.act(&cron, MutationVerb::Trigger).await.unwrap();
    let job = done.message.rsplit_once("job ").unwrap().1.to_owned();
    let job = actor.demo.store().read("jobs", "shop", &job).unwrap();
    assert_eq!(
        job.pointer("/metadata/ownerReferences/0/name"),
        Some(&json!("nightly"))
    );
    assert_eq!(
        job.pointer("/metadata/annotations/cronjob.kubernetes.io~1instantiate"),
        Some(&json!("manual"))
    );
    assert_eq!(job.pointer("/metadata/labels/a"), Some(&json!("b")));

    let pod = add_pod(&actor.demo, "shop", "doomed");
    let uid = Uid::parse(pod["metadata"]["uid"].as_str().unwrap());
    let pod = ObjectKey {
        gvr: PODS,
        namespace: "shop".into(),
        name: "doomed".into(),
        uid,
    };
    let verb = MutationVerb::Delete {
        propagation: Propagation::Background,
        grace: Some(0),
    };
    assert!(
        actor
            .act(&pod, verb)
            .await
            .unwrap()
            .message
            .contains("pods shop/doomed")
    );
    assert!(actor.demo.store().read("pods", "shop", "doomed").is_none());
}

/// Row 32.
#[tokio::test]
async fn without_a_journal_it_is_done_and_the_loss_is_said() {
    let mut actor = Actor::new().await;
    std::fs::write(actor.folder.path().join("file"), "").unwrap();
    actor.journal = kubris::cluster::audit::Journal::in_folder(&actor.folder.path().join("file"));
    let key = actor.deployment(false);
    let done = actor
        .act(&key, MutationVerb::Scale { replicas: 5 })
        .await
        .unwrap();
    assert!(
        done.message
            .starts_with("scaled deployments.apps shop/web 3 → 5 (not in the audit journal: "),
        "{}",
        done.message
    );
}

#[tokio::test]
async fn an_image_without_a_shell_gets_the_debug_line() {
    let actor = Actor::new().await;
    let pod = ObjectKey {
        gvr: PODS,
        namespace: "shop".into(),
        name: "pod-000".into(),
        uid: Uid::NONE,
    };
    let absent = Status::new(
        500,
        "InternalError",
        "exec: \"bash\": executable file not found in $PATH",
    );
    actor
        .demo
        .faults()
        .add(Fault::on("*/pods/pod-000/exec", Misdeed::Refuse(absent)));
    let request = ExecRequest {
        pod,
        container: None,
        command: vec![],
        attach: false,
    };
    let streams = Streams {
        terminal: Some((80, 24)),
        stdin: true,
    };
    let session = exec::start(Arc::clone(&actor.link), actor.journal.clone(), request, streams)
        .await
        .unwrap();
    assert_eq!(session.container, "app");
    let failure = session.exit.await.unwrap().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(
        failure
            .message
            .contains("`kubectl debug -it pod-000 -n shop --image=busybox --target=app`"),
        "{failure}"
    );
    let tried: Vec<_> = actor
        .demo
        .requests()
        .into_iter()
        .filter(|seen| seen.path.ends_with("/exec"))
        .map(|seen| seen.query)
        .collect();
    assert!(
        tried[0].contains("command=bash") && tried[1].contains("command=sh"),
        "{tried:?}"
    );
    assert_eq!(actor.noted()[0]["verb"], "exec");
}

#[tokio::test]
async fn one_shot_lists_have_rows_and_objects() {
    let actor = Actor::new().await;
    for at in 0..700 {
        add_pod(&actor.demo, "shop", &format!("many-{at:03}"));
    }
    let kind = once::kind(&actor.link, "po").await.unwrap();
    let wanted = once::Wanted {
        scope: Scope::one("shop"),
        ..once::Wanted::default()
    };
    let rows = once::list(&actor.link, &kind, &wanted).await.unwrap();
    assert_eq!(rows.len(), 701);
    let objects = once::objects(&actor.link, &kind, &wanted).await.unwrap();
    assert_eq!(objects.len(), 701);
    assert_eq!(
        (&objects[0]["kind"], &objects[0]["apiVersion"]),
        (&json!("Pod"), &json!("v1"))
    );
    let one = once::Wanted {
        fields: "metadata.name=many-007".into(),
        ..wanted
    };
    assert_eq!(once::list(&actor.link, &kind, &one).await.unwrap().len(), 1);
    assert_eq!(once::objects(&actor.link, &kind, &one).await.unwrap().len(), 1);
    let leases = once::kind(&actor.link, "leases.coordination.k8s.io")
        .await
        .unwrap();
    assert_eq!(leases.gvr.group, "coordination.k8s.io");
    let failure = once::kind(&actor.link, "pudz").await.unwrap_err();
    assert!(failure.message.contains("no kind `pudz`"), "{failure}");
}
