use std::fs;

use super::*;

const GOOD: &str = "
apiVersion: v1
kind: Config
current-context: good
clusters:
- name: one
  cluster: {server: 'https://one:6443', certificate-authority: pki/ca.crt}
users:
- name: me
  user: {token: secret}
contexts:
- name: good
  context: {cluster: one, user: me, namespace: shop}
- name: lost
  context: {cluster: gone, user: me}
- name: bare
  context: {user: me}
- name: stranger
  context: {cluster: one, user: nobody}
";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn list(folder: &tempfile::TempDir, names: &[&str]) -> Search {
    let paths = names.iter().map(|name| folder.path().join(name));
    Search {
        variable: Some(std::env::join_paths(paths).unwrap()),
        ..Search::default()
    }
}

fn problem(config: &Kubeconfig, name: &str) -> Option<String> {
    config
        .contexts
        .iter()
        .find(|context| context.name == name)
        .unwrap()
        .problem
        .clone()
}

#[test]
fn each_context_is_usable_or_says_what_is_missing() {
    let folder = folder(&[("config", GOOD), ("pki/ca.crt", "x")]);
    let config = Kubeconfig::read(&list(&folder, &["config"]));
    assert_eq!(config.problems, []);
    assert_eq!(problem(&config, "good"), None);
    assert!(
        problem(&config, "lost")
            .unwrap()
            .contains("key `clusters` has no entry `gone`")
    );
    assert!(
        problem(&config, "bare")
            .unwrap()
            .contains("config: context `bare` has no key `cluster`")
    );
    assert!(
        problem(&config, "stranger")
            .unwrap()
            .contains("key `users` has no entry `nobody`")
    );
    let good = config.select(None).unwrap();
    assert_eq!(
        (good.info.namespace.as_str(), good.info.server.as_str()),
        ("shop", "https://one:6443")
    );
    assert_eq!(config.contexts[1].namespace, "default");
}

#[test]
fn a_relative_certificate_is_beside_its_file_and_named_when_it_is_not_there() {
    let here = folder(&[("a/config", GOOD), ("a/pki/ca.crt", "x")]);
    let config = Kubeconfig::read(&list(&here, &["a/config"]));
    let path = config
        .select(None)
        .unwrap()
        .cluster
        .certificate_authority
        .unwrap();
    assert_eq!(PathBuf::from(path), here.path().join("a/pki/ca.crt"));

    let without = folder(&[("config", GOOD)]);
    let failure = Kubeconfig::read(&list(&without, &["config"]))
        .select(None)
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Credentials);
    assert!(
        failure
            .message
            .starts_with("`certificate-authority` of cluster `one`: "),
        "{failure}"
    );
    assert!(failure.message.ends_with("pki/ca.crt: no such file"), "{failure}");
}

#[test]
fn several_files_are_merged_and_the_bad_ones_named() {
    let second = "
current-context: other
clusters: [{name: one, cluster: {server: 'https://never'}}, {name: two, cluster: {server: 'https://two'}}]
contexts: [{name: other, context: {cluster: two, user: me}}, {cluster: nameless}]
";
    let files = [
        ("first", GOOD),
        ("pki/ca.crt", "x"),
        ("second", second),
        ("broken", "a: [1\nb: 2\n"),
        ("empty", ""),
    ];
    let folder = folder(&files);
    let config = Kubeconfig::read(&list(&folder, &["first", "absent", "broken", "empty", "second"]));
    assert_eq!(config.current.as_deref(), Some("good"));
    assert_eq!(config.select(Some("other")).unwrap().info.server, "https://two");
    assert_eq!(config.select(None).unwrap().info.server, "https://one:6443");
    let problems: Vec<String> = config.problems.iter().map(Problem::to_string).collect();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].ends_with("absent: no such file"));
    assert!(problems[1].contains("broken:"), "{problems:?}");
    assert!(config.problems[1].line.is_some(), "{problems:?}");
    assert!(problems[2].ends_with("empty: is empty"));
    assert!(problems[3].ends_with("second: key `contexts[1].name` is missing"));
}

