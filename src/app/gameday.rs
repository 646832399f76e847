//! A game day as the app knows it: how long it has run, which hints were read, how it ended, and the words for all that.

use super::App;
use crate::clock::Timestamp;
use crate::model::GameDay;
use crate::model::doc::{Line, span};
use crate::model::{Doc, Tone};
use crate::msg::{Effect, GameNews};
use crate::text::width;

const SECOND: i64 = 1_000_000_000;
/// Columns of the summary: it is printed on narrow terminals, too.
const PAGE: usize = 78;

/// A game day that is or was played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Game {
    /// Its number, which its end is told by.
    pub number: u64,
    /// What it is about.
    pub day: GameDay,
    /// When it began.
    pub began: Timestamp,
    /// How many hints were read.
    pub hints: usize,
    /// How it ended. `None` while it is played.
    pub end: Option<End>,
}

/// How a game day ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// Mended, rather than given up.
    pub mended: bool,
}

impl Game {
    fn new((number, day): (u64, GameDay), now: Timestamp) -> Self {
        Self {
            number,
            day,
            began: now,
            hints: 0,
            end: None,
        }
    }

    /// How long it took, or takes so far: `3:07`.
    fn time(&self, now: Timestamp) -> String {
        let until = self.end.map_or(now, |end| end.at);
        let seconds = until.nanos_since(self.began).max(0) / SECOND;
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }

    fn hints_read(&self) -> String {
        format!("{} of {} hints", self.hints, self.day.hints.len())
    }

    /// What stands under the header while it is played, in so many columns: the time, the symptom, the hints read so far.
    pub fn strip(&self, columns: u16, now: Timestamp) -> Vec<Line> {
        let columns = usize::from(columns);
        let time = self.time(now);
        if let Some(end) = self.end {
            let (sign, word, tone) = ending(end);
            let text = format!(" {sign} {word} {time} · :gameday shows what was behind it");
            return vec![vec![span(text, tone)]];
        }
        let more = match self.day.hints.len() - self.hints {
            0 => ":solution".to_owned(),
            left => format!("F2 hint ({left})"),
        };
        let head = format!(" {time}  {more}  ");
        let mut lines = hanging(&head, &self.day.symptom, columns, (Tone::Warn, Tone::Plain));
        for (at, hint) in self.day.hints.iter().take(self.hints).enumerate() {
            let head = format!(" hint {}  ", at + 1);
            lines.extend(hanging(&head, hint, columns, (Tone::Dim, Tone::Accent)));
        }
        lines
    }

    /// The story so far; the whole of it once it has ended.
    pub fn story(&self, now: Timestamp) -> Doc {
        let mut doc = Doc::default();
        let (head, tone) = match self.end {
            Some(end) => {
                let (sign, word, tone) = ending(end);
                let text = format!("{sign} {}: {word} {}", self.day.name, self.time(now));
                (format!("{text}, with {}", self.hints_read()), tone)
            }
            None => (
                format!("game day: {} so far, {} read", self.time(now), self.hints_read()),
                Tone::Heading,
            ),
        };
        doc.push(vec![span(head, tone)]);
        section(&mut doc, "symptom", std::slice::from_ref(&self.day.symptom));
        if self.end.is_some() {
            section(&mut doc, "cause", std::slice::from_ref(&self.day.cause));
            section(&mut doc, "evidence", &self.day.evidence);
            section(&mut doc, "shortest path", &self.day.path);
            section(&mut doc, "hints", &self.day.hints);
        } else {
            section(
                &mut doc,
                "hints",
                &self.day.hints[..self.hints.min(self.day.hints.len())],
            );
            doc.push(Vec::new());
            doc.push(vec![span(
                "F2 reads a hint · :solution gives up and tells all",
                Tone::Dim,
            )]);
        }
        doc
    }
}

fn ending(end: End) -> (&'static str, &'static str, Tone) {
    if end.mended {
        ("✓", "mended in", Tone::Ok)
    } else {
        ("✗", "given up after", Tone::Warn)
    }
}

fn section(doc: &mut Doc, title: &'static str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    doc.push(Vec::new());
    doc.push(vec![span(title, Tone::Heading)]);
    for line in lines {
        if line.starts_with("kubectl ") && !line.contains("  ") {
            // To be copied: never broken.
            doc.push(vec![span("  or: ", Tone::Dim), span(line.clone(), Tone::Key)]);
            continue;
        }
        // A path has columns of its own.
        let tones = (Tone::Dim, Tone::Plain);
        let head = if lines.len() > 1 { "  · " } else { "  " };
        match line.split_once("  ") {
            Some((keys, rest)) => doc.push(vec![
                span(format!("  {keys:<22}"), Tone::Key),
                span(rest.trim().to_owned(), Tone::Plain),
            ]),
            None => hanging(head, line, PAGE, tones)
                .into_iter()
                .for_each(|line| doc.push(line)),
        }
    }
}

/// A text after a head, broken between words, the further lines indented under the first.
fn hanging(head: &str, text: &str, columns: usize, (first, tone): (Tone, Tone)) -> Vec<Line> {
    let indent = width(head);
    let room = columns.saturating_sub(indent + 1).max(20);
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let last = rows
            .last_mut()
            .filter(|row| row.is_empty() || width(row) + 1 + width(word) <= room);
        match last {
            Some(row) if row.is_empty() => row.push_str(word),
            Some(row) => {
                row.push(' ');
                row.push_str(word);
            }
            None => rows.push(word.to_owned()),
        }
    }
    let rows = rows.into_iter().enumerate();
    rows.map(|(at, row)| {
        let head = if at == 0 {
            head.to_owned()
        } else {
            " ".repeat(indent)
        };
        vec![span(head, first), span(row, tone)]
    })
    .collect()
}

