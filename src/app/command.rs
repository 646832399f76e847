//! The command prompt's grammar: `:po team-a /web app=web @prod`. Parsing only; the app carries commands out.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kind::Kind;
use crate::model::Scope;
use crate::rules::selector::Selector;
use crate::store::Filter;

/// A command as typed after `:`.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Show a kind.
    Show(Show),
    /// Choose a namespace: `:ns`, `:ns shop`.
    Namespace(Option<Scope>),
    /// Choose a context: `:ctx`, `:ctx prod`.
    Context(Option<String>),
    /// Tail pods: `:logs deploy/web`, `:logs web-.*`.
    Logs(String),
    /// Scale what is marked or under the cursor: `:scale 5`.
    Scale(String),
    /// Unlock a protected context for a while.
    Write,
    /// Forbid all changes.
    ReadOnly,
    /// Keys and commands.
    Help,
    /// Every kind with its names.
    Kinds,
    /// What the program knows about itself: feeds, requests, memory.
    Diagnostics,
    /// Messages of this session.
    Messages,
    /// Another theme: `:theme light`.
    Theme(String),
    /// Begin a game day, or show the present one: `:gameday`, `:gameday random`.
    GameDay(String),
    /// The next hint of the game day.
    Hint,
    /// Give the game day up.
    Solution,
    /// Leave.
    Quit,
}

/// A kind to show, and what of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Show {
    /// The kind.
    pub kind: Arc<Kind>,
    /// Namespaces; `None` keeps the present ones.
    pub scope: Option<Scope>,
    /// Filter as typed after `/`; empty for none.
    pub filter: String,
    /// Label selector; empty for none.
    pub selector: String,
    /// Another context.
    pub context: Option<String>,
}

/// What the parser may look things up in.
pub struct Known<'a> {
    /// Kinds with a file, then the discovered ones.
    pub kinds: &'a [Arc<Kind>],
}

/// Words that are commands rather than kinds.
pub const WORDS: &[(&str, &str)] = &[
    ("ns", "choose namespaces"),
    ("ctx", "choose a context"),
    ("logs", "tail pods by kind/name or pattern"),
    ("scale", "scale what is marked"),
    ("write", "unlock a protected context for 30 minutes"),
    ("readonly", "forbid all changes"),
    ("theme", "another theme"),
    ("kinds", "every kind with its names"),
    ("help", "keys and commands"),
    ("messages", "messages of this session"),
    ("gameday", "break something, or the story so far"),
    ("hint", "a hint of the game day"),
    ("solution", "give the game day up"),
    ("diag", "what the program knows about itself"),
    ("q", "leave"),
];

/// Reads a command.
///
/// # Errors
/// A sentence that says what was expected, with the nearest known name if there is one.
pub fn parse(text: &str, known: &Known) -> Result<Command, String> {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok(match word {
        "" => return Err("type a kind, such as po, dp, no, or help".to_owned()),
        "q" | "q!" | "qa" | "Q" | "quit" | "exit" => Command::Quit,
        "?" | "h" | "help" => Command::Help,
        "a" | "alias" | "aliases" | "kinds" => Command::Kinds,
        "ctx" | "context" | "contexts" => Command::Context(optional(rest)),
        "ns" | "namespace" => Command::Namespace(namespaces(rest)?),
        "log" | "logs" => match rest {
            "" => {
                return Err(
                    "logs of what? kind/name, such as deploy/web, or a pattern of pod names".to_owned(),
                );
            }
            query => Command::Logs(query.to_owned()),
        },
        "scale" => match rest {
            "" => return Err("scale to what? 5, +2, -1, x1.5 or 50%".to_owned()),
            to => Command::Scale(to.to_owned()),
        },
        "write" => Command::Write,
        "readonly" | "ro" => Command::ReadOnly,
        "gameday" => Command::GameDay(rest.to_owned()),
        "hint" => Command::Hint,
        "solution" | "giveup" => Command::Solution,
        "diag" => Command::Diagnostics,
        "messages" | "msg" => Command::Messages,
        "theme" | "skin" => Command::Theme(rest.to_owned()),
        name => Command::Show(show(name, rest, known)?),
    })
}

