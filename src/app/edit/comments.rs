//! Comments of one YAML text brought into another that says almost the same. Knows lines, no YAML: who uses it looks whether the text still
//! says what it said.

/// `to` with the comments of `from`: a line of its own stands before the line it stood before (else behind the one it stood behind), a comment
/// behind a field stays behind it. A comment whose neighbours are both gone comes to the end.
pub(super) fn carried(from: &str, to: &str) -> String {
    let mut out: Vec<String> = to.lines().map(str::to_owned).collect();
    let lines: Vec<&str> = from.lines().collect();
    let mut at = 0;
    let mut waiting: Vec<&str> = Vec::new();
    for line in &lines {
        if is_comment(line) {
            // What is written anew at the top is there already.
            if !out.iter().any(|have| have == line) {
                waiting.push(line);
            }
            continue;
        }
        let found = find(&out, at, line);
        if let Some(found) = found {
            if let Some(with) = with_comment(line, &out[found]) {
                out[found] = with;
            }
            let count = waiting.len();
            out.splice(found..found, waiting.drain(..).map(str::to_owned));
            at = found + count + 1;
        } else if !waiting.is_empty() {
            let count = waiting.len();
            let place = at.min(out.len());
            out.splice(place..place, waiting.drain(..).map(str::to_owned));
            at = place + count;
        }
    }
    out.extend(waiting.into_iter().map(str::to_owned));
    out.join("\n") + "\n"
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The next line that says the same, with or without its comment.
fn find(lines: &[String], from: usize, line: &str) -> Option<usize> {
    let bare = bare(line);
    let same = |have: &String| have == line || Some(have.as_str()) == bare;
    let rest = lines.get(from..).unwrap_or_default();
    rest.iter().position(same).map(|at| from + at)
}

/// The line in place of one without its comment.
fn with_comment(line: &str, have: &str) -> Option<String> {
    (have != line && bare(line) == Some(have)).then(|| line.to_owned())
}

/// A line without the comment behind it. `None` when there is none.
fn bare(line: &str) -> Option<&str> {
    line.rfind(" #")
        .and_then(|at| line.get(..at))
        .map(str::trim_end)
        .filter(|bare| !bare.is_empty())
}

#[cfg(test)]
mod tests {
    use super::carried;

    #[test]
    fn comments_stay_with_their_lines() {
        let from = "# head\nspec:\n  # why three\n  replicas: 3\n  image: a # pinned\n  gone: 1\n  # of gone\n  last: x\n# end\n";
        let to = "# head\nspec:\n  fresh: 7\n  replicas: 3\n  image: a\n  last: y\n";
        assert_eq!(
            carried(from, to),
            "# head\nspec:\n  fresh: 7\n  # why three\n  replicas: 3\n  image: a # pinned\n  # of gone\n  last: y\n# end\n"
        );
    }

    #[test]
    fn a_text_without_comments_stays_as_it_is() {
        let to = "a: 1\nb:\n  - c\n";
        assert_eq!(carried("a: 2\nb:\n  - c\n", to), to);
    }
}
