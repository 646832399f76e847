//! An API server on loopback that serves pods and logs and misbehaves on request. For the tests of log queries only.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use http::{Request, Response, StatusCode};
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::clock::Timestamp;
use crate::cluster::gate::Gate;
use crate::cluster::link::Link;
use crate::msg::{Access, ClusterInfo};

type Body = BoxBody<Bytes, io::Error>;

/// What the server has and does.
#[derive(Default)]
pub struct World {
    pub pods: BTreeMap<String, Value>,
    pub objects: BTreeMap<String, Value>,
    /// Watch events since the start.
    events: Vec<Value>,
    /// Log by pod; each line with its time.
    pub logs: BTreeMap<String, Vec<(i64, String)>>,
    /// Log of the instance before.
    pub previous: BTreeMap<String, Vec<(i64, String)>>,
    /// Pods whose container ended: a followed stream ends.
    pub ended: Vec<String>,
    /// Paths of all requests.
    pub requests: Vec<String>,
    /// Answers to the next requests for logs, before any real one.
    pub refusals: Vec<(u16, &'static str)>,
    /// Counts up; streams that were opened under another number end.
    cut: u64,
    /// How they end: cleanly, or after these bytes of the next line.
    torn: Option<usize>,
    /// Streams opened while this is set never get another byte.
    pub deaf: bool,
}

/// The server.
#[derive(Clone)]
pub struct Fake {
    world: Arc<Mutex<World>>,
    changed: watch::Sender<u64>,
}

impl Fake {
    /// Starts it on loopback.
    pub async fn start() -> (Self, Arc<Link>) {
        let fake = Self {
            world: Arc::default(),
            changed: watch::Sender::new(0),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = fake.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                tokio::spawn(server.clone().serve(socket));
            }
        });
        let config = kube::Config::new(format!("http://{address}").parse().unwrap());
        let gate = Gate::new(config, Access::ReadOnly, None);
        (fake, Arc::new(Link::new(gate, ClusterInfo::default())))
    }

    async fn serve(self, socket: tokio::net::TcpStream) {
        let service = service_fn(|request| {
            let answer = self.answer(&request);
            async { Ok::<_, Infallible>(answer) }
        });
        let builder = hyper::server::conn::http1::Builder::new();
        let _ = builder.serve_connection(TokioIo::new(socket), service).await;
    }

    /// Changes the world and wakes everything that waits for it.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let result = change(&mut self.world.lock().unwrap());
        self.changed.send_modify(|version| *version += 1);
        result
    }

    /// Creates or replaces a pod with one container `app` in a state.
    pub fn pod(&self, name: &str, id: &str, state: &Value, last: &Value) {
        let restarts = id
            .bytes()
            .last()
            .map_or(0, |digit| u32::from(digit.saturating_sub(b'0')));
        self.change(|world| {
            let kind = if world.pods.contains_key(name) { "MODIFIED" } else { "ADDED" };
            let pod = json!({
                "kind": "Pod", "apiVersion": "v1",
                "metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": (world.events.len() + 1).to_string(),
                    "ownerReferences": [{"kind": "ReplicaSet", "apiVersion": "apps/v1", "name": "web-1", "uid": "uid-web-1", "controller": true}]},
                "spec": {"nodeName": "n1", "containers": [{"name": "app"}]},
                "status": {"containerStatuses": [{"name": "app", "containerID": id, "restartCount": restarts, "state": state, "lastState": last}]},
            });
            world.pods.insert(name.to_owned(), pod.clone());
            world.events.push(json!({"type": kind, "object": pod}));
        });
    }

    /// A running pod.
    pub fn running(&self, name: &str) {
        self.pod(name, "c://0", &json!({"running": {}}), &json!({}));
    }

    /// Deletes a pod; its log goes on until it is ended.
    pub fn delete(&self, name: &str) {
        self.change(|world| {
            if let Some(pod) = world.pods.remove(name) {
                world.events.push(json!({"type": "DELETED", "object": pod}));
            }
        });
    }

    /// Writes lines: milliseconds and text.
    pub fn write(&self, pod: &str, lines: &[(i64, &str)]) {
        self.change(|world| {
            let log = world.logs.entry(pod.to_owned()).or_default();
            log.extend(lines.iter().map(|(at, text)| (*at, (*text).to_owned())));
        });
    }

    /// Ends all streams: cleanly, or with an error after so many bytes of the line that comes next.
    pub fn cut(&self, torn: Option<usize>) {
        self.change(|world| {
            world.cut += 1;
            world.torn = torn;
        });
    }

    /// How many requests for logs of a pod there were.
    pub fn log_requests(&self, pod: &str) -> usize {
        let needle = format!("/pods/{pod}/log?");
        self.change(|world| {
            world
                .requests
                .iter()
                .filter(|path| path.contains(&needle))
                .count()
        })
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let path = request.uri().to_string().replace("%3A", ":");
        let mut world = self.world.lock().unwrap();
        world.requests.push(path.clone());
        if let Some(rest) = path.strip_prefix("/api/v1/namespaces/shop/pods/") {
            let (pod, query) = rest.split_once("/log?").unwrap();
            if !world.refusals.is_empty() {
                let (code, message) = world.refusals.remove(0);
                return refuse(code, message);
            }
            return self.log(&world, pod, query);
        }
        if path.contains("watch=true") {
            return self.watch(&path);
        }
        if path.contains("/pods?") {
            let name = path
                .split("metadata.name%3D")
                .nth(1)
                .and_then(|rest| rest.split('&').next());
            let pods = world
                .pods
                .values()
                .filter(|pod| name.is_none_or(|name| pod["metadata"]["name"] == name));
            let items: Vec<&Value> = pods.collect();
            return whole(
                &json!({"kind": "PodList", "metadata": {"resourceVersion": world.events.len().to_string()}, "items": items}),
            );
        }
        match world.objects.get(&path) {
            Some(object) => whole(object),
            None => refuse(404, "not found"),
        }
    }

    fn watch(&self, path: &str) -> Response<Body> {
        let from = path
            .split("resourceVersion=")
            .nth(1)
            .and_then(|rest| rest.split('&').next());
        let mut sent: usize = from.unwrap().parse().unwrap();
        let fake = self.clone();
        stream(move |out| async move {
            let mut changed = fake.changed.subscribe();
            loop {
                let fresh: Vec<Value> = fake
                    .world
                    .lock()
                    .unwrap()
                    .events
                    .iter()
                    .skip(sent)
                    .cloned()
                    .collect();
                sent += fresh.len();
                for event in fresh {
                    send(&out, format!("{event}\n").into_bytes())?;
                }
                changed.changed().await.ok()?;
            }
        })
    }

    fn log(&self, world: &World, pod: &str, query: &str) -> Response<Body> {
        let parameter = |name: &str| {
            query
                .split('&')
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let since = parameter("sinceTime").and_then(Timestamp::parse);
        let source = if query.contains("previous=true") {
            &world.previous
        } else {
            &world.logs
        };
        let all = source.get(pod).cloned().unwrap_or_default();
        let wanted: Vec<_> = all
            .iter()
            .filter(|(at, _)| since.is_none_or(|since| stamp(*at) >= since))
            .cloned()
            .collect();
        let tail = parameter("tailLines")
            .and_then(|tail| tail.parse().ok())
            .unwrap_or(usize::MAX);
        let text: String = wanted
            .iter()
            .skip(wanted.len().saturating_sub(tail))
            .map(line)
            .collect();
        if !query.contains("follow=true") {
            return Response::new(
                Full::new(Bytes::from(text))
                    .map_err(|never| match never {})
                    .boxed(),
            );
        }
        let (fake, pod, deaf, cut) = (self.clone(), pod.to_owned(), world.deaf, world.cut);
        let mut sent = all.len();
        stream(move |out| async move {
            send(&out, text.into_bytes())?;
            let mut changed = fake.changed.subscribe();
            loop {
                let step = fake.step(&pod, &mut sent, cut);
                if deaf {
                    std::future::pending::<()>().await;
                }
                match step {
                    Step::Send(text) => send(&out, text.into_bytes())?,
                    Step::End => return None,
                    Step::Tear(text) => {
                        send(&out, text.into_bytes())?;
                        tokio::task::yield_now().await;
                        let _ = out.unbounded_send(Err(io::Error::other("torn")));
                        return None;
                    }
                    Step::Wait => changed.changed().await.ok()?,
                }
            }
        })
    }

    fn step(&self, pod: &str, sent: &mut usize, cut: u64) -> Step {
        let world = self.world.lock().unwrap();
        let log = world.logs.get(pod).map(Vec::as_slice).unwrap_or_default();
        if world.cut != cut {
            let next: String = log.iter().skip(*sent).take(1).map(line).collect();
            return match world.torn {
                Some(bytes) => Step::Tear(next.chars().take(bytes).collect()),
                None => Step::End,
            };
        }
        let fresh: String = log.iter().skip(*sent).map(line).collect();
        *sent = log.len();
        if !fresh.is_empty() {
            Step::Send(fresh)
        } else if world.ended.iter().any(|ended| ended == pod) {
            Step::End
        } else {
            Step::Wait
        }
    }
}

