//! Text to the clipboard: through the terminal (OSC 52, also over ssh), and through the desktop's own tool when there is one. It must not keep
//! the text.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Terminals drop longer sequences (xterm, iTerm2 and tmux have the smallest limits): characters of base64.
const LONGEST: usize = 74_994;

/// Where a copy went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// The terminal was asked; whether it obeys cannot be known.
    pub terminal: bool,
    /// The tool that took it.
    pub tool: Option<&'static str>,
}

/// The sequence that asks the terminal, wrapped for tmux or screen. `None` when the text is too long for it.
pub(super) fn sequence(text: &str, env: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let encoded = STANDARD.encode(text);
    if encoded.len() > LONGEST {
        return None;
    }
    let plain = format!("\x1b]52;c;{encoded}\x07");
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let sequence = if is_set("TMUX") {
        // The first is for `set-clipboard on`, the second for `allow-passthrough on`.
        let passed = plain.replace('\x1b', "\x1b\x1b");
        format!("{plain}\x1bPtmux;{passed}\x1b\\")
    } else if is_set("STY") {
        // screen takes at most 768 bytes a string.
        let mut wrapped = String::new();
        for piece in plain.as_bytes().chunks(700) {
            wrapped.push_str("\x1bP");
            wrapped.push_str(&String::from_utf8_lossy(piece));
            wrapped.push_str("\x1b\\");
        }
        wrapped
    } else {
        plain
    };
    Some(sequence.into_bytes())
}

/// The desktop's tool and its arguments. `None` over ssh, where it would fill the wrong clipboard, and without a desktop.
fn tool(env: impl Fn(&str) -> Option<String>) -> Option<(&'static str, &'static [&'static str])> {
    let is_set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    if is_set("SSH_CONNECTION") || is_set("SSH_TTY") {
        None
    } else if cfg!(target_os = "macos") {
        Some(("pbcopy", &[]))
    } else if is_set("WAYLAND_DISPLAY") {
        Some(("wl-copy", &[]))
    } else if is_set("DISPLAY") {
        Some(("xclip", &["-selection", "clipboard", "-in"]))
    } else {
        None
    }
}

/// Hands the text to the desktop's tool, on a thread, since a tool may hang. The name of the tool that was started.
pub(super) fn run_tool(text: &str, env: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    let (name, arguments) = tool(env)?;
    let mut command = Command::new(name);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let mut stdin = child.stdin.take()?;
    let text = text.to_owned();
    let waiting = std::thread::Builder::new()
        .name("clipboard".to_owned())
        .spawn(move || {
            // A tool that does not take the text has its own reason; the terminal was asked as well.
            let _ = stdin.write_all(text.as_bytes());
            drop(stdin);
            let _ = child.wait();
        });
    waiting.ok().map(|_| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_env<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn the_terminal_is_asked_through_what_lies_between() {
        let plain = "\x1b]52;c;aMOp\x07";
        let text =
            |pairs: &[(&str, &str)]| String::from_utf8(sequence("hé", in_env(pairs)).unwrap()).unwrap();
        assert_eq!(text(&[]), plain);
        assert_eq!(
            text(&[("TMUX", "/tmp/x")]),
            format!("{plain}\x1bPtmux;\x1b\x1b]52;c;aMOp\x07\x1b\\")
        );
        assert_eq!(text(&[("STY", "1.x")]), format!("\x1bP{plain}\x1b\\"));
    }

    #[test]
    fn what_no_terminal_takes_is_not_sent() {
        assert!(sequence(&"x".repeat(56_000), in_env(&[])).is_some());
        assert_eq!(sequence(&"x".repeat(60_000), in_env(&[])), None);
        let long = String::from_utf8(sequence(&"x".repeat(3000), in_env(&[("STY", "1")])).unwrap()).unwrap();
        assert!(long.split("\x1b\\").all(|piece| piece.len() <= 768));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_tool_is_that_of_the_desktop_in_front_of_the_person() {
        assert_eq!(
            tool(in_env(&[("WAYLAND_DISPLAY", "wayland-0"), ("DISPLAY", ":0")])).map(|tool| tool.0),
            Some("wl-copy")
        );
        assert_eq!(
            tool(in_env(&[("DISPLAY", ":0")])).map(|tool| tool.0),
            Some("xclip")
        );
        assert_eq!(
            tool(in_env(&[("DISPLAY", ":10"), ("SSH_CONNECTION", "a b")])),
            None
        );
        assert_eq!(tool(in_env(&[])), None);
    }
}
