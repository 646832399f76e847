//! What the API server asks of the pretend kubelets: logs, exec, attach, port-forward, usage. Only the contract; the world implements it.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};

use crate::clock::Timestamp;
use crate::demo::resource::Resource;
use crate::demo::status::Status;

/// A future that owns what it needs.
pub type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One container instance's log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogOf {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container; the server has made sure that the pod has it.
    pub container: String,
    /// The instance before the last restart instead of the current one.
    pub previous: bool,
}

/// What of a log can be read now. Lines are numbered from the instance's first line; numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSpan {
    /// The oldest line still kept.
    pub first: u64,
    /// One past the newest line.
    pub end: u64,
    /// Whether no more will come: the container has ended (a following reader is let go after the last line).
    pub finished: bool,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written; never earlier than the line before it.
    pub at: Timestamp,
    /// The text without its newline.
    pub text: Bytes,
}

/// A command in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecRequest {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The container; it runs.
    pub container: String,
    /// Program and arguments; empty for attach.
    pub command: Vec<String>,
    /// Whether the client sends input.
    pub stdin: bool,
    /// Whether it is a terminal: then all output goes to [`Output::Out`].
    pub tty: bool,
}

/// The ends of a command's streams that the pretend kubelet holds.
#[derive(Debug)]
pub struct Streams {
    /// What the client types; `None` when it has closed its input.
    pub input: mpsc::Receiver<Bytes>,
    /// What the command prints; an error means the client is gone.
    pub output: mpsc::Sender<Output>,
    /// Columns and rows of the client's terminal; 80×24 until it says so.
    pub size: watch::Receiver<(u16, u16)>,
}

/// Something a command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// On standard output.
    Out(Bytes),
    /// On standard error.
    Err(Bytes),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Exit {
    /// With an exit code.
    Code(i32),
    /// It could not be started or was lost, with the runtime's words (`exec: "bash": executable file not found in $PATH`).
    Failed(String),
}

/// A request to a program in a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod.
    pub pod: String,
    /// The port it listens on.
    pub port: u16,
    /// Whether the client speaks TLS.
    pub secure: bool,
    /// Path and query, from `/` on.
    pub path: String,
}

/// What a program answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// HTTP status code.
    pub code: u16,
    /// Media type.
    pub kind: &'static str,
    /// Content.
    pub body: Bytes,
}

impl Page {
    /// Plain text.
    pub fn text(code: u16, text: impl Into<String>) -> Self {
        Self::new(code, "text/plain; charset=utf-8", text)
    }

    /// A page for browsers.
    pub fn html(code: u16, text: impl Into<String>) -> Self {
        Self::new(code, "text/html", text)
    }

    /// Anything.
    pub fn new(code: u16, kind: &'static str, text: impl Into<String>) -> Self {
        let body = Bytes::from(text.into());
        Self { code, kind, body }
    }
}

/// What one container or node uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// CPU in billionths of a core.
    pub cpu_nano: u64,
    /// Working set in bytes.
    pub memory_bytes: u64,
}

/// Usage at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample<T> {
    /// End of the window.
    pub at: Timestamp,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// What was used.
    pub usage: T,
}