fn show(name: &str, rest: &str, known: &Known) -> Result<Show, String> {
    let kind = find(name, known.kinds).ok_or_else(|| unknown(name, known.kinds))?;
    let mut show = Show {
        kind: Arc::clone(kind),
        scope: None,
        filter: String::new(),
        selector: String::new(),
        context: None,
    };
    let mut names = BTreeSet::new();
    let mut rest = rest;
    while !rest.is_empty() {
        // Everything after the slash is the filter, blanks included.
        if let Some(filter) = rest.strip_prefix('/') {
            filter.trim().clone_into(&mut show.filter);
            break;
        }
        let (word, next) = word(rest);
        rest = next.trim_start();
        if word == "-f" {
            show.filter = format!("-f {rest}");
            break;
        } else if let Some(context) = word.strip_prefix('@') {
            show.context = Some(context.to_owned());
        } else if matches!(word, "all" | "*" | "-A") {
            show.scope = Some(Scope::All);
        } else if word.contains(['=', '!', '(', ' ']) {
            Selector::parse(word).map_err(|error| error.to_string())?;
            if !show.selector.is_empty() {
                show.selector.push(',');
            }
            show.selector.push_str(word);
        } else if word != "-n" && word != "-l" {
            for name in word.split(',').filter(|name| !name.is_empty()) {
                names.insert(namespace(name)?.to_owned());
            }
        }
    }
    Filter::parse(&show.filter)?;
    if !names.is_empty() && show.kind.namespaced {
        show.scope = Some(Scope::Namespaces(names));
    } else if !names.is_empty() {
        return Err(format!("{} are not in namespaces", show.kind.gvr));
    }
    Ok(show)
}

/// What `:ns` is given: names, or `all`; nothing opens the picker.
fn namespaces(text: &str) -> Result<Option<Scope>, String> {
    if matches!(text, "" | "all" | "*" | "-A") {
        return Ok((!text.is_empty()).then_some(Scope::All));
    }
    let names = text.split([',', ' ']).filter(|name| !name.is_empty());
    let names: Result<BTreeSet<String>, String> =
        names.map(|name| namespace(name).map(str::to_owned)).collect();
    names.map(|names| Some(Scope::Namespaces(names)))
}

/// A name that a namespace may have (RFC 1123, a label).
fn namespace(name: &str) -> Result<&str, String> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = name.len() <= 63 && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-');
    if fits {
        return Ok(name);
    }
    Err(format!(
        "`{name}` is no name of a namespace: small letters, digits and `-`; a filter comes after `/`, labels as app=web"
    ))
}

/// The next word; quotes keep blanks.
fn word(text: &str) -> (&str, &str) {
    if let Some((quoted, rest)) = text.strip_prefix('\'').and_then(|inner| inner.split_once('\'')) {
        return (quoted, rest);
    }
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

/// The kind a person calls so.
pub fn find<'a>(name: &str, kinds: &'a [Arc<Kind>]) -> Option<&'a Arc<Kind>> {
    kinds.iter().find(|kind| kind.is_called(name))
}

/// What to say of a word that is no kind.
pub(super) fn unknown(name: &str, kinds: &[Arc<Kind>]) -> String {
    let words = kinds
        .iter()
        .flat_map(|kind| kind.names.iter().map(AsRef::as_ref))
        .chain(WORDS.iter().map(|(word, _)| *word));
    // A slip in a short word is another word: one change in three letters is near.
    let near = name.chars().count() / 3;
    let nearest = words.map(|word| (distance(name, word), word)).min();
    match nearest.filter(|(distance, _)| *distance <= near) {
        Some((_, word)) => {
            format!("no kind `{name}` on this server; did you mean `{word}`? ctrl-a lists all kinds")
        }
        None => format!("no kind `{name}` on this server; ctrl-a lists all kinds"),
    }
}

/// Edit distance of two short words.
pub(super) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// What could stand where the cursor is: whole texts for the prompt, best first.
pub fn complete(text: &str, known: &Known, namespaces: &[String], contexts: &[String]) -> Vec<String> {
    let Some((head, last)) = text.rsplit_once(' ') else {
        return first_words(text, known);
    };
    let word = text.split(' ').next().unwrap_or_default();
    let pool: Vec<String> = match word {
        "ctx" | "context" | "contexts" => contexts.to_vec(),
        "theme" | "skin" | "scale" | "logs" | "gameday" => return Vec::new(),
        _ if last.starts_with('/') || head.contains(" /") => return Vec::new(),
        _ if last.starts_with('@') => contexts.iter().map(|name| format!("@{name}")).collect(),
        _ => namespaces.to_vec(),
    };
    // Of several namespaces the last one is completed: `a,b`.
    let (done, open) = last
        .rsplit_once(',')
        .map_or(("", last), |(done, open)| (done, open));
    let comma = if done.is_empty() { "" } else { "," };
    let fits = pool
        .into_iter()
        .filter(|name| name.starts_with(open) && name != open);
    fits.map(|name| format!("{head} {done}{comma}{name}")).collect()
}

fn first_words(text: &str, known: &Known) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let names = known.kinds.iter().flat_map(|kind| {
        let full = kind.gvr.to_string();
        kind.names
            .iter()
            .map(ToString::to_string)
            .chain((!kind.gvr.group.is_empty()).then_some(full))
    });
    let words = names.chain(WORDS.iter().map(|(word, _)| (*word).to_owned()));
    let mut fits: Vec<String> = words
        .filter(|word| word.starts_with(text) && word != text)
        .collect();
    fits.sort_by_key(|word| (word.len(), word.clone()));
    fits.dedup();
    fits
}
