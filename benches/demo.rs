//! How large the demo cluster may be: starts the built binary with 100,000 pods and prints time, memory, the rate of its lists and how far
//! behind 50 watchers are. It measures a process, so nothing here is compared.
//!
//! `KUBRIS_BINARY=target/release/kubris cargo bench --bench demo [-- PODS NODES CHURN LOG_RATE]`

#![expect(
    clippy::unwrap_used,
    reason = "without its server there is nothing to measure"
)]

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};

const WATCHERS: usize = 50;
const JSON: &str = "application/json";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// The server, ended with this.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Seconds of CPU so far.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks = |at: usize| {
            fields
                .get(at)
                .and_then(|text| text.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Megabytes of a line of its status.
    fn memory(&self, key: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap_or_default();
        let kilobytes: f64 = line
            .split_whitespace()
            .nth(1)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0);
        kilobytes / 1024.0
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

async fn client(kubeconfig: &str, gzip: bool) -> Client {
    let config = Kubeconfig::read_from(kubeconfig).unwrap();
    let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .unwrap();
    config.disable_compression = !gzip;
    Client::try_from(config).unwrap()
}

async fn get(client: &Client, path: &str, accept: &str) -> http::Response<Body> {
    let request = http::Request::get(path)
        .header("accept", accept)
        .body(Body::empty())
        .unwrap();
    client.send(request).await.unwrap()
}

/// Reads a body: its length, and its first kilobytes.
async fn read(answer: http::Response<Body>) -> (usize, Vec<u8>) {
    let (mut length, mut head, mut body) = (0, Vec::new(), answer.into_body());
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            length += data.len();
            if head.len() < 4096 {
                head.extend_from_slice(data);
            }
        }
    }
    (length, head)
}

/// The text between `before` and the next quote, looked for from the end.
fn last<'a>(bytes: &'a [u8], before: &str) -> Option<&'a str> {
    let at = memchr::memmem::rfind(bytes, before.as_bytes())? + before.len();
    let rest = &bytes[at..];
    std::str::from_utf8(&rest[..memchr::memchr(b'"', rest)?]).ok()
}

fn token(head: &[u8]) -> Option<String> {
    let before = b"\"continue\":\"";
    let at = memchr::memmem::find(head, before)? + before.len();
    let end = memchr::memchr(b'"', &head[at..])?;
    Some(String::from_utf8_lossy(&head[at..at + end]).into_owned())
}

/// The whole list in JSON, 500 objects a page: bytes and pages.
async fn paged(client: &Client) -> (usize, usize) {
    let (mut bytes, mut pages, mut more) = (0, 0, String::new());
    loop {
        let path = format!("/api/v1/pods?limit=500{more}");
        let (length, head) = read(get(client, &path, JSON).await).await;
        bytes += length;
        pages += 1;
        match token(&head) {
            Some(token) => more = format!("&continue={token}"),
            None => return (bytes, pages),
        }
    }
}

async fn lists(server: &Server, kubeconfig: &str) {
    // What the world itself takes meanwhile.
    let (cpu, begun) = (server.cpu(), Instant::now());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = (server.cpu() - cpu) / begun.elapsed().as_secs_f64();
    say(&format!("world alone       {:.0} % of a core", idle * 100.0));
    for (name, gzip) in [("plain", false), ("gzip", true)] {
        let client = client(kubeconfig, gzip).await;
        let (cpu, begun) = (server.cpu(), Instant::now());
        let (bytes, pages) = paged(&client).await;
        report(server, (&format!("paged, {name}"), bytes, pages), (cpu, begun));
    }
    let plain = client(kubeconfig, false).await;
    for (name, accept) in [("whole, JSON", JSON), ("whole, protobuf", PROTOBUF)] {
        let (cpu, begun) = (server.cpu(), Instant::now());
        let (bytes, _) = read(get(&plain, "/api/v1/pods", accept).await).await;
        report(server, (name, bytes, 1), (cpu, begun));
    }
}

fn report(server: &Server, (name, bytes, pages): (&str, usize, usize), (cpu, begun): (f64, Instant)) {
    let wall = begun.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    say(&format!(
        "{name:<17} {megabytes:.0} MB in {pages} pages: {wall:.2} s, {:.0} MB/s; server with its world {:.0} % of a core; resident {:.0} MB",
        megabytes / wall,
        (server.cpu() - cpu) / wall * 100.0,
        server.memory("VmRSS")
    ));
}

