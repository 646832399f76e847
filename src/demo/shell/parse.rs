//! The grammar of the small shell: words with quotes and variables, pipes, `;`, `&&`, `||`, redirections. Pure.

/// One line: pipelines and what joins each to the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// In order.
    pub steps: Vec<(Joint, Vec<Command>)>,
}

/// When a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// Always.
    Always,
    /// If the one before succeeded.
    And,
    /// If it failed.
    Or,
}

/// One command of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Program and arguments.
    pub words: Vec<String>,
    /// File its output goes to, and whether it is appended; empty: none.
    pub output: (String, bool),
    /// File its input comes from; empty: none.
    pub input: String,
    /// Whether its errors go where its output goes.
    pub joined: bool,
    /// Whether its errors go nowhere.
    pub hushed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = [
    "&&",
    "||",
    "2>/dev/null",
    "2> /dev/null",
    "2>&1",
    "&>",
    ">>",
    ">",
    "<",
    "|",
    ";",
    "\n",
    "&",
];

/// Reads a line; `variable` gives the values of variables.
///
/// # Errors
/// What a shell would say.
pub fn parse(text: &str, variable: &dyn Fn(&str) -> String) -> Result<Line, String> {
    let mut line = Line::default();
    let mut joint = Joint::Always;
    let mut pipeline: Vec<Command> = Vec::new();
    let mut command = Command::default();
    let mut tokens = tokens(text, variable)?.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => command.words.push(word),
            Token::Sign("2>&1") => command.joined = true,
            Token::Sign("2>/dev/null" | "2> /dev/null") => command.hushed = true,
            Token::Sign(sign @ (">" | ">>" | "<" | "&>")) => {
                let Some(Token::Word(file)) = tokens.next() else {
                    return Err(format!("syntax error near `{sign}`"));
                };
                match sign {
                    "<" => command.input = file,
                    sign => {
                        command.joined |= sign == "&>";
                        command.output = (file, sign == ">>");
                    }
                }
            }
            Token::Sign("|") => pipeline.push(std::mem::take(&mut command)),
            Token::Sign(sign) => {
                pipeline.push(std::mem::take(&mut command));
                finish(&mut line, joint, std::mem::take(&mut pipeline));
                joint = match sign {
                    "&&" => Joint::And,
                    "||" => Joint::Or,
                    _ => Joint::Always,
                };
            }
        }
    }
    pipeline.push(command);
    finish(&mut line, joint, pipeline);
    Ok(line)
}

fn finish(line: &mut Line, joint: Joint, pipeline: Vec<Command>) {
    if pipeline.iter().any(|command| !command.words.is_empty()) {
        line.steps.push((joint, pipeline));
    }
}

fn tokens(text: &str, variable: &dyn Fn(&str) -> String) -> Result<Vec<Token>, String> {
    let mut list = Vec::new();
    let mut rest = text;
    let mut word: Option<String> = None;
    while let Some(letter) = rest.chars().next() {
        if word.is_none() && letter == '#' {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        if let Some(sign) = SIGNS
            .iter()
            .find(|sign| rest.starts_with(**sign) && (!sign.starts_with('2') || word.is_none()))
        {
            list.extend(word.take().map(Token::Word));
            list.push(Token::Sign(sign));
            rest = rest.strip_prefix(sign).unwrap_or_default();
            continue;
        }
        if letter.is_whitespace() {
            list.extend(word.take().map(Token::Word));
            rest = rest.trim_start_matches([' ', '\t', '\r']);
            continue;
        }
        let into = word.get_or_insert_default();
        rest = piece(rest, letter, into, variable)?;
    }
    list.extend(word.take().map(Token::Word));
    Ok(list)
}

/// Takes one quoted part, one variable or one letter into a word; gives what is left.
fn piece<'a>(
    text: &'a str,
    letter: char,
    into: &mut String,
    variable: &dyn Fn(&str) -> String,
) -> Result<&'a str, String> {
    let after = text.strip_prefix(letter).unwrap_or_default();
    match letter {
        '\'' => {
            let (inside, rest) = after.split_once('\'').ok_or("unterminated quoted string")?;
            into.push_str(inside);
            Ok(rest)
        }
        '"' => {
            let mut rest = after;
            loop {
                let letter = rest.chars().next().ok_or("unterminated quoted string")?;
                match letter {
                    '"' => return Ok(rest.strip_prefix('"').unwrap_or_default()),
                    '\'' => {
                        into.push('\'');
                        rest = rest.strip_prefix('\'').unwrap_or_default();
                    }
                    letter => rest = piece(rest, letter, into, variable)?,
                }
            }
        }
        '\\' => {
            let next = after.chars().next().unwrap_or('\\');
            into.push(next);
            Ok(after.strip_prefix(next).unwrap_or_default())
        }
        '$' => {
            let (name, rest) = name(after);
            into.push_str(&if name.is_empty() {
                "$".to_owned()
            } else {
                variable(name)
            });
            Ok(rest)
        }
        letter => {
            into.push(letter);
            Ok(after)
        }
    }
}

/// The variable's name after a `$`, and what follows it.
fn name(text: &str) -> (&str, &str) {
    if let Some((name, rest)) = text.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
        return (name, rest);
    }
    if text.starts_with(['?', '$']) {
        return text.split_at_checked(1).unwrap_or((text, ""));
    }
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<Vec<String>>> {
        let line = parse(text, &|name| format!("<{name}>")).unwrap();
        line.steps
            .into_iter()
            .map(|(_, pipe)| pipe.into_iter().map(|c| c.words).collect())
            .collect()
    }

    #[test]
    fn quotes_variables_and_pipes() {
        assert_eq!(
            words(r#"echo 'a $x' "b $HOME" c\ d$?e"#),
            [[["echo", "a $x", "b <HOME>", "c d<?>e"]]]
        );
        assert_eq!(
            words("ps | grep -c x; date && true"),
            vec![
                vec![vec!["ps"], vec!["grep", "-c", "x"]],
                vec![vec!["date"]],
                vec![vec!["true"]]
            ]
        );
        assert_eq!(words("echo ${A}b # not this"), [[["echo", "<A>b"]]]);
        assert_eq!(
            parse("echo 'x", &|_| String::new()),
            Err("unterminated quoted string".into())
        );
    }

    #[test]
    fn redirections_belong_to_their_command() {
        let line = parse("cat < in >> out 2>&1 || false", &|_| String::new()).unwrap();
        let command = &line.steps[0].1[0];
        assert_eq!(
            (command.input.as_str(), &command.output, command.joined),
            ("in", &("out".to_owned(), true), true)
        );
        assert_eq!(line.steps[1].0, Joint::Or);
        assert!(parse("command -v bash >/dev/null 2>&1 && exec bash", &|_| String::new()).is_ok());
    }
}
