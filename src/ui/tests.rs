//! Every size, nasty text: nothing panics, nothing a terminal acts upon gets into a cell.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use super::draw;
use crate::model::{Area, Health, Tone};
use crate::theme::Theme;
use crate::view::{
    Body, CellBox, Foot, Head, Header, LinesBody, Look, OverlayBox, PaneBox, Piece, Prompt, RowLine, Screen,
    TableBody, Text,
};

const NASTY: &str =
    "a\u{1b}[31m日本\u{7}👩‍👩‍👧‍👦é\u{301}\u{200b}\u{202e}x\u{9b}2J\n\tend of a long text that goes on";

fn text(text: &str) -> Text {
    let piece = |look| Piece {
        text: text.to_owned(),
        look,
    };
    vec![
        piece(Look::Plain),
        piece(Look::Tone(Tone::Accent)),
        piece(Look::Match),
    ]
}

fn piece(words: &str) -> Piece {
    Piece {
        text: words.to_owned(),
        look: Look::Tone(Tone::Bad),
    }
}

fn table(height: u16) -> Body {
    let head = |x, width, right| Head {
        title: NASTY.to_owned(),
        x,
        width,
        right,
        sorted: Some(right),
        chosen: right,
    };
    let cell = |bar| CellBox {
        text: NASTY.to_owned(),
        look: Look::Changed,
        hits: vec![0..1, 3..4, 5..400],
        dim_prefix: 7,
        bar,
    };
    let row = RowLine {
        cells: vec![cell(None), cell(Some((640, Health::Warn))), cell(None)],
        cursor: true,
        marked: false,
        health: Health::Bad,
    };
    Body::Table(TableBody {
        heads: vec![head(1, 9, false), head(12, 17, true), head(60, 300, true)],
        rows: vec![row.clone(); usize::from(height)],
        totals: Some(row),
        explanation: vec![text(NASTY); 2],
        scroll: (3, usize::from(height), 1000),
    })
}

fn pane(area: Area, body: Body) -> PaneBox {
    PaneBox {
        area,
        focused: area.x == 0,
        title: text(NASTY),
        note: text(NASTY),
        body,
    }
}

fn screen(size: Area, prompt: bool, danger: bool) -> Screen {
    let (left, right) = size.split_columns(size.width / 2);
    let (upper, lower) = right.split_rows(size.height / 2);
    let lines = LinesBody {
        above: vec![text(NASTY)],
        lines: vec![text(NASTY); 50],
        scroll: (10, 50, 100),
    };
    Screen {
        size,
        header: Some(Header {
            context: NASTY.to_owned(),
            protected: danger,
            badges: vec![piece(NASTY), piece("DEMO")],
            scope: NASTY.to_owned(),
            state: piece(NASTY),
            facts: vec![text("nodes"), text(NASTY)],
        }),
        strip: vec![text(NASTY)],
        panes: vec![
            pane(left, table(size.height)),
            pane(upper, Body::Lines(lines)),
            pane(lower, Body::Empty(vec![text(NASTY), text("why")])),
        ],
        foot: Foot {
            hints: vec![
                ("l".to_owned(), NASTY.to_owned()),
                ("?".to_owned(), "help".to_owned()),
            ],
            toast: Some(piece(NASTY)),
            prompt: prompt.then(|| Prompt {
                sign: ":".to_owned(),
                text: NASTY.to_owned(),
                cursor: 30,
                ghost: NASTY.to_owned(),
                note: Some(piece(NASTY)),
                offers: vec![NASTY.to_owned(); 30],
                chosen: Some(20),
            }),
        },
        overlay: (!prompt).then(|| {
            Box::new(OverlayBox {
                title: NASTY.to_owned(),
                danger,
                lines: vec![text(NASTY); 40],
                at: Some(30),
                cursor: Some((usize::from(danger), 70)),
                buttons: vec![("Cancel".to_owned(), false), (NASTY.to_owned(), true)],
                share: (80, 80),
            })
        }),
        notice: Vec::new(),
    }
}

fn drawn(width: u16, height: u16, screen: &Screen) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(frame, screen, &Theme::default()))
        .unwrap();
    terminal.backend().buffer().clone()
}

#[test]
fn no_size_and_no_text_does_harm() {
    let small = (0..26).flat_map(|width| (0..14).map(move |height| (width, height)));
    let large = [(80, 24), (81, 3), (1, 200), (200, 60), (400, 200), (400, 1)];
    for (width, height) in small.chain(large) {
        let size = Area::new(0, 0, width, height);
        for (prompt, danger) in [(true, true), (false, true), (false, false)] {
            let buffer = drawn(width, height, &screen(size, prompt, danger));
            for cell in buffer.content() {
                let harmful = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}');
                assert!(!cell.symbol().contains(harmful), "{:?}", cell.symbol());
            }
        }
    }
}

#[test]
fn a_screen_of_another_size_does_no_harm() {
    let large = screen(Area::new(0, 0, 300, 100), true, true);
    let small = screen(Area::new(0, 0, 7, 3), false, false);
    for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24)] {
        drawn(width, height, &large);
        drawn(width, height, &small);
    }
}

#[test]
fn an_empty_screen_shows_its_notice() {
    let screen = Screen {
        size: Area::new(0, 0, 20, 5),
        notice: vec![vec![piece("no cluster")]],
        ..Screen::default()
    };
    let buffer = drawn(20, 5, &screen);
    let row: String = (0..20).map(|x| buffer[(x, 2)].symbol()).collect();
    assert_eq!(row.trim(), "no cluster");
    assert_eq!(row.find("no cluster"), Some(5));
}

#[test]
fn a_long_message_takes_a_third_of_the_screen_at_most() {
    let screen = Screen {
        size: Area::new(0, 0, 40, 12),
        notice: vec![vec![piece("below")]],
        foot: Foot {
            toast: Some(piece(&"word ".repeat(100))),
            ..Foot::default()
        },
        ..Screen::default()
    };
    let buffer = drawn(40, 12, &screen);
    let row = |y: u16| -> String { (0..40).map(|x| buffer[(x, y)].symbol()).collect() };
    assert!(row(8).contains("word") && !row(7).contains("word"));
    assert!(row(11).contains('…'), "{}", row(11));
}
