use std::fs;

use kube::config::ExecConfig;
use tokio::sync::mpsc;

use super::*;

/// A plugin that runs `script`; its folder is `$HERE`.
fn source(script: &str) -> (Credentials, mpsc::Receiver<Msg>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plugin");
    fs::write(
        &path,
        format!(
            "HERE={}\necho run >> $HERE/runs\n{script}\n",
            folder.path().display()
        ),
    )
    .unwrap();
    let config = ExecConfig {
        command: Some("sh".to_owned()),
        args: Some(vec![path.display().to_string()]),
        ..ExecConfig::default()
    };
    let (out, messages) = mpsc::channel(64);
    (
        Credentials::new(Plugin::new(config, "me").unwrap(), false, out),
        messages,
        folder,
    )
}

fn runs(folder: &tempfile::TempDir) -> usize {
    fs::read_to_string(folder.path().join("runs"))
        .unwrap_or_default()
        .lines()
        .count()
}

const TOKEN: &str = r#"echo '{"status":{"token":"t'$(wc -l < $HERE/runs | tr -d ' ')'"}}'"#;

fn token(credential: &Credential) -> &str {
    use secrecy::ExposeSecret as _;
    credential.token.as_ref().unwrap().expose_secret()
}

#[tokio::test]
async fn twenty_requests_start_it_once() {
    let (source, _messages, folder) = source(&format!("sleep 0.1\n{TOKEN}"));
    let all = futures::future::join_all((0..20).map(|_| source.current())).await;
    assert!(all.iter().all(|one| token(one.as_ref().unwrap()) == "t1"));
    assert_eq!(runs(&folder), 1);
}

#[tokio::test]
async fn what_it_writes_to_standard_error_is_streamed_while_it_waits() {
    let (source, mut messages, _folder) = source(&format!(
        "echo open https://sso/device code ABCD >&2\nread x\n{TOKEN}"
    ));
    let asked = tokio::spawn(async move { source.current().await.map(|_| ()) });
    let Some(Msg::Plugin(text)) = messages.recv().await else {
        unreachable!()
    };
    assert!(text.contains("code ABCD"));
    // Its standard input is closed, so `read` ends at once.
    asked.await.unwrap().unwrap();
    assert!(matches!(messages.recv().await, Some(Msg::PluginEnded(None))));
}

#[tokio::test]
async fn a_hanging_plugin_is_given_up_with_what_it_started_and_not_started_again() {
    let (source, mut messages, folder) = source("echo waiting >&2\nsleep 1000 & echo $! > $HERE/child\nwait");
    let asked = tokio::spawn({
        let source = source.clone();
        async move { source.current().await.map(|_| ()) }
    });
    assert!(matches!(messages.recv().await, Some(Msg::Plugin(_))));
    let child = loop {
        let text = fs::read_to_string(folder.path().join("child")).unwrap_or_default();
        if text.ends_with('\n') {
            break text.trim().to_owned();
        }
        tokio::task::yield_now().await;
    };
    source.abandon();
    assert!(asked.await.unwrap().unwrap_err().message.contains("was given up"));
    assert!(source.current().await.is_err());
    assert_eq!(runs(&folder), 1);
    while fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_refusal_runs_it_again_once() {
    let (source, _messages, folder) = source(TOKEN);
    let first = source.current().await.unwrap();
    assert!(
        source.renewed(&first).await.is_none(),
        "never accepted, just obtained: a new run would bring nothing"
    );
    first.accept();
    let again = futures::future::join_all((0..5).map(|_| source.renewed(&first))).await;
    assert!(again.iter().all(|one| token(one.as_ref().unwrap()) == "t2"));
    assert_eq!(runs(&folder), 2);
}

#[tokio::test]
async fn old_credentials_serve_while_new_ones_are_fetched() {
    let expiry = clock::now().0 + 2_000_000_000;
    let stamp = Timestamp(expiry).rfc3339();
    let script = format!(
        r#"if [ $(wc -l < $HERE/runs) = 1 ]; then echo '{{"status":{{"token":"t1","expirationTimestamp":"{stamp}"}}}}'; else {TOKEN}; fi"#
    );
    let (source, mut messages, folder) = source(&script);
    source.current().await.unwrap();
    messages.recv().await.unwrap();
    {
        // Most of its life is over.
        let mut state = source.state();
        let current = Arc::get_mut(state.current.as_mut().unwrap()).unwrap();
        current.obtained = Timestamp(clock::now().0 - 100_000_000_000);
    }
    assert_eq!(token(&source.current().await.unwrap()), "t1");
    assert!(matches!(messages.recv().await, Some(Msg::PluginEnded(None))));
    assert_eq!(token(&source.current().await.unwrap()), "t2");
    assert_eq!(runs(&folder), 2);
}

#[tokio::test]
async fn a_failure_is_told_and_rests() {
    let (source, _messages, folder) = source("echo 'SSO session has expired' >&2; exit 3");
    let failure = source.current().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Credentials);
    assert!(
        failure
            .message
            .contains("exit status: 3: SSO session has expired"),
        "{failure}"
    );
    assert_eq!(source.current().await.unwrap_err(), failure);
    assert_eq!(runs(&folder), 1);
}

#[tokio::test]
async fn a_token_of_another_type_is_not_repeated() {
    let answer = r#"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":123456}}"#;
    let (source, _messages, _folder) = source(&format!("echo '{answer}'"));
    let shown = source.current().await.unwrap_err().message;
    assert!(
        shown.contains("did not print an ExecCredential: expected a string"),
        "{shown}"
    );
    assert!(!shown.contains("123456"), "{shown}");
}

#[tokio::test]
async fn nonsense_is_named() {
    let (source, _messages, _folder) = source("echo hello");
    assert!(
        source
            .current()
            .await
            .unwrap_err()
            .message
            .contains("did not print an ExecCredential")
    );
    let config = ExecConfig {
        command: Some("no-such-plugin".into()),
        install_hint: Some("brew install it".into()),
        ..ExecConfig::default()
    };
    let (out, _messages) = mpsc::channel(1);
    let source = Credentials::new(Plugin::new(config, "me").unwrap(), false, out);
    assert!(
        source
            .current()
            .await
            .unwrap_err()
            .message
            .ends_with("is not installed: brew install it")
    );
}
