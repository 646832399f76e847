//! Parts of lines: `cut`, and as much of `sed`, `awk` and `seq` as people type into containers. What is beyond them is refused.

use std::fmt::Write;

/// Numbers that `seq` counts at most.
const MOST: i64 = 100_000;

/// A tool's arguments: options that take a value, the first word if the tool wants one, files.
struct Call<'a> {
    options: Vec<(&'a str, &'a str)>,
    script: &'a str,
    files: Vec<&'a str>,
}

fn call<'a>(tool: &str, arguments: &[&'a str]) -> Call<'a> {
    let valued: &[&str] = match tool {
        "cut" => &["-d", "-f", "-c"],
        "awk" => &["-F"],
        _ => &["-e"],
    };
    let (mut options, mut words, mut rest) = (Vec::new(), Vec::new(), arguments);
    while let [word, others @ ..] = rest {
        rest = others;
        let name = valued.iter().find(|name| word.starts_with(**name));
        match name {
            Some(name) if word.len() > name.len() => {
                options.push((*name, word.strip_prefix(name).unwrap_or_default()));
            }
            Some(name) => {
                options.push((*name, others.first().copied().unwrap_or_default()));
                rest = others.get(1..).unwrap_or_default();
            }
            None if word.starts_with('-') && word.len() > 1 => options.push((*word, "")),
            None => words.push(*word),
        }
    }
    let told = options
        .iter()
        .find(|(name, _)| *name == "-e")
        .map(|(_, script)| *script);
    let script = match told {
        Some(script) => script,
        None if tool == "cut" || words.is_empty() => "",
        None => words.remove(0),
    };
    Call {
        options,
        script,
        files: words,
    }
}

/// The files a tool is to read.
pub fn files<'a>(tool: &str, arguments: &[&'a str]) -> Vec<&'a str> {
    call(tool, arguments).files
}

/// Runs a tool over a text.
///
/// # Errors
/// What the tool says of what it cannot do.
pub fn run(tool: &str, arguments: &[&str], text: &str) -> Result<String, String> {
    if tool == "seq" {
        return count(arguments);
    }
    let call = call(tool, arguments);
    let option = |wanted: &str| {
        let mut all = call.options.iter();
        all.find(|(name, _)| *name == wanted).map(|(_, value)| *value)
    };
    let mut out = String::new();
    match tool {
        "cut" => {
            let list = option("-f").or_else(|| option("-c")).unwrap_or_default();
            let wanted = ranges(list).ok_or("cut: expected a list of bytes, characters, or fields")?;
            let chars = option("-c").is_some();
            let by = if chars { "" } else { option("-d").unwrap_or("\t") };
            for line in text.lines() {
                let _ = writeln!(out, "{}", pick(line, by, &wanted));
            }
        }
        "awk" => {
            let program = Program::read(call.script)?;
            for (at, line) in text.lines().enumerate() {
                if program.wants(at + 1, line) {
                    let _ = writeln!(out, "{}", program.print(at + 1, line, option("-F")));
                }
            }
        }
        _ => {
            let edit = Edit::read(call.script)?;
            for (at, line) in text.lines().enumerate() {
                edit.apply(at + 1, line, option("-n").is_some(), &mut out);
            }
        }
    }
    Ok(out)
}

fn count(arguments: &[&str]) -> Result<String, String> {
    let numbers: Result<Vec<i64>, String> = arguments
        .iter()
        .map(|word| word.parse().map_err(|_| format!("seq: invalid number '{word}'")))
        .collect();
    let (first, step, last) = match numbers?.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        _ => return Err("seq: wants a last number, or a first and a last".to_owned()),
    };
    let mut out = String::new();
    let mut now = first;
    for _ in 0..MOST {
        if (step > 0 && now > last) || (step < 0 && now < last) {
            break;
        }
        let _ = writeln!(out, "{now}");
        now = now.saturating_add(step);
    }
    Ok(out)
}

/// `1,3-5,7-`: first and last, counted from 1.
fn ranges(list: &str) -> Option<Vec<(usize, usize)>> {
    let range = |part: &str| match part.split_once('-') {
        Some(("", last)) => Some((1, last.parse().ok()?)),
        Some((first, "")) => Some((first.parse().ok()?, usize::MAX)),
        Some((first, last)) => Some((first.parse().ok()?, last.parse().ok()?)),
        None => part.parse().ok().map(|one| (one, one)),
    };
    list.split(',').map(range).collect()
}

