//! How large the demo cluster may be: starts the built binary with 100,000 pods and prints time, memory, how many pods it really changes, the
//! rate of its lists, how far behind 50 watchers are and how fast logs come. It measures a process, so nothing here is compared.
//!
//! `KUBRIS_BINARY=target/release/kubris cargo bench --bench demo [-- PODS NODES CHURN LOG_RATE [SECONDS OF CHURN]]`

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
/// Containers whose logs are followed at once.
const FOLLOWERS: usize = 200;
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
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
        cpu_of(&stat)
    }

    /// Seconds of CPU of the threads that answer requests: the world has a thread of its own.
    fn serving(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let of = |path: std::path::PathBuf| {
            let name = std::fs::read_to_string(path.join("comm")).ok()?;
            let stat = std::fs::read_to_string(path.join("stat")).ok()?;
            (name.trim() == "demo").then(|| cpu_of(&stat))
        };
        tasks.filter_map(|task| of(task.ok()?.path())).sum()
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

/// Seconds of user and system time in a line of `stat` (`proc_pid_stat(5)`).
fn cpu_of(stat: &str) -> f64 {
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
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

/// Says how much of a core the world takes when nobody asks anything.
async fn world_alone(server: &Server) {
    let (cpu, begun) = (server.cpu(), Instant::now());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let alone = (server.cpu() - cpu) / begun.elapsed().as_secs_f64();
    say(&format!("world alone       {:.0} % of a core", alone * 100.0));
}

async fn lists(server: &Server, kubeconfig: &str) {
    world_alone(server).await;
    for (name, gzip) in [("plain", false), ("gzip", true)] {
        let client = client(kubeconfig, gzip).await;
        let (cpu, begun) = (server.serving(), Instant::now());
        let (bytes, pages) = paged(&client).await;
        report(server, (&format!("paged, {name}"), bytes, pages), (cpu, begun));
    }
    let plain = client(kubeconfig, false).await;
    for (name, accept) in [
        ("whole, JSON", JSON),
        ("whole, metadata", METADATA),
        ("whole, protobuf", PROTOBUF),
        ("once more", PROTOBUF),
    ] {
        let (cpu, begun) = (server.serving(), Instant::now());
        let (bytes, _) = read(get(&plain, "/api/v1/pods", accept).await).await;
        report(server, (name, bytes, 1), (cpu, begun));
    }
}

fn report(server: &Server, (name, bytes, pages): (&str, usize, usize), (cpu, begun): (f64, Instant)) {
    let wall = begun.elapsed().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    let own = (server.serving() - cpu).max(0.01);
    say(&format!(
        "{name:<17} {megabytes:.0} MB in {pages} pages: {wall:.2} s, {:.0} MB/s; {own:.2} s of CPU but the world's, {:.0} MB/s of it; resident {:.0} MB",
        megabytes / wall,
        megabytes / own,
        server.memory("VmRSS")
    ));
}

/// How many changes of pods a watcher sees in a second, and how many pods come.
async fn changes(server: &Server, kubeconfig: &str, asked: &str) {
    let plain = client(kubeconfig, false).await;
    let mut body = get(&plain, "/api/v1/pods?watch=1&resourceVersion=0&limit=1", METADATA)
        .await
        .into_body();
    let (mut tail, mut counted) = (Vec::new(), [0_usize; 3]);
    let kinds = [
        "{\"type\":\"ADDED\"",
        "{\"type\":\"MODIFIED\"",
        "{\"type\":\"DELETED\"",
    ];
    let mut begun = None;
    // The initial objects come first; what comes two seconds after them is counted.
    let quiet = Instant::now() + Duration::from_secs(15);
    while let Some(Ok(frame)) = body.frame().await {
        let Some(data) = frame.data_ref() else { continue };
        if Instant::now() < quiet {
            continue;
        }
        let since = *begun.get_or_insert_with(Instant::now);
        tail.extend_from_slice(data);
        let whole = memchr::memrchr(b'\n', &tail).map_or(0, |at| at + 1);
        for (count, kind) in counted.iter_mut().zip(kinds) {
            *count += memchr::memmem::find_iter(&tail[..whole], kind).count();
        }
        tail.drain(..whole);
        if since.elapsed() > Duration::from_secs(10) {
            break;
        }
    }
    let seconds = begun.map_or(1.0, |begun| begun.elapsed().as_secs_f64());
    let [added, modified, deleted] = counted.map(|count| count as f64 / seconds);
    say(&format!(
        "churn             {:.0} changes of pods a second of {asked} asked for ({added:.0} added, {modified:.0} modified, {deleted:.0} deleted); resident {:.0} MB",
        added + modified + deleted,
        server.memory("VmRSS")
    ));
}

/// The version of the last object among some events; in protobuf it stands behind the uid, as field 6 of the metadata.
fn newest_in(data: &[u8], accept: &str) -> Option<u64> {
    const UID: [u8; 2] = [0x2a, 36];
    if accept != PROTOBUF {
        return last(data, "\"resourceVersion\":\"").and_then(|text| text.parse().ok());
    }
    let mut found = memchr::memrchr_iter(b'\x32', data).filter_map(|at| {
        let behind = at.checked_sub(UID.len() + 36)?;
        let length = usize::from(*data.get(at + 1)?);
        let digits = data.get(at + 2..at + 2 + length)?;
        let text = data[behind..].starts_with(&UID).then_some(digits)?;
        std::str::from_utf8(text).ok()?.parse().ok()
    });
    found.next()
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
                let version = newest_in(data, accept);
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

/// Namespaces and names of running pods.
async fn running(client: &Client, namespace: &str, count: usize) -> Vec<(String, String)> {
    let path =
        format!("/api/v1/namespaces/{namespace}/pods?limit={count}&fieldSelector=status.phase%3DRunning");
    let mut body = get(client, &path, METADATA).await.into_body();
    let mut text = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        text.extend_from_slice(frame.data_ref().unwrap());
    }
    let list: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    let of = |item: &serde_json::Value, key: &str| item["metadata"][key].as_str().unwrap().to_owned();
    items
        .map(|item| (of(item, "namespace"), of(item, "name")))
        .collect()
}

/// Reads one log whole, and follows many.
async fn logs(server: &Server, kubeconfig: &str, (pods, rate): (&str, &str)) {
    let plain = client(kubeconfig, false).await;
    let (one, all) = (
        running(&plain, "shop", 1).await,
        running(&plain, "load-001", FOLLOWERS).await,
    );
    let path = |(namespace, name): &(String, String), query: &str| {
        format!("/api/v1/namespaces/{namespace}/pods/{name}/log?{query}")
    };
    let begun = Instant::now();
    let (bytes, _) = read(get(&plain, &path(&one[0], "timestamps=true"), JSON).await).await;
    say(&format!(
        "log of one pod    {:.2} MB in {:.0} ms, {:.0} MB/s",
        bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64() * 1e3,
        bytes as f64 / 1e6 / begun.elapsed().as_secs_f64()
    ));
    let (lines, bytes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for pod in &all {
        let (client, path) = (plain.clone(), path(pod, "follow=true&tailLines=0"));
        let (lines, bytes) = (Arc::clone(&lines), Arc::clone(&bytes));
        tasks.spawn(async move {
            let mut body = get(&client, &path, JSON).await.into_body();
            while let Some(Ok(frame)) = body.frame().await {
                let Some(data) = frame.data_ref() else { continue };
                let count = memchr::memchr_iter(b'\n', data).count();
                lines.fetch_add(count as u64, Ordering::Relaxed);
                bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let (cpu, begun, before) = (server.cpu(), Instant::now(), lines.load(Ordering::Relaxed));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let wall = begun.elapsed().as_secs_f64();
    let share: f64 = rate.parse::<f64>().unwrap() / pods.parse::<f64>().unwrap();
    say(&format!(
        "logs of {} pods  {:.0} lines a second; {:.0} are their share of {rate} (some end meanwhile); server with its world {:.0} % of a core",
        all.len(),
        (lines.load(Ordering::Relaxed) - before) as f64 / wall,
        share * all.len() as f64,
        (server.cpu() - cpu) / wall * 100.0
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
    changes(&server, &kubeconfig, &size(2, "1000")).await;
    let churned: u64 = size(4, "60").parse().unwrap();
    tokio::time::sleep(Duration::from_secs(churned).saturating_sub(begun.elapsed())).await;
    say(&format!(
        "resident          {:.0} MB after {churned} s",
        server.memory("VmRSS")
    ));
    lists(&server, &kubeconfig).await;
    for (accept, what) in [(JSON, "JSON"), (METADATA, "metadata"), (PROTOBUF, "protobuf")] {
        watchers(&server, &kubeconfig, (accept, what)).await;
    }
    logs(&server, &kubeconfig, (&size(0, "100000"), &size(3, "100000"))).await;
    say(&format!(
        "resident          {:.0} MB at the end",
        server.memory("VmRSS")
    ));
    say(&format!("resident at most  {:.0} MB", server.memory("VmHWM")));
}
