//! How fast pods of a real API server become rows, against skipping the same JSON, and how much memory they hold.
//!
//! `cargo bench --bench ingest` prints one table. The baseline, `IgnoredAny` of `serde_json` over the same pods, runs in the same process right
//! before: only ratios mean anything, and only of time the thread had a processor. A word behind `--` chooses the runs whose name contains it.
//!
//! The pods are recorded ones (`tests/fixtures/wire/pods.list.*`), each with a name, a uid and a token volume of its own: once all of them, once only those with
//! two containers, which are the larger ones. The table says how large. Held memory is told of the first run only: later ones fill what it left.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement that cannot be taken must not look like one"
)]

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use kubris::clock::Timestamp;
use kubris::kind::{Decode as _, DecodeOf, Of, Rows as _, Verb};
use kubris::kinds::pods::Pods;
use kubris::wire::frame::{Encoding, ListItem, ListReader};
use serde::de::IgnoredAny;

const PODS: usize = 100_000;
const PAGE: usize = 5_000;
/// As hyper hands a body on.
const CHUNK: usize = 16 << 10;

/// Recorded pods in one encoding, and where in each its name and uid stand.
struct Recording {
    items: Vec<Bytes>,
    identities: Vec<(String, String)>,
    encoding: Encoding,
}

/// Which of the recorded pods.
struct Mix {
    name: &'static str,
    takes: fn(containers: usize) -> bool,
}

const MIXES: [Mix; 2] = [
    Mix {
        name: "all recorded pods",
        takes: |_| true,
    },
    Mix {
        name: "those with two containers",
        takes: |containers| containers == 2,
    },
];

impl Recording {
    fn read(encoding: Encoding, mix: &Mix) -> Self {
        let ending = if encoding == Encoding::Protobuf {
            "pb"
        } else {
            "json"
        };
        let body = recorded(ending);
        let list: serde_json::Value = serde_json::from_slice(&recorded("json")).unwrap();
        let containers = |at: usize| list["items"][at]["spec"]["containers"].as_array().unwrap().len();
        let mut reader = ListReader::new(encoding);
        reader.push(&body);
        let mut items = Vec::new();
        while let Some(item) = reader.item().unwrap() {
            if let ListItem::Object(object) = item {
                items.push(object);
            }
        }
        let mut places = 0..;
        items.retain(|_| (mix.takes)(containers(places.next().unwrap())));
        Self {
            identities: items.iter().map(|item| identity(item)).collect(),
            items,
            encoding,
        }
    }

    /// One page: each pod with a uid, a name and a token volume of its own, of the recorded lengths. The buffers are used again, so that they do not count
    /// as memory held.
    fn page(&self, first: usize, (list, body): &mut (Vec<u8>, Vec<u8>)) {
        list.clear();
        body.clear();
        for number in first..first + PAGE {
            let mut pod = self.items[number % self.items.len()].to_vec();
            let (uid, name) = &self.identities[number % self.items.len()];
            let fresh = format!("{number:08x}-0000-4000-8000-{number:012x}");
            replace(&mut pod, uid.as_bytes(), fresh.as_bytes());
            let tail = format!("{number:06}");
            let (kept, cut) = name.as_bytes().split_at(name.len().saturating_sub(tail.len()));
            let renamed = [kept, &tail.as_bytes()[tail.len() - cut.len()..]].concat();
            replace(&mut pod, name.as_bytes(), &renamed);
            if let Some(at) = memchr::memmem::find(&pod, TOKEN_VOLUME) {
                let volume = pod[at..at + TOKEN_VOLUME.len() + 5].to_vec();
                let fresh = [TOKEN_VOLUME, format!("{:05x}", number % (1 << 20)).as_bytes()].concat();
                replace(&mut pod, &volume, &fresh);
            }
            self.append(list, &pod);
        }
        if self.encoding == Encoding::Protobuf {
            body.extend_from_slice(b"k8s\0\x12");
            prost::encoding::encode_varint(list.len() as u64, body);
            body.extend_from_slice(list);
        } else {
            body.extend_from_slice(HEAD);
            body.extend_from_slice(list);
            body.extend_from_slice(b"]}");
        }
    }

    fn append(&self, list: &mut Vec<u8>, pod: &[u8]) {
        if self.encoding == Encoding::Protobuf {
            list.push(2 << 3 | 2);
            prost::encoding::encode_varint(pod.len() as u64, list);
        } else if !list.is_empty() {
            list.push(b',');
        }
        list.extend_from_slice(pod);
    }
}