fn pick(line: &str, by: &str, wanted: &[(usize, usize)]) -> String {
    if !by.is_empty() && !line.contains(by) {
        return line.to_owned();
    }
    let parts: Vec<String> = if by.is_empty() {
        line.chars().map(String::from).collect()
    } else {
        line.split(by).map(str::to_owned).collect()
    };
    let picked = parts.into_iter().enumerate().filter(|(at, _)| {
        let mut all = wanted.iter();
        all.any(|(first, last)| (first..=last).contains(&&(at + 1)))
    });
    picked.map(|(_, part)| part).collect::<Vec<_>>().join(by)
}

/// `PATTERN {print …}`.
struct Program {
    pattern: Option<regex::Regex>,
    line: Option<(String, usize)>,
    /// What is printed, by the words that commas part.
    items: Vec<Vec<Item>>,
}

enum Item {
    Text(String),
    Field(usize),
    Last,
    Number,
}

impl Program {
    fn read(script: &str) -> Result<Self, String> {
        let unknown =
            || format!("awk: this pretend awk knows `/PATTERN/ {{print $1, \"text\"}}` only, not `{script}`");
        let (head, action) = match script.split_once('{') {
            Some((head, rest)) => (
                head.trim(),
                rest.trim().strip_suffix('}').ok_or_else(unknown)?.trim(),
            ),
            None => (script.trim(), "print"),
        };
        let (mut pattern, mut line) = (None, None);
        if let Some(text) = head.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            pattern = Some(regex::Regex::new(text).map_err(|_| unknown())?);
        } else if let Some(rest) = head.strip_prefix("NR") {
            let number = rest.trim_start_matches(['=', '>', '<', '!', ' ']);
            let sign = rest.strip_suffix(number).unwrap_or_default().trim().to_owned();
            line = Some((sign, number.trim().parse().map_err(|_| unknown())?));
        } else if !head.is_empty() {
            return Err(unknown());
        }
        let told = action
            .strip_prefix("print")
            .ok_or_else(unknown)?
            .trim()
            .trim_end_matches(';');
        let items: Option<Vec<Vec<Item>>> = split_items(told);
        Ok(Self {
            pattern,
            line,
            items: items.ok_or_else(unknown)?,
        })
    }

    fn wants(&self, at: usize, line: &str) -> bool {
        let number = self
            .line
            .as_ref()
            .is_none_or(|(sign, number)| match sign.as_str() {
                "==" => at == *number,
                "!=" => at != *number,
                ">" => at > *number,
                ">=" => at >= *number,
                "<" => at < *number,
                _ => at <= *number,
            });
        number && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(line))
    }

    fn print(&self, at: usize, line: &str, by: Option<&str>) -> String {
        let fields: Vec<&str> = match by {
            Some(by) if !by.is_empty() && by != " " => line.split(by).collect(),
            _ => line.split_whitespace().collect(),
        };
        let item = |item: &Item| match item {
            Item::Text(text) => text.clone(),
            Item::Field(0) => line.to_owned(),
            Item::Field(field) => fields.get(field - 1).copied().unwrap_or_default().to_owned(),
            Item::Last => fields.last().copied().unwrap_or_default().to_owned(),
            Item::Number => at.to_string(),
        };
        let words: Vec<String> = self
            .items
            .iter()
            .map(|word| word.iter().map(item).collect())
            .collect();
        words.join(" ")
    }
}

/// `$1, "text" $NF`; `None` for anything else.
fn split_items(text: &str) -> Option<Vec<Vec<Item>>> {
    let (mut words, mut rest) = (vec![Vec::new()], text.trim());
    if rest.is_empty() {
        return Some(vec![vec![Item::Field(0)]]);
    }
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            words.push(Vec::new());
            rest = after.trim_start();
            continue;
        }
        let (item, after) = if let Some(inside) = rest.strip_prefix('"') {
            let (inside, after) = inside.split_once('"')?;
            (
                Item::Text(inside.replace("\\t", "\t").replace("\\n", "\n")),
                after,
            )
        } else if let Some(after) = rest.strip_prefix("$NF") {
            (Item::Last, after)
        } else if let Some(after) = rest.strip_prefix("NR") {
            (Item::Number, after)
        } else {
            let digits = rest.strip_prefix('$')?;
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let (number, after) = digits.split_at(end);
            (Item::Field(number.parse().ok()?), after)
        };
        words.last_mut()?.push(item);
        rest = after.trim_start();
    }
    Some(words)
}

