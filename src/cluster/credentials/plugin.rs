//! One run of an exec credential plugin. Its standard error goes to the screen as text, its standard input is closed.
//! Source: client.authentication.k8s.io/v1, `ExecCredential`.

use std::io::IsTerminal as _;
use std::process::Stdio;

use kube::config::{ExecConfig, ExecInteractiveMode};
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::Sender;

use crate::clock::Timestamp;
use crate::cluster::error::without_value;
use crate::model::{Failure, FailureKind};
use crate::msg::Msg;

/// How to run a plugin.
#[derive(Debug, Clone)]
pub struct Plugin {
    config: ExecConfig,
    command: String,
    user: String,
}

/// Whether the plugin may talk to the person at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    /// The terminal is its own for the time it runs.
    Given,
    /// The screen is ours: nothing of it reaches the terminal.
    Kept,
}

/// What a run gave.
pub(super) struct Given {
    pub(super) token: Option<SecretString>,
    pub(super) identity: Option<(String, SecretString)>,
    pub(super) expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Answer {
    status: Option<AnswerStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnswerStatus {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<String>,
}

/// How much of an answer is read, bytes.
const LONGEST: u64 = 1 << 20;
/// How much of the standard error is kept for the failure's sentence, bytes.
const TAIL: usize = 2 << 10;

impl Plugin {
    /// The plugin of a user of the kubeconfig.
    ///
    /// # Errors
    /// It names no command.
    pub fn new(config: ExecConfig, user: &str) -> Result<Self, Failure> {
        match config.command.clone() {
            Some(command) => Ok(Self {
                config,
                command,
                user: user.to_owned(),
            }),
            None => Err(Failure::new(
                FailureKind::Credentials,
                format!("user `{user}` of the kubeconfig has no key `exec.command`"),
            )),
        }
    }

    /// Its command, without the folder.
    pub fn name(&self) -> &str {
        self.command.rsplit('/').next().unwrap_or(&self.command)
    }

    pub(super) async fn run(&self, terminal: Terminal, out: &Sender<Msg>) -> Result<Given, Failure> {
        if terminal == Terminal::Kept && self.config.interactive_mode == Some(ExecInteractiveMode::Always) {
            return Err(self.failure("asks questions (`interactiveMode: Always`): run it in the foreground"));
        }
        let mut child = Group(
            self.command(terminal)
                .spawn()
                .map_err(|error| self.not_started(&error))?,
        );
        let errors = child.0.stderr.take();
        let answer = child.0.stdout.take();
        let (tail, answer) = tokio::join!(relay(errors, out), collect(answer));
        let status = child
            .0
            .wait()
            .await
            .map_err(|error| self.failure(&format!("was lost: {error}")))?;
        if !status.success() {
            let said = tail.trim().lines().last().unwrap_or_default().trim().to_owned();
            let end = if said.is_empty() {
                status.to_string()
            } else {
                format!("{status}: {said}")
            };
            return Err(self.failure(&format!("failed: {end}")));
        }
        self.read(&answer)
    }

    fn command(&self, terminal: Terminal) -> Command {
        let mut command = Command::new(&self.command);
        command.args(self.config.args.iter().flatten());
        for entry in self.config.env.iter().flatten() {
            if let (Some(name), Some(value)) = (entry.get("name"), entry.get("value")) {
                command.env(name, value);
            }
        }
        command
            .env("KUBERNETES_EXEC_INFO", self.info(terminal))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        match terminal {
            // What is piped into a command is not for the plugin.
            Terminal::Given if !std::io::stdin().is_terminal() => {
                command.stdin(Stdio::null()).stderr(Stdio::inherit())
            }
            Terminal::Given => command.stdin(Stdio::inherit()).stderr(Stdio::inherit()),
            Terminal::Kept => command
                .stdin(Stdio::null())
                .stderr(Stdio::piped())
                .process_group(0),
        };
        command
    }

    fn info(&self, terminal: Terminal) -> String {
        let interactive = terminal == Terminal::Given
            && std::io::stdin().is_terminal()
            && self.config.interactive_mode != Some(ExecInteractiveMode::Never);
        let mut spec = serde_json::json!({ "interactive": interactive });
        if let (Some(cluster), Some(spec)) = (&self.config.cluster, spec.as_object_mut()) {
            spec.insert(
                "cluster".to_owned(),
                serde_json::to_value(cluster).unwrap_or_default(),
            );
        }
        let version = self
            .config
            .api_version
            .as_deref()
            .unwrap_or("client.authentication.k8s.io/v1beta1");
        serde_json::json!({ "apiVersion": version, "kind": "ExecCredential", "spec": spec }).to_string()
    }

    fn read(&self, answer: &[u8]) -> Result<Given, Failure> {
        let answer: Answer = serde_json::from_slice(answer)
            .map_err(|error| without_value(&error))
            .map_err(|why| self.failure(&format!("did not print an ExecCredential: {why}")))?;
        let status = answer
            .status
            .ok_or_else(|| self.failure("printed an ExecCredential without `status`"))?;
        let expires = match status.expiration_timestamp {
            None => None,
            Some(text) => Some(Timestamp::parse(&text).ok_or_else(|| {
                self.failure(&format!(
                    "printed `expirationTimestamp: {text}`, which is no time"
                ))
            })?),
        };
        let identity = status.client_certificate_data.zip(status.client_key_data);
        if status.token.is_none() && identity.is_none() {
            return Err(self.failure("printed neither a token nor a certificate with its key"));
        }
        Ok(Given {
            token: status.token.map(SecretString::from),
            identity: identity.map(|(certificate, key)| (certificate, SecretString::from(key))),
            expires,
        })
    }

    fn not_started(&self, error: &std::io::Error) -> Failure {
        if error.kind() != std::io::ErrorKind::NotFound {
            return self.failure(&format!("cannot be started: {error}"));
        }
        match self
            .config
            .install_hint
            .as_deref()
            .map(str::trim)
            .filter(|hint| !hint.is_empty())
        {
            Some(hint) => self.failure(&format!("is not installed: {hint}")),
            None => self.failure("is not installed, or not in $PATH"),
        }
    }

    fn failure(&self, what: &str) -> Failure {
        let Self { command, user, .. } = self;
        Failure::new(
            FailureKind::Credentials,
            format!("`{command}` (credentials of user `{user}`) {what}"),
        )
    }
}

/// A child with all it started; they end with it.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let running = self
            .0
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw);
        if let Some(group) = running {
            let _ = kill_process_group(group, Signal::KILL); // no group of its own in the foreground; already gone
        }
    }
}

/// Passes text on as it comes; returns the end of it.
async fn relay(from: Option<impl AsyncRead + Unpin>, out: &Sender<Msg>) -> String {
    let Some(mut from) = from else {
        return String::new();
    };
    let mut buffer = vec![0; 4 << 10];
    let mut tail = String::new();
    while let Ok(len @ 1..) = from.read(&mut buffer).await {
        let text = String::from_utf8_lossy(buffer.get(..len).unwrap_or_default()).into_owned();
        tail.push_str(&text);
        if tail.len() > 2 * TAIL {
            let mut cut = tail.len() - TAIL;
            while !tail.is_char_boundary(cut) {
                cut += 1;
            }
            tail.drain(..cut);
        }
        let _ = out.send(Msg::Plugin(text)).await; // nobody listens any more
    }
    tail
}

async fn collect(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut answer = Vec::new();
    if let Some(from) = from {
        let _ = from.take(LONGEST).read_to_end(&mut answer).await; // half an answer is no answer: parsing says so
    }
    answer
}
