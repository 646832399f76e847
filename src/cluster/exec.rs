//! A process in a container over WebSocket: bytes in, bytes out, sizes, and how it ended. Touches no terminal.

use std::future::pending;

use bytes::Bytes;
use futures::SinkExt as _;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess, TerminalSize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::select;
use tokio::sync::{mpsc, oneshot};

use super::audit::{Deed, Journal};
use super::error::{self, Purpose};
use super::link::Link;
use crate::model::{Failure, FailureKind, ObjectKey, Uid};
use crate::msg::ExecRequest;

/// What the process is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    /// It gets a terminal of this size (columns, rows); standard error is then part of standard output.
    pub terminal: Option<(u16, u16)>,
    /// Its standard input is connected.
    pub stdin: bool,
}

/// A running process. Read `stdout` (and `stderr`) to their ends, then await `exit`. Dropping `stdin` ends the process's input; dropping
/// `stdout` ends the session.
#[derive(Debug)]
pub struct ExecSession {
    /// What it reads.
    pub stdin: mpsc::Sender<Bytes>,
    /// What it writes.
    pub stdout: mpsc::Receiver<Bytes>,
    /// What it writes to standard error; nothing with a terminal.
    pub stderr: mpsc::Receiver<Bytes>,
    /// New sizes of the terminal: columns, rows.
    pub resize: mpsc::Sender<(u16, u16)>,
    /// Its exit code, or why there is none. An image without a shell is [`FailureKind::Unsupported`] with the `kubectl debug` line.
    pub exit: oneshot::Receiver<Result<i32, Failure>>,
    /// The container it runs in.
    pub container: String,
}

const BUFFER: usize = 64 << 10;
/// Messages under way between the terminal and the process.
const DEPTH: usize = 32;

/// Our ends of the streams.
struct Pipes {
    stdin: mpsc::Receiver<Bytes>,
    stdout: mpsc::Sender<Bytes>,
    stderr: mpsc::Sender<Bytes>,
    resize: mpsc::Receiver<(u16, u16)>,
    /// Something went in or came out.
    used: bool,
}

/// Starts a process, or attaches to the main one. The session runs on tasks of its own and is noted in the journal when it ends.
///
/// # Errors
/// The pod is gone, is another one, or its container cannot be chosen. What goes wrong later comes through [`ExecSession::exit`].
pub async fn start(
    link: std::sync::Arc<Link>,
    journal: Journal,
    request: ExecRequest,
    streams: Streams,
) -> Result<ExecSession, Failure> {
    let container = container(&link, &request).await?;
    let (stdin, stdin_end) = mpsc::channel(DEPTH);
    let (stdout_end, stdout) = mpsc::channel(DEPTH);
    let (stderr_end, stderr) = mpsc::channel(DEPTH);
    let (resize, resize_end) = mpsc::channel(DEPTH);
    let (ended, exit) = oneshot::channel();
    let pipes = Pipes {
        stdin: stdin_end,
        stdout: stdout_end,
        stderr: stderr_end,
        resize: resize_end,
        used: false,
    };
    let session = Session {
        link,
        request,
        container: container.clone(),
        streams,
    };
    journal.clone().track(async move {
        let result = session.run(pipes).await;
        session.note(&journal, &result).await;
        let _ = ended.send(result); // the caller has left
    });
    Ok(ExecSession {
        stdin,
        stdout,
        stderr,
        resize,
        exit,
        container,
    })
}

/// The container that was asked for, else the pod's default one. Looks whether the pod is the one that was meant.
async fn container(link: &Link, request: &ExecRequest) -> Result<String, Failure> {
    let key = &request.pod;
    if let (Some(container), true) = (&request.container, key.uid.is_none()) {
        return Ok(container.clone());
    }
    let pod: Value = link.get(&key.path(None), &Purpose::of("read", key)).await?;
    let uid = Uid::parse(
        pod.pointer("/metadata/uid")
            .and_then(Value::as_str)
            .unwrap_or_default(),
    );
    if !key.uid.is_none() && uid != key.uid {
        let why = format!("{key} is already gone: another pod of that name is there now");
        return Err(Failure::new(FailureKind::NotFound, why));
    }
    if let Some(container) = &request.container {
        return Ok(container.clone());
    }
    let default = pod.pointer("/metadata/annotations/kubectl.kubernetes.io~1default-container");
    let first = pod.pointer("/spec/containers/0/name");
    let name = default.or(first).and_then(Value::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| Failure::new(FailureKind::Decode, format!("{key} has no containers")))
}

