//! Programs that take the whole terminal: `top` and a pager. They follow its size and give it back as it was.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;

use super::session::{Done, Session};

/// Enters the other screen and hides the cursor; and the way back.
const SCREEN: (&[u8], &[u8]) = (b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l");

/// `top`: drawn anew every two seconds and when the terminal changes, until `q` or Ctrl-C.
pub async fn top(session: &mut Session) -> Done {
    session.console.out(SCREEN.0).await;
    while !session.console.gone {
        let text = picture(session);
        session.console.out(text.as_bytes()).await;
        let rhythm = session.rhythm.clone();
        let key = tokio::select! {
            key = session.console.byte() => key,
            () = rhythm.sleep(Duration::from_secs(2)) => continue,
        };
        rhythm.forget();
        if matches!(key, None | Some(b'q' | 3)) {
            break;
        }
    }
    session.console.out(SCREEN.1).await;
    Done::default()
}

fn picture(session: &Session) -> String {
    let (columns, rows) = session.console.size();
    let usage = session.machine.usage();
    let (cpu, memory) = usage.iter().fold((0, 0), |sum, (_, one)| {
        (sum.0 + one.cpu_nano, sum.1 + one.memory_bytes)
    });
    let mut lines = vec![
        format!(
            "Mem: {}K used, {}K limit, {columns}x{rows}",
            memory >> 10,
            session.machine.limit >> 10
        ),
        format!("CPU: {:.1}% usr   0.0% sys", cpu as f64 / 1e7),
        "\x1b[7m  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\x1b[0m".into(),
        format!(
            "    1     0 root     S    {:>5}m  12% {:>4.1} {}",
            memory >> 20,
            cpu as f64 / 1e7,
            session.machine.command
        ),
        "   47     0 root     S     1680   0%  0.0 sh".into(),
        "   53    47 root     R     1688   0%  0.0 top".into(),
    ];
    lines.truncate(usize::from(rows).max(1));
    let mut text = String::from("\x1b[H\x1b[2J");
    for line in &lines {
        let cut: String = line
            .chars()
            .take(usize::from(columns) + if line.contains('\x1b') { 8 } else { 0 })
            .collect();
        let _ = writeln!(text, "{cut}");
    }
    text.trim_end_matches('\n').to_owned()
}

/// A pager over a file or `data`: space and `j` go on, `k` goes back, `q` leaves.
pub async fn page(session: &mut Session, arguments: &[&str], data: Option<Vec<u8>>) -> Done {
    let name = arguments.iter().find(|word| !word.starts_with('-')).copied();
    let content = data
        .map(Bytes::from)
        .or_else(|| session.machine.files.get(&session.path(name?)).cloned());
    let Some(content) = content else {
        return Done::failed(
            1,
            format!("less: {}: No such file or directory", name.unwrap_or_default()),
        );
    };
    let text = String::from_utf8_lossy(&content).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    session.console.out(SCREEN.0).await;
    let mut top = 0usize;
    while !session.console.gone {
        let rows = usize::from(session.console.size().1).max(2) - 1;
        let mut screen = String::from("\x1b[H\x1b[2J");
        for line in lines.iter().skip(top).take(rows) {
            let _ = writeln!(screen, "{line}");
        }
        screen += if top + rows >= lines.len() {
            "\x1b[7m(END)\x1b[0m"
        } else {
            ":"
        };
        session.console.out(screen.as_bytes()).await;
        match session.console.byte().await {
            None | Some(b'q' | 3) => break,
            Some(b' ') => top = (top + rows).min(lines.len().saturating_sub(rows)),
            Some(b'j' | b'\r') => top = (top + 1).min(lines.len().saturating_sub(rows)),
            Some(b'k') => top = top.saturating_sub(1),
            _ => {}
        }
    }
    session.console.out(SCREEN.1).await;
    Done::default()
}