/// Watches with many clients and looks how long the last of them takes to what was the newest a moment ago.
async fn watchers(server: &Server, kubeconfig: &str, (accept, what): (&'static str, &str)) {
    let plain = client(kubeconfig, false).await;
    let newest = async || {
        let (_, head) = read(get(&plain, "/api/v1/pods?limit=1", JSON).await).await;
        let at = memchr::memmem::find(&head, b"\"resourceVersion\":\"").unwrap();
        last(&head[..at + 60], "\"resourceVersion\":\"")
            .and_then(|text| text.parse::<u64>().ok())
            .unwrap()
    };
    let from = newest().await;
    let seen: Arc<Vec<AtomicU64>> = Arc::new((0..WATCHERS).map(|_| AtomicU64::new(from)).collect());
    let bytes = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for at in 0..WATCHERS {
        let (client, seen, bytes) = (plain.clone(), Arc::clone(&seen), Arc::clone(&bytes));
        let path = format!("/api/v1/pods?watch=1&resourceVersion={from}");
        tasks.spawn(async move {
            let mut body = get(&client, &path, accept).await.into_body();
            while let Some(Ok(frame)) = body.frame().await {
                let Some(data) = frame.data_ref() else { continue };
                bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                let version = last(data, "\"resourceVersion\":\"").and_then(|text| text.parse().ok());
                seen[at].fetch_max(version.unwrap_or(0), Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (cpu, begun, started) = (server.cpu(), Instant::now(), bytes.load(Ordering::Relaxed));
    let (first, mut worst) = (newest().await, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(15) {
        let (wanted, asked) = (newest().await, Instant::now());
        while seen.iter().any(|seen| seen.load(Ordering::Relaxed) < wanted)
            && asked.elapsed() < Duration::from_secs(10)
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        worst = worst.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let wall = begun.elapsed().as_secs_f64();
    let ended = tasks.try_join_next().is_some();
    say(&format!(
        "{WATCHERS} watchers, {what:<8} {:.0} versions a second, {:.0} MB/s together, at most {:.0} ms behind{}; server {:.0} % of a core",
        (newest().await - first) as f64 / wall,
        (bytes.load(Ordering::Relaxed) - started) as f64 / 1e6 / wall,
        worst.as_secs_f64() * 1e3,
        if ended { ", SOME ENDED" } else { "" },
        (server.cpu() - cpu) / wall * 100.0
    ));
}

async fn logs(kubeconfig: &str) {
    let plain = client(kubeconfig, false).await;
    let (_, head) = read(
        get(
            &plain,
            "/api/v1/pods?limit=1&fieldSelector=status.phase%3DRunning",
            JSON,
        )
        .await,
    )
    .await;
    let text = String::from_utf8_lossy(&head).into_owned();
    let of =
        |key: &str| last(text.split("\"uid\"").next().unwrap_or_default().as_bytes(), key).map(str::to_owned);
    let (Some(name), Some(namespace)) = (of("\"name\":\""), of("\"namespace\":\"")) else {
        return;
    };
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/log?tailLines=20000&timestamps=true");
    let begun = Instant::now();
    let (bytes, _) = read(get(&plain, &path, JSON).await).await;
    say(&format!(
        "log of one pod    {:.1} MB in {:.0} ms",
        bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64() * 1e3
    ));
}

#[tokio::main]
async fn main() {
    let given: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let size = |at: usize, usual: &str| given.get(at).cloned().unwrap_or_else(|| usual.to_owned());
    let binary = std::env::var("KUBRIS_BINARY").unwrap_or_else(|_| "target/release/kubris".into());
    let kubeconfig = std::env::temp_dir().join(format!("kubris-bench-{}.kubeconfig", std::process::id()));
    let kubeconfig = kubeconfig.to_string_lossy().into_owned();
    let begun = Instant::now();
    let child = Command::new(&binary)
        .args(["demo", "--serve", "--write-kubeconfig", &kubeconfig])
        .args([
            "--pods",
            &size(0, "100000"),
            "--nodes",
            &size(1, "2000"),
            "--churn",
            &size(2, "1000"),
        ])
        .args(["--log-rate", &size(3, "100000")])
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Server(child.unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    while !lines
        .next()
        .is_some_and(|line| line.is_ok_and(|line| line.contains("KUBECONFIG")))
    {}
    say(&format!(
        "start             {:.1} s",
        begun.elapsed().as_secs_f64()
    ));
    say(&format!("  of CPU          {:.1} s", server.cpu()));
    say(&format!("resident          {:.0} MB", server.memory("VmRSS")));
    // The world looks after what was made in bulk for some seconds.
    tokio::time::sleep(Duration::from_secs(15)).await;
    lists(&server, &kubeconfig).await;
    watchers(&server, &kubeconfig, (JSON, "JSON")).await;
    let metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    watchers(&server, &kubeconfig, (metadata, "metadata")).await;
    logs(&kubeconfig).await;
    say(&format!("resident at most  {:.0} MB", server.memory("VmHWM")));
}
