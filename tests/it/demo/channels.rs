//! Logs, exec, attach and port-forward, before kubelets of the test's own.

use std::sync::Arc;

use futures::AsyncReadExt;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, LogParams, TerminalSize};
use kubris::clock::Timestamp;
use kubris::demo::clock::Clock;
use kubris::demo::kubelet_api::{
    ExecRequest, Exit, Kubelets, LogLine, LogOf, LogSpan, Output, Sample, Streams, Task, Usage,
};
use kubris::demo::status::Status;
use kubris::demo::{self, Demo, Options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::watch;

use super::{client, pod};

/// Kubelets with ten lines of log, one a second, and three programs.
struct Scripted {
    end: watch::Sender<u64>,
}

const START: i64 = 1_800_000_000;

impl Kubelets for Scripted {
    fn log_span(&self, of: &LogOf) -> Result<LogSpan, Status> {
        if of.previous {
            let text = format!(
                "previous terminated container \"{}\" in pod \"{}\" not found",
                of.container, of.pod
            );
            return Err(Status::bad_request(text));
        }
        let end = *self.end.borrow();
        Ok(LogSpan {
            first: 0,
            end,
            finished: end >= 12,
        })
    }

    fn log_lines(&self, _of: &LogOf, from: u64, limit: usize) -> (u64, Vec<LogLine>) {
        let line = |at: u64| LogLine {
            at: Timestamp::from_seconds(START - 10 + i64::try_from(at).unwrap()),
            text: format!("line {at}").into(),
        };
        (from, (from..*self.end.borrow()).take(limit).map(line).collect())
    }

    fn logs_grown(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    fn exec(&self, request: ExecRequest, mut streams: Streams) -> Task<Exit> {
        Box::pin(async move {
            let words: Vec<_> = request.command.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["cat"] => {
                    while let Some(data) = streams.input.recv().await {
                        let _ = streams.output.send(Output::Out(data)).await;
                    }
                    let _ = streams.output.send(Output::Err("bye".into())).await;
                    Exit::Code(0)
                }
                ["size"] => {
                    let size = *streams.size.wait_for(|size| *size != (80, 24)).await.unwrap();
                    let _ = streams
                        .output
                        .send(Output::Out(format!("{}x{}", size.0, size.1).into()))
                        .await;
                    Exit::Code(3)
                }
                _ => Exit::Failed(format!(
                    "exec: \"{}\": executable file not found in $PATH",
                    words.join(" ")
                )),
            }
        })
    }

    fn attach(&self, request: ExecRequest, streams: Streams) -> Task<Exit> {
        Box::pin(async move {
            let _ = streams
                .output
                .send(Output::Out(format!("attached to {}", request.container).into()))
                .await;
            Exit::Code(0)
        })
    }

    fn forward(
        &self,
        _namespace: &str,
        _pod: &str,
        port: u16,
        mut stream: DuplexStream,
    ) -> Task<Result<(), String>> {
        Box::pin(async move {
            if port == 7 {
                let (mut said, mut answer) = tokio::io::split(stream);
                let echoed = tokio::io::copy(&mut said, &mut answer).await;
                return echoed.map(drop).map_err(|error| error.to_string());
            }
            if port != 80 {
                return Err("connection refused".into());
            }
            let mut word = [0; 4];
            stream
                .read_exact(&mut word)
                .await
                .map_err(|error| error.to_string())?;
            word.reverse();
            stream.write_all(&word).await.map_err(|error| error.to_string())
        })
    }

    fn pod_usage(&self, _namespace: &str, _pod: &str) -> Option<Sample<Vec<(String, Usage)>>> {
        let usage = vec![(
            "main".into(),
            Usage {
                cpu_nano: 250_000_000,
                memory_bytes: 64 << 20,
            },
        )];
        Some(Sample {
            at: Timestamp::from_seconds(START),
            window_seconds: 15,
            usage,
        })
    }

    fn node_usage(&self, _node: &str) -> Option<Sample<Usage>> {
        None
    }
}

async fn rig() -> (Demo, Api<Pod>, Arc<Scripted>, kube::Client) {
    let kubelets = Arc::new(Scripted {
        end: watch::Sender::new(10),
    });
    let options = Options {
        clock: Clock::driven(Timestamp::from_seconds(START)),
        ..Options::default()
    };
    let demo = demo::start_bare(&options, kubelets.clone()).unwrap();
    demo.store().create("pods", "a", pod("web")).unwrap();
    let client = client(&demo).await;
    (demo, Api::namespaced(client.clone(), "a"), kubelets, client)
}

#[tokio::test]
async fn logs_are_cut_by_count_time_and_size() {
    let (_demo, pods, _, _) = rig().await;
    let all = pods.logs("web", &LogParams::default()).await.unwrap();
    assert_eq!(all.lines().count(), 10);
    let tail = LogParams {
        tail_lines: Some(2),
        timestamps: true,
        ..LogParams::default()
    };
    assert_eq!(
        pods.logs("web", &tail).await.unwrap(),
        "2027-01-15T07:59:58.000000000Z line 8\n2027-01-15T07:59:59.000000000Z line 9\n"
    );
    let since = LogParams {
        since_seconds: Some(3),
        ..LogParams::default()
    };
    assert_eq!(
        pods.logs("web", &since).await.unwrap(),
        "line 7\nline 8\nline 9\n"
    );
    let limit = LogParams {
        limit_bytes: Some(9),
        ..LogParams::default()
    };
    assert_eq!(pods.logs("web", &limit).await.unwrap(), "line 0\nli");
    let wrong = LogParams {
        container: Some("nope".into()),
        ..LogParams::default()
    };
    assert!(
        pods.logs("web", &wrong)
            .await
            .unwrap_err()
            .to_string()
            .contains("container nope is not valid for pod web")
    );
    let previous = LogParams {
        previous: true,
        ..LogParams::default()
    };
    assert!(
        pods.logs("web", &previous)
            .await
            .unwrap_err()
            .to_string()
            .contains("previous terminated container")
    );
}

#[tokio::test]
async fn a_followed_log_goes_on_until_the_container_ends() {
    let (_demo, pods, kubelets, _) = rig().await;
    let follow = LogParams {
        follow: true,
        tail_lines: Some(1),
        ..LogParams::default()
    };
    let mut log = pods.log_stream("web", &follow).await.unwrap();
    let mut first = [0; 7];
    log.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"line 9\n");
    kubelets.end.send_replace(12);
    let mut rest = String::new();
    log.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "line 10\nline 11\n");
}

