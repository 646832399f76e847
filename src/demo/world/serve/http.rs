//! What the programs of pods answer to HTTP, whoever asks: a client in another pod, a proxy, a forwarded port. Opens no connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::listens;
use crate::clock::Timestamp;
use crate::demo::image::{self, LogStyle};
use crate::demo::kubelet::scene::Answer;
use crate::demo::kubelet::spec::Container;
use crate::demo::kubelet::status;
use crate::demo::kubelet_api::{ExecRequest, Page, Visit};
use crate::demo::world::World;
use crate::demo::world::state::{Key, Pod, key};

/// Thousandths of a core that a pod without limit may use.
const UNLIMITED: u64 = 4_000;

/// Bytes of a request's head that are read at most.
const HEAD: usize = 16 << 10;

/// Answers the requests of one connection to a port of a pod; what follows a head is taken for the next one.
///
/// # Errors
/// When the connection breaks.
pub(super) async fn serve(world: &World, visit: Visit, mut stream: DuplexStream) -> std::io::Result<()> {
    let mut read = Vec::new();
    while let Some(text) = head(&mut stream, &mut read).await? {
        skip(&mut stream, &mut read, length(&text)).await?;
        let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
        let visit = Visit {
            path,
            ..visit.clone()
        };
        let page = world.visit_at(&visit, world.store().clock().now());
        let (page, took) = page.unwrap_or_else(|why| (Page::text(502, why), Duration::ZERO));
        world.store().clock().sleep(took).await;
        let reason = hyper::StatusCode::from_u16(page.code).unwrap_or_default();
        let answer = format!(
            "HTTP/1.1 {reason}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            page.kind,
            page.body.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        if !text.starts_with("HEAD ") {
            stream.write_all(&page.body).await?;
        }
    }
    Ok(())
}

/// The head of the next request; `None` when the client has closed. What was read beyond it stays.
async fn head(stream: &mut DuplexStream, read: &mut Vec<u8>) -> std::io::Result<Option<String>> {
    loop {
        let found = memchr::memmem::find(read, b"\r\n\r\n").map(|at| at + 4);
        if let Some(end) = found.or((read.len() > HEAD).then_some(read.len())) {
            let head: Vec<u8> = read.drain(..end).collect();
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Passes over a body of `left` bytes.
async fn skip(stream: &mut DuplexStream, read: &mut Vec<u8>, mut left: u64) -> std::io::Result<()> {
    loop {
        let here = read.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        read.drain(..here);
        left -= here as u64;
        if left == 0 || stream.read_buf(read).await? == 0 {
            return Ok(());
        }
    }
}

/// Bytes of the body that follows a head (RFC 9112, section 6.2).
fn length(head: &str) -> u64 {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let found = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    found.map_or(0, |(_, value)| value.trim().parse().unwrap_or(0))
}

impl World {
    /// The answer of a pod to a request, and how long it took; it counts as load. The error is the dialler's.
    ///
    /// # Errors
    /// When nothing listens there.
    pub(super) fn visit_at(&self, visit: &Visit, at: Timestamp) -> Result<(Page, Duration), String> {
        let place = key(&visit.namespace, &visit.pod);
        let inner = self.lock();
        let pod = inner.pods.get(&place).cloned();
        let answer = pod.as_ref().and_then(|pod| inner.answer_of(&place, pod));
        drop(inner);
        let pod = pod.ok_or_else(|| format!("lookup {}: no such host", visit.pod))?;
        let life = pod.life.as_ref();
        let address = life.and_then(|life| life.ip).map(status::address);
        let dial = format!(
            "dial tcp {}:{}",
            address.as_deref().unwrap_or_default(),
            visit.port
        );
        let container = address.as_ref().and_then(|_| listens(&pod, visit.port));
        let Some(container) = container else {
            return Err(format!("{dial}: connect: connection refused"));
        };
        if answer == Some(Answer::Late) {
            return Err(format!("{dial}: i/o timeout"));
        }
        let secure = is_secure(visit.port);
        if visit.secure && !secure {
            return Err("http: server gave HTTP response to HTTPS client".to_owned());
        }
        let milli = match container.limits.0 {
            0 => UNLIMITED,
            limit => limit,
        };
        let took = self.traffic().serve(&pod.uid, (at, work(container)), milli);
        let page = match answer {
            _ if secure && !visit.secure => {
                Page::text(400, "Client sent an HTTP request to an HTTPS server.\n")
            }
            Some(Answer::Code(code)) => Page::text(code, "upstream unavailable\n"),
            _ => self.page(&place, (&pod, container), visit),
        };
        Ok((page, took))
    }

    fn page(&self, place: &Key, (pod, container): (&Pod, &Container), visit: &Visit) -> Page {
        let name = program(&container.image);
        let path = visit.path.split('?').next().unwrap_or_default();
        let text = |text: String| Page::text(200, text);
        match name {
            "nginx" => self.file(place, container, path),
            "httpd" => Page::html(200, "<html><body><h1>It works!</h1></body></html>\n"),
            "hpa-example" => Page::html(200, "OK!"),
            "http-echo" => text(format!("{}\n", told(container, "text").unwrap_or("hello-world"))),
            "hello-app" => {
                let version = image::tag(&container.image);
                text(format!(
                    "Hello, world!\nVersion: {version}.0.0\nHostname: {}\n",
                    place.1
                ))
            }
            "kubernetes-bootcamp" => {
                let version = image::tag(&container.image).trim_start_matches('v');
                text(format!(
                    "Hello Kubernetes bootcamp! | Running on: {} | v={version}\n",
                    place.1
                ))
            }
            "agnhost" | "whoami" if path == "/hostname" => text(place.1.to_string()),
            _ => match path {
                "/healthz" | "/readyz" | "/livez" | "/health" | "/ready" => text("ok\n".to_owned()),
                "/metrics" => {
                    let seconds = self.traffic().total(&pod.uid) as f64 / 1e9;
                    text(format!(
                        "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {seconds}\n"
                    ))
                }
                _ => text(format!(
                    "demo cluster: pod {} answers {path} on port {}; nothing here is real\n",
                    place.1, visit.port
                )),
            },
        }
    }

    /// A page of an nginx.
    fn file(&self, place: &Key, container: &Container, path: &str) -> Page {
        let request = ExecRequest {
            namespace: place.0.to_string(),
            pod: place.1.to_string(),
            container: container.name.clone(),
            command: Vec::new(),
            stdin: false,
            tty: false,
        };
        let machine = self.machine(&request);
        let found = machine.as_ref().and_then(|machine| machine.serves(path));
        match found {
            Some(content) => Page {
                body: content.clone(),
                ..Page::html(200, "")
            },
            None => Page::html(404, NOT_FOUND),
        }
    }
}

const NOT_FOUND: &str = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Whether a port speaks TLS.
fn is_secure(port: u16) -> bool {
    matches!(port, 443 | 4443 | 8443 | 9443 | 10250)
}

/// The last part of an image's name.
fn program(image: &str) -> &str {
    let name = image::repository(image);
    name.rsplit('/').next().unwrap_or(name)
}

/// The value of an option that a container was given.
fn told<'a>(container: &'a Container, option: &str) -> Option<&'a str> {
    let mut words = container.command.iter();
    words.find_map(|word| {
        word.trim_start_matches('-')
            .strip_prefix(option)?
            .strip_prefix('=')
    })
}

/// What one request costs, nanoseconds of a core: a million square roots in PHP for the program of the autoscaling walkthrough of the
/// Kubernetes documentation; a tenth of a millisecond for a static page; one to eight for what an application does.
fn work(container: &Container) -> u64 {
    const MICROSECOND: u64 = 1_000;
    let micros = match program(&container.image) {
        "hpa-example" => 30_000,
        "nginx" | "httpd" | "http-echo" => 100,
        _ if container.nature().log == LogStyle::Java => 8_000,
        _ if container.is_unknown() => 1_000,
        _ => 2_000,
    };
    micros * MICROSECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_request_of_a_connection_is_read_whole() {
        let (mut client, mut server) = tokio::io::duplex(64);
        let sending = async move {
            let parts: [&[u8]; 3] = [
                b"GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 22\r\n\r\nGET",
                b" /no HTTP/1.1\r\n\r\nxyz",
                b"GET /c HTTP/1.1\r\n\r\nGET /d",
            ];
            for part in parts {
                client.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let reading = async move {
            let (mut read, mut asked) = (Vec::new(), Vec::new());
            while let Some(text) = head(&mut server, &mut read).await.unwrap() {
                skip(&mut server, &mut read, length(&text)).await.unwrap();
                asked.push(text.split(' ').nth(1).unwrap_or_default().to_owned());
            }
            asked
        };
        let ((), asked) = tokio::join!(sending, reading);
        assert_eq!(asked, ["/a", "/b", "/c"]);
    }
}