#[test]
fn without_any_file_every_path_looked_at_is_said() {
    let folder = folder(&[("empty", "\n")]);
    let failure = Kubeconfig::read(&list(&folder, &["absent", "empty"]))
        .select(None)
        .unwrap_err();
    assert!(failure.message.contains("absent: no such file"));
    assert!(failure.message.contains("empty: is empty"));
    assert!(failure.message.contains("kubris demo"));
    let home = Search {
        home: Some(folder.path().to_owned()),
        ..Search::default()
    };
    let failure = Kubeconfig::read(&home).select(None).unwrap_err();
    assert!(
        failure.message.contains(".kube/config: no such file"),
        "{failure}"
    );
}

#[test]
fn an_unknown_context_is_not_guessed_but_suggested() {
    let folder = folder(&[("config", GOOD)]);
    let config = Kubeconfig::read(&list(&folder, &["config"]));
    let failure = config.select(Some("goood")).unwrap_err();
    assert!(failure.message.contains("no context `goood`"), "{failure}");
    assert!(failure.message.contains("did you mean `good`?"), "{failure}");
}

#[test]
fn no_current_context_lists_what_there_is() {
    let text = GOOD.replace("current-context: good\n", "");
    let folder = folder(&[("config", &text)]);
    let failure = Kubeconfig::read(&list(&folder, &["config"]))
        .select(None)
        .unwrap_err();
    assert!(
        failure.message.contains("no `current-context` is set"),
        "{failure}"
    );
    assert!(failure.message.contains("good, lost"), "{failure}");
}

#[test]
fn wrong_types_spoil_only_themselves() {
    let text = "
current-context: a
clusters: [{name: c, cluster: {server: 'https://c', insecure-skip-tls-verify: maybe}}, {name: d, cluster: {server: 'https://d'}}]
users: nonsense
contexts: [{name: a, context: {cluster: c}}, {name: b, context: {cluster: d}}, {name: 7, context: {cluster: d}}]
";
    let folder = folder(&[("config", text)]);
    let config = Kubeconfig::read(&list(&folder, &["config"]));
    assert_eq!(config.problems.len(), 1);
    assert!(
        config.problems[0]
            .message
            .contains("key `users` should be a list")
    );
    let failure = config.select(None).unwrap_err();
    assert!(failure.message.contains("cluster `c`: "), "{failure}");
    assert!(config.select(Some("b")).is_ok());
    assert!(config.select(Some("7")).is_ok());
}

#[test]
fn no_message_repeats_a_secret() {
    let broken = [
        "'s3cr3t",
        "s3cr3t: x",
        "*s3cr3t",
        "@s3cr3t",
        "{s3cr3t",
        "[s3cr3t, }",
        "\"s3cr3t\\q\"",
        "s3cr3t\n    s3cr3t2\n    x: y",
        "s3cr3t\n   x: s3cr3t",
        "!!int s3cr3t",
        "!!binary s3cr3t!",
        "|9x\n      s3cr3t",
    ];
    for token in broken {
        let text = GOOD.replace("{token: secret}", &format!("\n    token: {token}"));
        let folder = folder(&[("config", &text)]);
        let config = Kubeconfig::read(&list(&folder, &["config"]));
        let shown = config.problems[0].to_string();
        assert!(!shown.contains("s3cr3t"), "{shown}");
        assert!(shown.contains("line 1") && shown.contains("column"), "{shown}");
    }
    for (key, value) in [
        ("token", "123456"),
        ("token", "[s3cr3t]"),
        ("client-key-data", "{s3cr3t: 1}"),
        ("password", "123456.5"),
        ("exec", "s3cr3t"),
        ("exec", "{apiVersion: v1, command: x, env: [123456]}"),
    ] {
        let text = GOOD.replace("{token: secret}", &format!("{{{key}: {value}}}"));
        let folder = folder(&[("config", &text), ("pki/ca.crt", "x")]);
        let config = Kubeconfig::read(&list(&folder, &["config"]));
        let shown = config.select(None).unwrap_err().message;
        assert!(!shown.contains("s3cr3t") && !shown.contains("123456"), "{shown}");
        assert!(
            shown.contains(&format!("user `me`: key `{key}`: expected")),
            "{shown}"
        );
    }
}