#[tokio::test]
async fn exec_passes_streams_size_and_exit_code() {
    let (_demo, pods, _, _) = rig().await;
    let asked = AttachParams::default().stdin(true).stdout(true).stderr(true);
    let mut cat = pods.exec("web", ["cat"], &asked).await.unwrap();
    let mut input = cat.stdin().unwrap();
    input.write_all(b"hello").await.unwrap();
    input.shutdown().await.unwrap();
    drop(input);
    let (mut out, mut err) = (String::new(), String::new());
    cat.stdout().unwrap().read_to_string(&mut out).await.unwrap();
    cat.stderr().unwrap().read_to_string(&mut err).await.unwrap();
    assert_eq!((out.as_str(), err.as_str()), ("hello", "bye"));
    assert_eq!(
        cat.take_status().unwrap().await.unwrap().status.unwrap(),
        "Success"
    );

    let mut size = pods
        .exec("web", ["size"], &AttachParams::interactive_tty())
        .await
        .unwrap();
    let status = size.take_status().unwrap();
    let mut sizes = size.terminal_size().unwrap();
    sizes
        .try_send(TerminalSize {
            width: 132,
            height: 50,
        })
        .unwrap();
    let mut out = String::new();
    size.stdout().unwrap().read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "132x50");
    let status = status.await.unwrap();
    assert_eq!(status.reason.as_deref(), Some("NonZeroExitCode"));
    assert_eq!(
        status.details.unwrap().causes.unwrap()[0].message.as_deref(),
        Some("3")
    );

    let mut none = pods
        .exec("web", ["bash"], &AttachParams::default())
        .await
        .unwrap();
    let status = none.take_status().unwrap().await.unwrap();
    assert!(
        status
            .message
            .unwrap()
            .contains("executable file not found in $PATH")
    );
}

#[tokio::test]
async fn attach_attaches() {
    let (_demo, pods, _, _) = rig().await;
    let mut attached = pods.attach("web", &AttachParams::default()).await.unwrap();
    let mut out = String::new();
    attached.stdout().unwrap().read_to_string(&mut out).await.unwrap();
    assert_eq!(out, "attached to main");
}

