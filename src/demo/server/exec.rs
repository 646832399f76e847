//! Exec and attach: a command's streams over its channels. What runs is the kubelets' business.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Response;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::answer::Body;
use super::channels::{self, CLOSE, Channels, ERROR, RESIZE, STDERR, STDIN, STDOUT};
use super::request::Request;
use super::route::Target;
use super::{Shared, container};
use crate::demo::kubelet_api::{ExecRequest, Exit, Output, Streams, Task};
use crate::demo::status::Status;

pub(super) fn exec(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let (name, pod) = container::of(shared, request, target)?;
    if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
        let phase = &pod["status"]["phase"].as_str().unwrap_or_default();
        return Err(Status::bad_request(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    if !container::runs(&pod, &name) {
        let text = format!("container not found (\"{name}\")");
        return Err(Status {
            message: text.clone(),
            ..Status::internal(text)
        });
    }
    let attach = target.subresource.as_deref() == Some("attach");
    let command: Vec<String> = request.params("command").map(str::to_owned).collect();
    let asked = ExecRequest {
        namespace: target.space().into(),
        pod: target.object().into(),
        container: name,
        command,
        stdin: request.flag("stdin"),
        tty: request.flag("tty"),
    };
    let (agreed, response) = channels::agree(request)?;
    if asked.command.is_empty() && !attach {
        return Err(Status::bad_request(
            "you must specify at least 1 command for the container",
        ));
    }
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let cut = shared.faults.cut();
        let serving = async {
            let Some(channels) = agreed.open().await else {
                return;
            };
            let (session, streams) = Session::new(channels, asked.stdin);
            let running = if attach {
                shared.kubelets.attach(asked, streams)
            } else {
                shared.kubelets.exec(asked, streams)
            };
            session.run(running).await;
        };
        tokio::select! {
            () = serving => {}
            () = cut => {}
        }
    });
    Ok(response)
}

/// What happens in a session.
enum Event {
    /// The command has printed.
    Printed(Output),
    /// It has taken input.
    Passed,
    /// It takes no more input.
    Deaf,
    /// The client has said something, or is gone.
    Message(Option<(u8, Bytes)>),
    /// It is over.
    Ended(Exit),
}

/// The client's side of a command.
struct Session {
    channels: Channels,
    /// `None` once the client has closed its input, or if it has none.
    input: Option<mpsc::Sender<Bytes>>,
    /// Input that the command has not taken yet.
    waiting: Option<Bytes>,
    output: mpsc::Receiver<Output>,
    size: watch::Sender<(u16, u16)>,
}

impl Session {
    fn new(channels: Channels, has_input: bool) -> (Self, Streams) {
        let (to_command, input) = mpsc::channel(16);
        let (from_command, output) = mpsc::channel(64);
        let (size, sizes) = watch::channel((80, 24));
        let streams = Streams {
            input,
            output: from_command,
            size: sizes,
        };
        let session = Self {
            channels,
            input: has_input.then_some(to_command),
            waiting: None,
            output,
            size,
        };
        (session, streams)
    }

    async fn run(mut self, mut running: Task<Exit>) {
        // The real server says with an empty message that the streams are open.
        let mut open = self.channels.send(STDOUT, b"").await;
        while open {
            open = match self.event(&mut running).await {
                Event::Printed(output) => self.print(output).await,
                Event::Passed => true,
                Event::Deaf => {
                    self.input = None;
                    true
                }
                Event::Message(message) => self.take(message),
                Event::Ended(exit) => return self.end(&exit).await,
            };
        }
    }

    async fn event(&mut self, running: &mut Task<Exit>) -> Event {
        let Self {
            channels,
            input,
            waiting,
            output,
            ..
        } = self;
        let room = async {
            match input {
                Some(input) if waiting.is_some() => input.reserve().await.ok(),
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(output) = output.recv() => Event::Printed(output),
            permit = room => match (permit, waiting.take()) {
                (Some(permit), Some(data)) => {
                    permit.send(data);
                    Event::Passed
                }
                _ => Event::Deaf,
            },
            message = channels.next(), if waiting.is_none() => Event::Message(message),
            exit = running => Event::Ended(exit),
        }
    }

    /// A message of the client; whether it is still there.
    fn take(&mut self, message: Option<(u8, Bytes)>) -> bool {
        match message {
            None => return false,
            Some((STDIN, data)) if !data.is_empty() && self.input.is_some() => self.waiting = Some(data),
            Some((RESIZE, data)) => {
                let wanted: Value = serde_json::from_slice(&data).unwrap_or_default();
                let side = |key: &str| wanted[key].as_u64().and_then(|side| u16::try_from(side).ok());
                if let (Some(width), Some(height)) = (side("Width"), side("Height")) {
                    self.size.send_replace((width, height));
                }
            }
            Some((CLOSE, data)) if data.first() == Some(&STDIN) => self.input = None,
            Some(_) => {}
        }
        true
    }

    async fn print(&mut self, output: Output) -> bool {
        let (channel, data) = match &output {
            Output::Out(data) => (STDOUT, data),
            Output::Err(data) => (STDERR, data),
        };
        self.channels.send(channel, data).await
    }

    async fn end(mut self, exit: &Exit) {
        while let Some(output) = self.output.recv().await {
            if !self.print(output).await {
                return;
            }
        }
        let status = ending(exit).to_string();
        if self.channels.send(ERROR, status.as_bytes()).await {
            self.channels.close().await;
        }
    }
}

/// The `Status` that ends a command (`remotecommand` of the kubelet).
fn ending(exit: &Exit) -> Value {
    match exit {
        Exit::Code(0) => json!({ "metadata": {}, "status": "Success" }),
        Exit::Code(code) => {
            let text = format!(
                "command terminated with non-zero exit code: error executing command in container, exit code {code}"
            );
            json!({ "metadata": {}, "status": "Failure", "message": text, "reason": "NonZeroExitCode",
                "details": { "causes": [{ "reason": "ExitCode", "message": code.to_string() }] } })
        }
        Exit::Failed(why) => Status::internal(format!(
            "error executing command in container: failed to exec in container: {why}"
        ))
        .json(),
    }
}