struct Session {
    link: std::sync::Arc<Link>,
    request: ExecRequest,
    container: String,
    streams: Streams,
}

impl Session {
    fn purpose(&self) -> Purpose {
        Purpose::of(self.verb(), &self.request.pod)
    }

    fn verb(&self) -> &'static str {
        if self.request.attach {
            "attach to"
        } else {
            "exec into"
        }
    }

    async fn run(&self, mut pipes: Pipes) -> Result<i32, Failure> {
        if self.request.attach {
            return self.once(&[], &mut pipes).await;
        }
        if !self.request.command.is_empty() {
            return self.once(&self.request.command, &mut pipes).await;
        }
        for shell in ["bash", "sh"] {
            let ended = self.once(&[shell.to_owned()], &mut pipes).await;
            if !missing(&ended, pipes.used) {
                return ended;
            }
        }
        Err(self.no_shell())
    }

    async fn once(&self, command: &[String], pipes: &mut Pipes) -> Result<i32, Failure> {
        self.link.gate().ready().await?;
        let pod = &self.request.pod;
        let api: Api<Pod> = Api::namespaced(self.link.client(), pod.namespace().unwrap_or("default"));
        let params = AttachParams {
            container: Some(self.container.clone()),
            stdin: self.streams.stdin,
            stdout: true,
            stderr: self.streams.terminal.is_none(),
            tty: self.streams.terminal.is_some(),
            max_stdin_buf_size: Some(BUFFER),
            max_stdout_buf_size: Some(BUFFER),
            max_stderr_buf_size: Some(BUFFER),
        };
        let process = if self.request.attach {
            api.attach(&pod.name, &params).await
        } else {
            api.exec(&pod.name, command, &params).await
        };
        let process = process.map_err(|error| error::client(&error, &self.purpose()))?;
        self.pump(process, pipes).await
    }

    /// Moves bytes until the process has ended and all it wrote is handed on.
    async fn pump(&self, mut process: AttachedProcess, pipes: &mut Pipes) -> Result<i32, Failure> {
        let Pipes {
            stdin,
            stdout,
            stderr,
            resize,
            used,
        } = pipes;
        let (input, output, errors) = (process.stdin(), process.stdout(), process.stderr());
        let size = process.terminal_size();
        let status = process.take_status();
        let (mut sent, mut received) = (false, false);
        let out = async {
            let ((), (), status) = tokio::join!(
                give(output, stdout, Some(&mut received)),
                give(errors, stderr, None),
                async {
                    match status {
                        Some(status) => status.await,
                        None => None,
                    }
                }
            );
            status
        };
        let status = select! {
            status = out => status,
            () = take(stdin, input, &mut sent) => None,
            () = sizes(self.streams.terminal, resize, size) => None,
            () = stdout.closed() => return Err(Failure::new(FailureKind::Other, "the session was left")),
        };
        *used |= sent || received;
        match status {
            Some(status) => self.exit_code(&status),
            None => Err(Failure::new(
                FailureKind::Connection,
                format!(
                    "the connection to the process in {} broke; whether it still runs is not known",
                    self.request.pod
                ),
            )),
        }
    }

    /// What the server says about the end. Source: `k8s.io/apimachinery/pkg/util/remotecommand`, v4 and later.
    fn exit_code(&self, status: &Status) -> Result<i32, Failure> {
        if status.status.as_deref() == Some("Success") {
            return Ok(0);
        }
        let message = status.message.as_deref().unwrap_or_default();
        let causes = status
            .details
            .iter()
            .flat_map(|details| details.causes.iter().flatten());
        let code = causes
            .filter(|cause| cause.reason.as_deref() == Some("ExitCode"))
            .find_map(|cause| cause.message.as_deref()?.parse().ok());
        // Some runtimes put the code into the text only.
        let said = || {
            message
                .rsplit_once("exit status ")
                .and_then(|(_, code)| code.trim().parse().ok())
        };
        code.or_else(said).ok_or_else(|| {
            Failure::new(
                FailureKind::Server,
                format!("cannot {}: {message}", self.purpose()),
            )
        })
    }

    fn no_shell(&self) -> Failure {
        let ObjectKey { name, namespace, .. } = &self.request.pod;
        let container = &self.container;
        Failure::new(
            FailureKind::Unsupported,
            format!(
                "no shell in the image of container `{container}`; bring one: \
                 `kubectl debug -it {name} -n {namespace} --image=busybox --target={container}`"
            ),
        )
    }

    async fn note(&self, journal: &Journal, result: &Result<i32, Failure>) {
        let command = if self.request.command.is_empty() {
            "a shell".to_owned()
        } else {
            self.request.command.join(" ")
        };
        let deed = Deed {
            verb: if self.request.attach { "attach" } else { "exec" },
            object: format!("{} container {}", self.request.pod, self.container),
            before: String::new(),
            after: if self.request.attach {
                String::new()
            } else {
                command
            },
            outcome: match result {
                Ok(code) => format!("exit code {code}"),
                Err(failure) => failure.message.clone(),
            },
        };
        if let Err(unsaved) = journal.note(&self.link.info, &deed).await {
            tracing::warn!("{unsaved}");
        }
    }
}