#[tokio::test]
async fn ports_are_forwarded_and_refused() {
    let (_demo, pods, _, _) = rig().await;
    let mut forwarder = pods.portforward("web", &[80]).await.unwrap();
    let mut stream = forwarder.take_stream(80).unwrap();
    stream.write_all(b"abcd").await.unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"dcba");
    let mut refused = pods.portforward("web", &[81]).await.unwrap();
    let error = refused.take_error(81).unwrap().await.unwrap();
    assert!(error.contains("connection refused"), "{error}");
}

#[tokio::test]
async fn much_goes_both_ways_through_forwarded_ports_and_one_that_fails_leaves_the_others() {
    let (_demo, pods, _, _) = rig().await;
    let mut forwarder = pods.portforward("web", &[81, 7]).await.unwrap();
    let error = forwarder.take_error(81).unwrap().await.unwrap();
    assert!(error.contains("connection refused"), "{error}");
    // Nobody takes what is said to a port that is through.
    let mut refused = forwarder.take_stream(81).unwrap();
    let _ = refused.write_all(b"hello?").await;
    let _ = refused.flush().await;
    let sent: Vec<u8> = (0..1 << 20).map(|at| (at % 251) as u8).collect();
    let (mut from_pod, mut to_pod) = tokio::io::split(forwarder.take_stream(7).unwrap());
    let mut echoed = vec![0; sent.len()];
    let both = async {
        // All is said before anything is heard, as far as what lies between has room.
        let (said, heard) = tokio::join!(to_pod.write_all(&sent), from_pod.read_exact(&mut echoed));
        said.and(heard.map(drop)).unwrap();
    };
    tokio::time::timeout(super::PATIENCE, both).await.unwrap();
    assert!(echoed == sent);
}

/// What client-go's framer (moby/spdystream 0.5.1) writes for one connection to port 80: two streams, a ping, a request, the end.
const SPDY: &[u8] = include_bytes!("../../../src/demo/server/spdy/recorded.bin");

/// The data frames of stream 3 in what a server has sent: bytes, and whether it has closed the stream.
fn said(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let (mut data, mut closed) = (Vec::new(), false);
    while let Some((head, rest)) = bytes.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([0, head[5], head[6], head[7]]) as usize;
        if rest.len() < length {
            break;
        }
        let (payload, rest) = rest.split_at(length);
        if head[..4] == [0, 0, 0, 3] {
            data.extend_from_slice(payload);
            closed |= head[4] & 1 != 0;
        }
        bytes = rest;
    }
    (data, closed)
}

#[tokio::test]
async fn ports_are_forwarded_over_spdy() {
    let (_demo, _, _, client) = rig().await;
    let request = http::Request::post("/api/v1/namespaces/a/pods/web/portforward")
        .header("connection", "Upgrade")
        .header("upgrade", "SPDY/3.1")
        .header("x-stream-protocol-version", "portforward.k8s.io")
        .body(kube::client::Body::empty())
        .unwrap();
    let answer = client.send(request).await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(
        answer.headers()["x-stream-protocol-version"],
        "portforward.k8s.io"
    );
    let mut line = hyper_util::rt::TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    // Without the client's own end of the stream, its reset and the goodbye.
    line.write_all(&SPDY[..SPDY.len() - 40]).await.unwrap();
    let mut seen = Vec::new();
    let ended = async {
        while !said(&seen).1 {
            assert_ne!(line.read_buf(&mut seen).await.unwrap(), 0, "{seen:?}");
        }
    };
    tokio::time::timeout(super::PATIENCE, ended).await.unwrap();
    assert_eq!(said(&seen).0, b" TEG");

    let other = http::Request::post("/api/v1/namespaces/a/pods/web/portforward")
        .header("connection", "Upgrade")
        .header("upgrade", "SPDY/3.1")
        .header("x-stream-protocol-version", "v9.portforward.k8s.io")
        .body(kube::client::Body::empty())
        .unwrap();
    assert_eq!(client.send(other).await.unwrap().status(), 403);
}

#[tokio::test]
async fn metrics_have_the_units_of_metrics_server() {
    let (_demo, _, _, client) = rig().await;
    let request = http::Request::get("/apis/metrics.k8s.io/v1beta1/namespaces/a/pods")
        .body(Vec::new())
        .unwrap();
    let list: serde_json::Value = client.request(request).await.unwrap();
    assert_eq!(
        list["items"][0]["containers"][0]["usage"],
        serde_json::json!({ "cpu": "250000000n", "memory": "65536Ki" })
    );
    assert_eq!(list["items"][0]["window"], "15s");
}