impl App {
    pub(super) fn game_news(&mut self, news: GameNews) {
        self.dirty = true;
        match news {
            GameNews::Began(number, day) => {
                self.game = Some(Game::new((number, *day), self.now));
                self.toast("game day: find out what is wrong, and mend it", Tone::Warn);
            }
            GameNews::Mended(number) => {
                if self.game.as_ref().is_some_and(|game| game.number == number) {
                    self.end_game(true);
                }
            }
            GameNews::Failed(why) => self.toast(why, Tone::Warn),
            GameNews::Refused(why) => self.toast(why, Tone::Bad),
        }
    }

    /// `:gameday`: one begins, or the story of the present one is shown.
    pub(super) fn play(&mut self, name: &str) {
        match &self.game {
            _ if !name.is_empty() => self.effects.push(Effect::GameDay(name.to_owned())),
            Some(game) => {
                let story = game.story(self.now);
                self.show_document("Game day", story);
            }
            None => self.effects.push(Effect::GameDay("random".to_owned())),
        }
    }

    /// The next hint, which stays under the header.
    pub(super) fn hint(&mut self) {
        match &mut self.game {
            Some(game) if game.end.is_some() => self.toast("this game day is over", Tone::Dim),
            Some(game) if game.hints >= game.day.hints.len() => {
                self.toast(
                    "there is no other hint · :solution gives up and tells all",
                    Tone::Dim,
                );
            }
            Some(game) => game.hints += 1,
            None => self.toast("no game day is being played", Tone::Dim),
        }
        self.dirty = true;
    }

    /// Ends the game day and tells its whole story.
    pub(super) fn end_game(&mut self, mended: bool) {
        let now = self.now;
        let Some(game) = &mut self.game else {
            return self.toast("no game day is being played", Tone::Dim);
        };
        if game.end.is_some() && mended {
            // It was given up before.
            return;
        }
        game.end.get_or_insert(End { at: now, mended });
        let (story, time) = (game.story(now), game.time(now));
        if mended {
            self.toast(format!("mended in {time}"), Tone::Ok);
        }
        self.show_document("Game day", story);
        self.zoom = Some(self.focus);
    }

    /// The lines under the header.
    pub fn strip(&self) -> Vec<Line> {
        let Some(game) = &self.game else { return Vec::new() };
        let mut lines = game.strip(self.size.width, self.now);
        lines.truncate(usize::from(self.size.height / 3));
        lines
    }

    /// When the time that a game day shows changes next.
    pub(super) fn game_change(&self) -> Option<Timestamp> {
        let game = self.game.as_ref().filter(|game| game.end.is_none())?;
        let passed = self.now.nanos_since(game.began).max(0);
        Some(Timestamp(self.now.0.saturating_add(SECOND - passed % SECOND)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn game() -> Game {
        let day = GameDay {
            name: "x".into(),
            symptom: "customers cannot pay every other minute: pods of payments/api restart".into(),
            hints: vec!["look".into(), "closer".into()],
            cause: "a leak".into(),
            evidence: vec!["one".into(), "two".into()],
            path: vec![":po  look".into()],
        };
        Game::new((1, day), Timestamp::from_seconds(100))
    }

    fn texts(lines: &[Line]) -> Vec<String> {
        lines
            .iter()
            .map(|line| line.iter().map(|span| span.text.as_ref()).collect())
            .collect()
    }

    #[test]
    fn the_end_of_another_game_is_not_the_end_of_this_one() {
        let config = crate::config::Config::default();
        let size = (100, 30);
        let mut app = App::new(
            config,
            crate::app::Start::default(),
            size,
            Timestamp::from_seconds(100),
        );
        for number in [1, 2] {
            app.game_news(GameNews::Began(number, Box::default()));
        }
        app.game_news(GameNews::Mended(1));
        assert_eq!(app.game.as_ref().unwrap().end, None);
        app.game_news(GameNews::Mended(2));
        assert!(app.game.as_ref().unwrap().end.is_some_and(|end| end.mended));
    }

    #[test]
    fn the_strip_fits_and_keeps_the_hints() {
        let mut game = game();
        game.hints = 1;
        let at = Timestamp::from_seconds(287);
        let lines = texts(&game.strip(80, at));
        assert!(lines[0].starts_with(" 3:07  F2 hint (1)  customers"), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some(" hint 1  look"));
        assert!(lines.iter().all(|line| width(line) <= 80));
        assert_eq!(game.strip(200, at).len(), 2);
    }

    #[test]
    fn the_story_tells_the_cause_only_in_the_end() {
        let mut game = game();
        let at = Timestamp::from_seconds(130);
        assert!(!game.story(at).plain().contains("leak"));
        game.end = Some(End { at, mended: true });
        let story = game.story(Timestamp::from_seconds(999)).plain();
        assert!(
            story.starts_with("✓ x: mended in 0:30, with 0 of 2 hints"),
            "{story}"
        );
        for word in ["a leak", "two", ":po", "closer"] {
            assert!(story.contains(word), "{story}");
        }
    }
}