fn recorded(ending: &str) -> Vec<u8> {
    let path = format!(
        "{}/tests/fixtures/wire/pods.list.{ending}",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What the name of a pod's volume with its service account begins with; five characters of its own follow.
const TOKEN_VOLUME: &[u8] = b"kube-api-access-";
const HEAD: &[u8] = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":["#;

/// uid and name, found in the text of the pod: both encodings hold them as they are.
fn identity(pod: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(pod);
    let is_uid = |at: usize| {
        let slice = pod.get(at..at + 36)?;
        let dashes = [8, 13, 18, 23].iter().all(|dash| slice[*dash] == b'-');
        let hex = slice.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
        (dashes && hex).then(|| String::from_utf8_lossy(slice).into_owned())
    };
    let uid = (0..pod.len()).find_map(is_uid).unwrap();
    let name = match text.split_once("\"name\":\"") {
        Some((_, rest)) if text.starts_with('{') => rest.split('"').next().unwrap().to_owned(),
        // metadata (length of two bytes), then field 1: the name.
        _ => String::from_utf8_lossy(&pod[5..5 + pod[4] as usize]).into_owned(),
    };
    (uid, name)
}

fn replace(text: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&text[at..], from) {
        text[at + found..at + found + to.len()].copy_from_slice(to);
        at += found + to.len();
    }
}

/// Time this thread has had a processor, so that what else the machine does counts little.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// Resident memory in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// One run over all pods.
struct Run {
    name: &'static str,
    time: Duration,
    bytes: usize,
    held: Option<usize>,
}

fn skip(recording: &Recording) -> Run {
    let (mut time, mut bytes, mut buffers) = (Duration::ZERO, 0, Default::default());
    for first in (0..PODS).step_by(PAGE) {
        recording.page(first, &mut buffers);
        let body = &buffers.1;
        bytes += body.len();
        let start = busy();
        serde_json::from_slice::<IgnoredAny>(body).unwrap();
        time += busy().saturating_sub(start);
    }
    Run {
        name: "JSON skipped (IgnoredAny)",
        time,
        bytes,
        held: None,
    }
}

fn frames(recording: &Recording, name: &'static str) -> Run {
    let (mut time, mut bytes, mut count) = (Duration::ZERO, 0, 0);
    let mut buffers = Default::default();
    for first in (0..PODS).step_by(PAGE) {
        recording.page(first, &mut buffers);
        let body = &buffers.1;
        bytes += body.len();
        let start = busy();
        let mut reader = ListReader::new(recording.encoding);
        for chunk in body.chunks(CHUNK) {
            reader.push(chunk);
            while let Some(item) = reader.item().unwrap() {
                count += usize::from(matches!(item, ListItem::Object(_)));
            }
        }
        time += busy().saturating_sub(start);
    }
    assert_eq!(count, PODS);
    Run {
        name,
        time,
        bytes,
        held: None,
    }
}

fn ingest(recording: &Recording, name: &'static str) -> Run {
    let (mut time, mut bytes, mut buffers) = (Duration::ZERO, 0, Default::default());
    recording.page(0, &mut buffers);
    let before = resident();
    let mut decoder = DecodeOf::<Pods>::default();
    let mut rows = Of::<Pods>::default();
    rows.stamp(Timestamp::from_seconds(1));
    for first in (0..PODS).step_by(PAGE) {
        recording.page(first, &mut buffers);
        let body = &buffers.1;
        bytes += body.len();
        let start = busy();
        let mut reader = ListReader::new(recording.encoding);
        for chunk in body.chunks(CHUNK) {
            reader.push(chunk);
            while let Some(item) = reader.item().unwrap() {
                match item {
                    ListItem::Object(object) if recording.encoding == Encoding::Protobuf => {
                        decoder.proto(Verb::Upsert, object).unwrap();
                    }
                    ListItem::Object(object) => decoder.json(Verb::Upsert, &object).unwrap(),
                    ListItem::Meta(_) => {}
                }
            }
            if decoder.pending() >= 500 {
                rows.apply(0, decoder.take().unwrap());
            }
        }
        if let Some(batch) = decoder.take() {
            rows.apply(0, batch);
        }
        time += busy().saturating_sub(start);
    }
    assert_eq!(rows.len(), PODS);
    Run {
        name,
        time,
        bytes,
        held: Some(resident().saturating_sub(before)),
    }
}

fn main() {
    let chosen = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'))
        .unwrap_or_default();
    for (at, mix) in MIXES.iter().enumerate() {
        let mut runs = measured(mix, &chosen);
        let mut held = runs.iter_mut().filter_map(|run| run.held.as_mut());
        held.by_ref()
            .skip(usize::from(at == 0))
            .for_each(|held| *held = 0);
        print(mix, &runs);
    }
}

fn measured(mix: &Mix, chosen: &str) -> Vec<Run> {
    let (json, proto) = (
        Recording::read(Encoding::Json, mix),
        Recording::read(Encoding::Protobuf, mix),
    );
    let mut runs = vec![skip(&json)];
    for (recording, name) in [(&proto, "protobuf to rows"), (&json, "JSON to rows")] {
        if name.contains(chosen) {
            runs.push(ingest(recording, name));
        }
    }
    for (recording, name) in [
        (&proto, "protobuf, framing alone"),
        (&json, "JSON, framing alone"),
    ] {
        if name.contains(chosen) {
            runs.push(frames(recording, name));
        }
    }
    runs
}

fn print(mix: &Mix, runs: &[Run]) {
    let baseline = runs[0].time.as_secs_f64();
    let mut out = std::io::stdout().lock();
    let _ = writeln!(
        out,
        "{PODS} pods, {}\n{:<26} µs a pod  × skipped  bytes a pod  held a pod",
        mix.name, ""
    );
    for run in runs {
        let held = match run.held {
            None | Some(0) => "–".to_owned(),
            Some(held) => (held / PODS).to_string(),
        };
        let micros = run.time.as_secs_f64() * 1e6 / PODS as f64;
        let ratio = run.time.as_secs_f64() / baseline;
        let size = run.bytes / PODS;
        let _ = writeln!(
            out,
            "{:<26} {micros:>8.2} {ratio:>10.2} {size:>12} {held:>11}",
            run.name
        );
    }
}