/// The shell is not in the image: the runtime says so, or ends at once with the code for it.
fn missing(ended: &Result<i32, Failure>, used: bool) -> bool {
    match ended {
        Ok(126 | 127) => !used,
        Ok(_) => false,
        Err(failure) => {
            let text = failure.message.as_str();
            let absent =
                text.contains("executable file not found") || text.contains("no such file or directory");
            failure.kind == FailureKind::Server && absent
        }
    }
}

async fn give(from: Option<impl AsyncRead + Unpin>, to: &mpsc::Sender<Bytes>, mut used: Option<&mut bool>) {
    let Some(mut from) = from else { return };
    let mut buffer = bytes::BytesMut::with_capacity(BUFFER);
    while let Ok(1..) = from.read_buf(&mut buffer).await {
        if let Some(used) = used.as_deref_mut() {
            *used = true;
        }
        if to.send(buffer.split().freeze()).await.is_err() {
            return;
        }
        buffer.reserve(BUFFER);
    }
}

/// Never returns: the end of the input is not the end of the process.
async fn take(from: &mut mpsc::Receiver<Bytes>, to: Option<impl AsyncWrite + Unpin>, used: &mut bool) {
    if let Some(mut to) = to {
        while let Some(bytes) = from.recv().await {
            *used = true;
            if to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await; // the process may have closed it already
    }
    pending::<()>().await;
}

/// Never returns.
async fn sizes(
    first: Option<(u16, u16)>,
    from: &mut mpsc::Receiver<(u16, u16)>,
    to: Option<impl futures::Sink<TerminalSize> + Unpin>,
) {
    if let Some(mut to) = to {
        let mut next = first;
        while let Some((width, height)) = next {
            if to.send(TerminalSize { width, height }).await.is_err() {
                break;
            }
            next = from.recv().await;
        }
        pending::<()>().await;
    }
    pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_shell_is_recognised_and_a_command_that_fails_is_not() {
        let said = |text: &str| Err(Failure::new(FailureKind::Server, text));
        assert!(missing(
            &said(r#"OCI runtime exec failed: exec: "bash": executable file not found in $PATH"#),
            false
        ));
        assert!(missing(&Ok(127), false));
        assert!(
            !missing(&Ok(127), true),
            "the person typed something that was not found"
        );
        assert!(!missing(&Ok(0), false));
        assert!(!missing(&said("container is not running"), false));
    }
}