/// The pretend kubelets and metrics-server.
pub trait Kubelets: Send + Sync + 'static {
    /// What can be read of a log.
    ///
    /// # Errors
    /// What the kubelet would answer, such as 400 `container "x" in pod "y" is waiting to start: ContainerCreating`.
    fn log_span(&self, of: &LogOf) -> Result<LogSpan, Status>;

    /// Lines `from..` of a log, at most `limit`, fewer at its end; and the number of the first of them, which is greater than `from` where
    /// lines are kept no more.
    fn log_lines(&self, of: &LogOf, from: u64, limit: usize) -> (u64, Vec<LogLine>);

    /// Wakes whenever some log may have grown or ended.
    fn logs_grown(&self) -> watch::Receiver<u64>;

    /// Runs a command; dropped when the client goes.
    fn exec(&self, request: ExecRequest, streams: Streams) -> Task<Exit>;

    /// Attaches to a container's main process.
    fn attach(&self, request: ExecRequest, streams: Streams) -> Task<Exit>;

    /// Serves one connection to a port of a pod; an error is shown to the client.
    fn forward(
        &self,
        namespace: &str,
        pod: &str,
        port: u16,
        stream: DuplexStream,
    ) -> Task<Result<(), String>>;

    /// Asks a program in a pod for a page.
    ///
    /// # Errors
    /// The words of who could not connect: `dial tcp 10.0.0.9:80: connect: connection refused`.
    fn visit(&self, _visit: &Visit) -> Result<Page, String> {
        Err(NO_ANSWER.into())
    }

    /// Which of `count` ends of a service the next connection goes to; they take turns.
    fn turn(&self, _count: usize) -> usize {
        0
    }

    /// Namespaces and names of the pods that use a node's own network.
    fn beside(&self, _node: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What a node's kubelet itself answers at a path such as `/stats/summary`; `None` if it knows none such.
    ///
    /// # Errors
    /// The words of who could not connect.
    fn kubelet(&self, _node: &str, _path: &str) -> Result<Option<Page>, String> {
        Err(NO_ANSWER.into())
    }

    /// Usage of each container of a pod by name, in the pod's order; `None` while there is none yet.
    fn pod_usage(&self, namespace: &str, pod: &str) -> Option<Sample<Vec<(String, Usage)>>>;

    /// Usage of a node.
    fn node_usage(&self, node: &str) -> Option<Sample<Usage>>;

    /// Completes an object that a client is about to store, before it is judged, as mutating admission does.
    ///
    /// # Errors
    /// The refusal, as the client will see it.
    fn complete(&self, _wish: &Admission<'_>, _object: &mut Value) -> Result<(), Status> {
        Ok(())
    }

    /// Has the last word on what a client is about to do to an object, as validating admission does; null when it goes.
    ///
    /// # Errors
    /// The refusal, as the client will see it.
    fn refuse(&self, _wish: &Admission<'_>, _object: &Value) -> Result<(), Status> {
        Ok(())
    }
}

/// What is about to happen to an object, as admission sees it.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: &'static str,
    /// Of what it is.
    pub resource: &'a Resource,
    /// The subresource, such as `scale`; empty for the object itself.
    pub subresource: &'a str,
    /// Empty for cluster-wide objects.
    pub namespace: &'a str,
    /// The object's name.
    pub name: &'a str,
    /// What it was before.
    pub old: Option<&'a Value>,
    /// Whether nothing will be stored.
    pub dry: bool,
}

impl<'a> Admission<'a> {
    /// The creation of an object.
    pub fn creation(resource: &'a Resource, namespace: &'a str, name: &'a str) -> Self {
        Self {
            operation: "CREATE",
            resource,
            subresource: "",
            namespace,
            name,
            old: None,
            dry: false,
        }
    }

    /// Whether it is this operation on objects of the core group themselves.
    pub fn is(&self, operation: &str, plural: &str) -> bool {
        self.operation == operation
            && self.resource.group.is_empty()
            && self.resource.plural == plural
            && self.subresource.is_empty()
    }
}

/// Kubelets of a cluster whose nodes do not answer.
#[derive(Debug)]
pub struct Absent(watch::Sender<u64>);

impl Default for Absent {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

const NO_ANSWER: &str = "dial tcp 127.0.0.1:10250: connect: connection refused";

impl Kubelets for Absent {
    fn log_span(&self, _of: &LogOf) -> Result<LogSpan, Status> {
        Err(Status::internal(NO_ANSWER))
    }

    fn log_lines(&self, _of: &LogOf, from: u64, _limit: usize) -> (u64, Vec<LogLine>) {
        (from, Vec::new())
    }

    fn logs_grown(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }

    fn exec(&self, _request: ExecRequest, _streams: Streams) -> Task<Exit> {
        Box::pin(async { Exit::Failed(NO_ANSWER.into()) })
    }

    fn attach(&self, _request: ExecRequest, _streams: Streams) -> Task<Exit> {
        Box::pin(async { Exit::Failed(NO_ANSWER.into()) })
    }

    fn forward(
        &self,
        _namespace: &str,
        _pod: &str,
        _port: u16,
        _stream: DuplexStream,
    ) -> Task<Result<(), String>> {
        Box::pin(async { Err(NO_ANSWER.into()) })
    }

    fn pod_usage(&self, _namespace: &str, _pod: &str) -> Option<Sample<Vec<(String, Usage)>>> {
        None
    }

    fn node_usage(&self, _node: &str) -> Option<Sample<Usage>> {
        None
    }
}