/// `s/…/…/g`, `/…/d`, `/…/p`, `5p`, `2,4d`.
enum Edit {
    Replace(regex::Regex, String, bool),
    Lines((usize, usize), char),
    Matching(regex::Regex, char),
}

impl Edit {
    fn read(script: &str) -> Result<Self, String> {
        let unknown = || format!("sed: this pretend sed knows s/…/…/g, /…/d and 2,4p only, not `{script}`");
        let regex = |text: &str, ignore: bool| {
            let text = if ignore {
                format!("(?i){text}")
            } else {
                text.to_owned()
            };
            // In basic expressions groups are written with backslashes.
            let text = text.replace("\\(", "(").replace("\\)", ")");
            regex::Regex::new(&text).map_err(|_| unknown())
        };
        if let Some(rest) = script.strip_prefix('s')
            && let Some(by) = rest.chars().next().filter(|c| !c.is_alphanumeric())
        {
            let parts: Vec<&str> = rest.split(by).collect();
            let [_, from, to, flags] = parts.as_slice() else {
                return Err(unknown());
            };
            let mut into = to.replace('$', "$$").replace('&', "${0}");
            for group in 1..=9 {
                into = into.replace(&format!("\\{group}"), &format!("${{{group}}}"));
            }
            return Ok(Self::Replace(
                regex(from, flags.contains(['i', 'I']))?,
                into,
                flags.contains('g'),
            ));
        }
        let (address, action) = match script.chars().last() {
            Some(action @ ('d' | 'p')) => (script.strip_suffix(action).unwrap_or_default(), action),
            _ => return Err(unknown()),
        };
        if let Some(text) = address.strip_prefix('/').and_then(|text| text.strip_suffix('/')) {
            return Ok(Self::Matching(regex(text, false)?, action));
        }
        let (first, last) = address.split_once(',').unwrap_or((address, address));
        let number = |text: &str| {
            if text == "$" {
                Ok(usize::MAX)
            } else {
                text.parse().map_err(|_| unknown())
            }
        };
        Ok(Self::Lines((number(first)?, number(last)?), action))
    }

    fn apply(&self, at: usize, line: &str, silent: bool, out: &mut String) {
        let (text, chosen) = match self {
            Self::Replace(from, to, true) => (from.replace_all(line, to.as_str()), None),
            Self::Replace(from, to, false) => (from.replace(line, to.as_str()), None),
            Self::Lines((first, last), action) => {
                (line.into(), Some(((*first..=*last).contains(&at), *action)))
            }
            Self::Matching(regex, action) => (line.into(), Some((regex.is_match(line), *action))),
        };
        let times = match chosen {
            Some((true, 'd')) => 0,
            Some((true, _)) => 1 + usize::from(!silent),
            _ => usize::from(!silent),
        };
        for _ in 0..times {
            let _ = writeln!(out, "{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_lines() {
        let text = "a:b:c\nx:y:z\n";
        for (tool, arguments, out) in [
            ("cut", &["-d:", "-f1,3"][..], "a:c\nx:z\n"),
            ("cut", &["-d", ":", "-f", "2-"], "b:c\ny:z\n"),
            ("cut", &["-c1"], "a\nx\n"),
            ("awk", &["-F:", "{print $2, $NF \"!\"}"], "b c!\ny z!\n"),
            ("awk", &["/x/"], "x:y:z\n"),
            ("awk", &["NR>1 {print NR}"], "2\n"),
            ("sed", &["s/[ab]/[&]/g"], "[a]:[b]:c\nx:y:z\n"),
            ("sed", &["-n", "2p"], "x:y:z\n"),
            ("sed", &["/a/d"], "x:y:z\n"),
            ("sed", &["-e", "s|:|/|"], "a/b:c\nx/y:z\n"),
            ("seq", &["2", "4"], "2\n3\n4\n"),
        ] {
            assert_eq!(
                run(tool, arguments, text).as_deref(),
                Ok(out),
                "{tool} {arguments:?}"
            );
        }
        assert!(
            run("awk", &["BEGIN{x=1}"], text)
                .unwrap_err()
                .contains("BEGIN{x=1}")
        );
        assert!(run("sed", &["y/a/b/"], text).is_err());
        assert!(run("seq", &["x"], "").is_err());
    }
}
