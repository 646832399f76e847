//! Pod logs: which lines, in what form, and following. The lines are the kubelets'.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use hyper::Response;
use tokio::sync::watch;

use super::answer::{self, Body};
use super::request::Request;
use super::route::Target;
use super::{Shared, container};
use crate::clock::Timestamp;
use crate::demo::kubelet_api::{LogLine, LogOf};
use crate::demo::status::Status;

/// Lines that are asked for at a time.
const BATCH: usize = 2_000;

/// How long a follower gathers lines before it looks again: thousands may follow at once.
const GATHER: Duration = Duration::from_millis(50);

/// One reader of one log.
struct Reader {
    shared: Arc<Shared>,
    of: LogOf,
    next: u64,
    follow: bool,
    timestamps: bool,
    /// Bytes that may still be sent.
    left: usize,
    grown: watch::Receiver<u64>,
}

pub(super) fn log(
    shared: &Arc<Shared>,
    request: &Request,
    target: &Target,
) -> Result<Response<Body>, Status> {
    let (name, _) = container::of(shared, request, target)?;
    // A feature that is off unless it is asked for.
    if request.param("stream").is_some_and(|stream| stream != "All") {
        let text = "Forbidden: may not be specified";
        return Err(wrong(target.object(), ("stream", "FieldValueForbidden", text)));
    }
    let of = LogOf {
        namespace: target.space().into(),
        pod: target.object().into(),
        container: name,
        previous: request.flag("previous"),
    };
    write(shared, request, of)
}

/// The lines of a container that the request's options ask for.
pub(super) fn write(shared: &Arc<Shared>, request: &Request, of: LogOf) -> Result<Response<Body>, Status> {
    let follow = request.flag("follow");
    let grown = shared.kubelets.logs_grown();
    let next = start(shared, request, &of)?;
    let left = match request.number("limitBytes")? {
        Some(limit) if limit < 1 => {
            let text = format!("Invalid value: {limit}: must be greater than 0");
            return Err(wrong(&of.pod, ("limitBytes", "FieldValueInvalid", &text)));
        }
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let timestamps = request.flag("timestamps");
    let reader = Reader {
        shared: Arc::clone(shared),
        of,
        next,
        follow,
        timestamps,
        left,
        grown,
    };
    let pieces = stream::unfold(reader, |mut reader| async move {
        let piece = reader.piece().await?;
        Some((io::Result::Ok(piece), reader))
    });
    Ok(answer::of_type(200, "text/plain", answer::stream(pieces)))
}

/// The first line to send: by time, and by count from the end.
fn start(shared: &Shared, request: &Request, of: &LogOf) -> Result<u64, Status> {
    let span = shared.kubelets.log_span(of)?;
    let mut from = span.first;
    if let Some(since) = since(shared, request, &of.pod)?.max(shared.faults.rotated()) {
        let (mut low, mut high) = (span.first, span.end);
        while low < high {
            let middle = low + (high - low) / 2;
            let (_, lines) = shared.kubelets.log_lines(of, middle, 1);
            match lines.first() {
                Some(line) if line.at < since => low = middle + 1,
                _ => high = middle,
            }
        }
        from = low;
    }
    if let Some(tail) = request.number("tailLines")? {
        let tail = u64::try_from(tail).map_err(|_| {
            let text = format!("Invalid value: {tail}: must be greater than or equal to 0");
            wrong(&of.pod, ("tailLines", "FieldValueInvalid", &text))
        })?;
        from = from.max(span.end.saturating_sub(tail));
    }
    Ok(from)
}

/// 422 of an option.
fn wrong(pod: &str, cause: (&str, &str, &str)) -> Status {
    Status::invalid("PodLogOptions", pod, cause)
}

fn since(shared: &Shared, request: &Request, pod: &str) -> Result<Option<Timestamp>, Status> {
    let seconds = request.number("sinceSeconds")?;
    match (seconds, request.param("sinceTime")) {
        (Some(_), Some(_)) => {
            let text = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
            Err(wrong(pod, ("[]", "FieldValueForbidden", text)))
        }
        (Some(seconds), None) if seconds < 1 => {
            let text = format!("Invalid value: {seconds}: must be greater than 0");
            Err(wrong(pod, ("sinceSeconds", "FieldValueInvalid", &text)))
        }
        (Some(seconds), None) => Ok(Some(Timestamp(
            shared.store.clock().now().0 - seconds.saturating_mul(1_000_000_000),
        ))),
        (None, Some(time)) => {
            let parsed = Timestamp::parse(time);
            parsed.map(Some).ok_or_else(|| {
                let layout = "2006-01-02T15:04:05Z07:00";
                Status::bad_request(format!(
                    "parsing time {time:?} as {layout:?}: cannot parse {time:?} as \"2006\""
                ))
            })
        }
        (None, None) => Ok(None),
    }
}

impl Reader {
    /// The next lines; `None` at the end.
    async fn piece(&mut self) -> Option<Bytes> {
        loop {
            if self.left == 0 {
                return None;
            }
            self.grown.borrow_and_update();
            // A pod that is gone has no more to say.
            let span = self.shared.kubelets.log_span(&self.of).ok()?;
            let (first, lines) = self.shared.kubelets.log_lines(&self.of, self.next, BATCH);
            self.next = first;
            if !lines.is_empty() {
                tokio::task::yield_now().await;
                return Some(self.write(&lines));
            }
            if !self.follow || span.finished {
                return None;
            }
            self.grown.changed().await.ok()?;
            tokio::time::sleep(GATHER).await;
        }
    }

    fn write(&mut self, lines: &[LogLine]) -> Bytes {
        let mut out = BytesMut::with_capacity(lines.iter().map(|line| line.text.len() + 40).sum());
        for line in lines {
            if self.timestamps {
                out.put_slice(stamp(line.at).as_bytes());
                out.put_u8(b' ');
            }
            out.put_slice(&line.text);
            out.put_u8(b'\n');
        }
        self.next += lines.len() as u64;
        out.truncate(self.left);
        self.left -= out.len();
        out.freeze()
    }
}

/// RFC 3339 with nine digits after the point, as the kubelet writes it.
fn stamp(at: Timestamp) -> String {
    let whole = Timestamp::from_seconds(at.seconds()).rfc3339();
    let nanos = at.0.rem_euclid(1_000_000_000);
    format!("{}.{nanos:09}Z", whole.trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_have_nine_digits() {
        assert_eq!(
            stamp(Timestamp::from_parts(1_800_000_000, 5)),
            "2027-01-15T08:00:00.000000005Z"
        );
    }
}
