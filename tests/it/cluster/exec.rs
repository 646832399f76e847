//! Processes in containers over the real API server's WebSocket, with kwok behind it: a terminal that is one, sizes, Ctrl-C, two outputs.

use std::time::Duration;

use bytes::Bytes;
use kubris::cluster::exec::{ExecSession, Streams};
use kubris::model::{FailureKind, Gvr};
use kubris::msg::ExecRequest;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::real::Real;
use super::session::Session;

const PATIENCE: Duration = Duration::from_secs(30);

async fn start(real: &Real, session: &Session, command: &[&str], streams: Streams) -> ExecSession {
    session.connected().await;
    let request = ExecRequest {
        pod: real.key(Gvr::of("", "v1", "pods"), "data", "db-0").await,
        container: None,
        command: command.iter().map(ToString::to_string).collect(),
        attach: false,
    };
    session.handle.exec(request, streams).await.unwrap()
}

/// Everything until the end of the output.
async fn all(output: &mut Receiver<Bytes>) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = timeout(PATIENCE, output.recv()).await {
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).unwrap()
}

/// Output until it contains this.
async fn until(output: &mut Receiver<Bytes>, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let chunk = timeout(PATIENCE, output.recv()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("never `{wanted}` in {text:?}"));
        text.push_str(&String::from_utf8_lossy(
            &chunk.unwrap_or_else(|| panic!("the output ended without `{wanted}`: {text:?}")),
        ));
    }
    text
}

const PLAIN: Streams = Streams {
    terminal: None,
    stdin: false,
};

#[tokio::test]
async fn outputs_are_apart_without_a_terminal() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let session = Session::open(&real, "admin");
    let command = ["sh", "-c", "echo out; echo err >&2; cat motd"];
    let mut process = start(&real, &session, &command, PLAIN).await;
    assert_eq!(process.container, "postgres");
    assert_eq!(
        all(&mut process.stdout).await,
        "out\na file inside the container\n"
    );
    assert_eq!(all(&mut process.stderr).await, "err\n");
    assert_eq!(process.exit.await.unwrap().unwrap(), 0);
    assert_eq!(session.journal()[0]["verb"], "exec");
}

#[tokio::test]
async fn a_terminal_has_a_size_and_passes_interrupts() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let session = Session::open(&real, "admin");
    let streams = Streams {
        terminal: Some((97, 31)),
        stdin: true,
    };
    let mut process = start(&real, &session, &["bash", "--norc"], streams).await;
    let say = |text: &'static str| process.stdin.send(Bytes::from_static(text.as_bytes()));
    say("PS1='$ '; until [ \"$(stty size)\" = '31 97' ]; do sleep 0.05; done; echo first-$((40+2))\n")
        .await
        .unwrap();
    until(&mut process.stdout, "first-42").await;
    process.resize.send((120, 40)).await.unwrap();
    say("until [ \"$(stty size)\" = '40 120' ]; do sleep 0.05; done; echo second-$((40+2))\n")
        .await
        .unwrap();
    until(&mut process.stdout, "second-42").await;
    // The interrupted process must have the terminal already: it speaks itself.
    say("/bin/sh -c 'echo begun-$((40+2)); exec sleep 300'\n")
        .await
        .unwrap();
    until(&mut process.stdout, "begun-42").await;
    say("\u{3}").await.unwrap();
    say("echo after-$((40+2))\n").await.unwrap();
    until(&mut process.stdout, "after-42").await;
    say("exit\n").await.unwrap();
    all(&mut process.stdout).await;
    assert_eq!(process.exit.await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn read_only_starts_nothing() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let session = Session::read_only(&real);
    let mut process = start(&real, &session, &["touch", "was-here"], PLAIN).await;
    all(&mut process.stdout).await;
    assert_eq!(
        process.exit.await.unwrap().unwrap_err().kind,
        FailureKind::ReadOnly
    );
    assert!(!real.folder().join("scratch/was-here").exists());
}