enum Step {
    Send(String),
    End,
    Tear(String),
    Wait,
}

fn stamp(millis: i64) -> Timestamp {
    Timestamp(millis * 1_000_000)
}

fn line((at, text): &(i64, String)) -> String {
    format!("{} {text}\n", stamp(*at).rfc3339())
}

fn whole(value: &Value) -> Response<Body> {
    let body = Full::new(Bytes::from(value.to_string()))
        .map_err(|never| match never {})
        .boxed();
    let mut answer = Response::new(body);
    answer
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    answer
}

fn refuse(code: u16, message: &str) -> Response<Body> {
    let mut answer = whole(&json!({"kind": "Status", "status": "Failure", "message": message, "code": code}));
    *answer.status_mut() = StatusCode::from_u16(code).unwrap();
    answer
}

type Out = UnboundedSender<Result<Frame<Bytes>, io::Error>>;

fn send(out: &Out, bytes: Vec<u8>) -> Option<()> {
    if bytes.is_empty() {
        return (!out.is_closed()).then_some(());
    }
    out.unbounded_send(Ok(Frame::data(Bytes::from(bytes)))).ok()
}

fn stream<F: Future<Output = Option<()>> + Send + 'static>(task: impl FnOnce(Out) -> F) -> Response<Body> {
    let (out, body) = unbounded();
    tokio::spawn(task(out));
    let mut answer = Response::new(StreamBody::new(body).boxed());
    answer
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    answer
}
