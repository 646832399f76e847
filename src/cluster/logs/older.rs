//! Loads what is older than the lines a stream has given. The API knows no "until", so the last lines are asked for and reading stops where the
//! known ones begin.

use std::sync::PoisonError;

use http_body_util::BodyExt as _;

use super::progress::Shared;
use super::request::{LogRequest, stream, within};
use super::stream::{Context, Spec};
use crate::clock::Timestamp;
use crate::cluster::error::{self, Trouble};
use crate::logs::{Chunk, Cutter, Line, LogEvent};

/// Loads some `lines` lines. Answers with [`LogEvent::Older`], which is empty when there are none or they could not be read; a failure is told
/// by the stream in its own state.
pub async fn load(context: Context, spec: Spec, progress: Shared, lines: u32) {
    let known = progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if known.beginning {
        return;
    }
    // Twice as many, because lines have come since and count from the end, too.
    let wanted = known.lines + u64::from(lines) * 2;
    let request = LogRequest {
        tail: Some(wanted),
        ..spec.request()
    };
    let purpose = request.purpose();
    let path = request.path();
    let until = known.first.or(spec.since);
    let reading = read(&context, &spec, &path, (until, known.at_first));
    let older = match within(context.timing.request, &purpose, reading).await {
        Ok(older) => {
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.add_older(&older);
            older
        }
        Err(trouble) => {
            tracing::warn!(%trouble, "older lines");
            Chunk::new(spec.source)
        }
    };
    context.say(LogEvent::Older(older)).await;
}

/// The lines before the known ones: those before `until.0`, and of those at that very time all but the last `until.1`.
async fn read(
    context: &Context,
    spec: &Spec,
    path: &str,
    until: (Option<Timestamp>, u32),
) -> Result<Chunk, Trouble> {
    let purpose = spec.request().purpose();
    let (_, mut body) = stream(&context.link, path, "*/*", &purpose, context.timing.request).await?;
    let mut cutter = Cutter::new(spec.source);
    let mut older = Older::new(spec, until);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|wrong| error::broken(&wrong, &purpose))?;
        cutter.push(frame.data_ref().map_or(&[], |data| &**data));
        if cutter.take().is_some_and(|chunk| older.add(&chunk)) {
            break;
        }
    }
    Ok(older.finish())
}

struct Older {
    until: (Option<Timestamp>, u32),
    chunk: Chunk,
    /// How many lines at the end carry the time of the first known one.
    equal: u32,
}

impl Older {
    const fn new(spec: &Spec, until: (Option<Timestamp>, u32)) -> Self {
        Self {
            until,
            chunk: Chunk::new(spec.source),
            equal: 0,
        }
    }

    /// Takes lines; true when the known ones begin.
    fn add(&mut self, chunk: &Chunk) -> bool {
        for (number, (line, text)) in (0..).zip(chunk.iter()) {
            if self.until.0.is_some_and(|until| line.stamp > until) {
                return true;
            }
            self.equal += u32::from(self.until.0 == Some(line.stamp));
            if let Some(length) = chunk.cut(number) {
                self.chunk.cuts.push((self.chunk.lines.len() as u32, length));
            }
            self.chunk.text.extend_from_slice(text);
            self.chunk.lines.push(Line {
                end: self.chunk.text.len() as u32,
                ..*line
            });
        }
        false
    }

    fn finish(mut self) -> Chunk {
        let known = self.equal.min(self.until.1) as usize;
        self.chunk
            .lines
            .truncate(self.chunk.lines.len().saturating_sub(known));
        let end = self.chunk.lines.last().map_or(0, |line| line.end as usize);
        self.chunk.text.truncate(end);
        let lines = self.chunk.lines.len() as u32;
        self.chunk.cuts.retain(|(line, _)| *line < lines);
        self.chunk
    }
}
