//! The grammar of the small shell: pipelines, `&&`, `||`, loops, conditions, groups and redirections, as POSIX's "Shell Command Language"
//! has them, without functions and here-documents. Pure; what words stand for is found out when they run.

mod tree;
mod word;

pub use tree::{Joint, List, Piece, Pipe, Redirect, Stage, What, Word};

/// How deep commands may stand in commands.
const DEEPEST: u32 = 24;

/// Words that end a list where a command could begin.
const CLOSERS: [&str; 8] = ["then", "elif", "else", "fi", "do", "done", "esac", "}"];

/// Signs of redirections, longer ones first.
const REDIRECTS: [&str; 12] = [
    "2>&1", "1>&2", ">&2", "2>>", "2>", "&>", "<<<", "1>>", ">>", "1>", ">", "<",
];

/// Reads a line or several.
///
/// # Errors
/// What a shell would say, without its own name.
pub fn parse(text: &str) -> Result<List, String> {
    let mut parser = Parser {
        rest: text,
        depth: 0,
        in_backticks: false,
    };
    let list = parser.list()?;
    match parser.rest.chars().next() {
        None => Ok(list),
        Some(_) => Err(parser.unexpected()),
    }
}

/// What is left to read.
struct Parser<'a> {
    rest: &'a str,
    depth: u32,
    /// Whether the next backtick closes a command.
    in_backticks: bool,
}

impl Parser<'_> {
    fn unexpected(&self) -> String {
        let word: String = match self.reserved() {
            "" => self.rest.chars().take(1).collect(),
            word => word.to_owned(),
        };
        match word.as_str() {
            "" => "syntax error: unexpected end of file".to_owned(),
            "\n" => "syntax error: unexpected newline".to_owned(),
            word => format!("syntax error: unexpected \"{word}\""),
        }
    }

    /// Takes `sign` if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// One command deeper in another.
    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("commands stand too deep in commands".to_owned());
        }
        Ok(())
    }

    /// Skips blanks, continued lines and remarks.
    fn blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if self.rest.starts_with('#') {
                self.rest = self.rest.find('\n').map_or("", |at| self.rest.split_at(at).1);
            } else if !self.take("\\\n") {
                return;
            }
        }
    }

    fn lines(&mut self) {
        self.blanks();
        while self.take("\n") {
            self.blanks();
        }
    }

    /// The reserved word that comes next, if any word does that consists of letters, or a brace or `!`.
    fn reserved(&self) -> &str {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(self.rest.len());
        let end = if end == 0 && self.rest.starts_with(['{', '}', '!']) {
            1
        } else {
            end
        };
        let (word, after) = self.rest.split_at(end);
        let ends = after
            .chars()
            .next()
            .is_none_or(|c| c.is_whitespace() || word::SIGNS.contains(&c));
        if ends { word } else { "" }
    }

    /// Takes a reserved word, or says what stands there instead.
    fn expect(&mut self, word: &str) -> Result<(), String> {
        self.lines();
        if self.reserved() == word && self.take(word) {
            return Ok(());
        }
        Err(format!("{} (expecting \"{word}\")", self.unexpected()))
    }

    fn list(&mut self) -> Result<List, String> {
        self.deeper()?;
        let (mut list, mut joint) = (List::new(), Joint::Always);
        loop {
            self.lines();
            let at_end = self.rest.is_empty() || self.rest.starts_with([')', ';']);
            if at_end || self.closes_backticks() || CLOSERS.contains(&self.reserved()) {
                if joint != Joint::Always {
                    return Err(self.unexpected());
                }
                break;
            }
            list.push((joint, self.pipe()?));
            self.blanks();
            joint = if self.take("&&") {
                Joint::And
            } else if self.take("||") {
                Joint::Or
            } else if !self.rest.starts_with(";;") && (self.take(";") || self.take("&") || self.take("\n")) {
                Joint::Always
            } else {
                break;
            };
        }
        self.depth -= 1;
        Ok(list)
    }

    fn pipe(&mut self) -> Result<Pipe, String> {
        let negated = self.reserved() == "!" && self.take("!");
        let mut stages = vec![self.stage()?];
        self.blanks();
        while !self.rest.starts_with("||") && self.take("|") {
            self.lines();
            stages.push(self.stage()?);
            self.blanks();
        }
        Ok(Pipe { negated, stages })
    }

    fn stage(&mut self) -> Result<Stage, String> {
        self.blanks();
        let word = self.reserved().to_owned();
        if !matches!(word.as_str(), "for" | "while" | "until" | "if" | "case" | "{")
            && !self.rest.starts_with('(')
        {
            return self.simple();
        }
        self.take(if word.is_empty() { "(" } else { &word });
        let what = match word.as_str() {
            "for" => self.for_each()?,
            "while" | "until" => {
                let condition = self.list()?;
                let body = self.body()?;
                let until = word == "until";
                What::While {
                    until,
                    condition,
                    body,
                }
            }
            "if" => self.condition()?,
            "case" => self.case()?,
            "{" => {
                let list = self.list()?;
                self.expect("}")?;
                What::Group(list)
            }
            _ => What::Subshell(self.until_paren()?),
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        Ok(Stage { what, redirects })
    }

    /// A list and the `)` after it.
    fn until_paren(&mut self) -> Result<List, String> {
        let list = self.list()?;
        self.lines();
        if self.take(")") {
            return Ok(list);
        }
        Err(format!("{} (expecting \")\")", self.unexpected()))
    }

    fn body(&mut self) -> Result<List, String> {
        self.expect("do")?;
        let body = self.list()?;
        self.expect("done")?;
        Ok(body)
    }

    fn for_each(&mut self) -> Result<What, String> {
        self.blanks();
        let (name, rest) = word::name(self.rest);
        let name = name.to_owned();
        self.rest = rest;
        self.lines();
        let mut over = Vec::new();
        if self.reserved() == "in" && self.take("in") {
            self.blanks();
            while let Some(word) = self.word()? {
                over.push(word);
                self.blanks();
            }
        }
        self.take(";");
        if name.is_empty() {
            return Err("syntax error: bad for loop variable".to_owned());
        }
        let body = self.body()?;
        Ok(What::For { name, over, body })
    }

    fn condition(&mut self) -> Result<What, String> {
        let (mut arms, mut otherwise) = (Vec::new(), List::new());
        loop {
            let condition = self.list()?;
            self.expect("then")?;
            arms.push((condition, self.list()?));
            self.lines();
            if self.reserved() == "elif" && self.take("elif") {
                continue;
            }
            if self.reserved() == "else" && self.take("else") {
                otherwise = self.list()?;
            }
            self.expect("fi")?;
            return Ok(What::If { arms, otherwise });
        }
    }

    fn case(&mut self) -> Result<What, String> {
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.reserved() == "esac" && self.take("esac") {
                return Ok(What::Case { word, arms });
            }
            self.take("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                patterns.push(self.word()?.ok_or_else(|| self.unexpected())?);
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return Err(self.unexpected());
            }
            arms.push((patterns, self.list()?));
            self.lines();
            self.take(";;");
        }
    }

    fn simple(&mut self) -> Result<Stage, String> {
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            let (name, after) = word::name(self.rest);
            if words.is_empty() && !name.is_empty() && after.starts_with('=') {
                let name = name.to_owned();
                self.rest = after.strip_prefix('=').unwrap_or(after);
                assigns.push((name, self.word()?.unwrap_or_default()));
                continue;
            }
            match self.word()? {
                Some(word) => words.push(word),
                None => break,
            }
        }
        if words.is_empty() && assigns.is_empty() && redirects.is_empty() {
            return Err(self.unexpected());
        }
        let what = What::Simple { assigns, words };
        Ok(Stage { what, redirects })
    }

    fn redirect(&mut self) -> Result<Option<Redirect>, String> {
        self.blanks();
        if self.rest.starts_with("<<") && !self.rest.starts_with("<<<") {
            return Err("this pretend shell has no here-documents".to_owned());
        }
        let Some(sign) = REDIRECTS.into_iter().find(|sign| self.take(sign)) else {
            return Ok(None);
        };
        match sign {
            "2>&1" => return Ok(Some(Redirect::ErrorsToOut)),
            "1>&2" | ">&2" => return Ok(Some(Redirect::OutToErrors)),
            _ => self.blanks(),
        }
        let to = self.word()?.ok_or_else(|| self.unexpected())?;
        Ok(Some(match sign {
            "<" => Redirect::In(to),
            "<<<" => Redirect::Text(to),
            "&>" => Redirect::Both(to),
            "2>" | "2>>" => Redirect::Errors(to, sign == "2>>"),
            _ => Redirect::Out(to, sign.ends_with(">>")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<Vec<Word>>> {
        let simple = |stage: Stage| match stage.what {
            What::Simple { words, .. } => words,
            other => panic!("{other:?}"),
        };
        let pipe = |pipe: Pipe| pipe.stages.into_iter().map(simple).collect();
        parse(text)
            .unwrap()
            .into_iter()
            .map(|(_, one)| pipe(one))
            .collect()
    }

    fn plain(text: &str) -> Word {
        Word::plain(text)
    }

    #[test]
    fn pipes_and_joints() {
        assert_eq!(
            words("ps | grep -c x; date && true # not this"),
            vec![
                vec![vec![plain("ps")], vec![plain("grep"), plain("-c"), plain("x")]],
                vec![vec![plain("date")]],
                vec![vec![plain("true")]]
            ]
        );
        let joints = |text: &str| {
            let list = parse(text).unwrap();
            list.into_iter().map(|(joint, _)| joint).collect::<Vec<_>>()
        };
        assert_eq!(
            joints("a && b || c\nd"),
            [Joint::Always, Joint::And, Joint::Or, Joint::Always]
        );
        assert!(parse("! false").unwrap()[0].1.negated);
    }

    #[test]
    fn redirections_belong_to_their_command() {
        let list = parse("cat < in >> out 2>&1 || false").unwrap();
        assert_eq!(
            list[0].1.stages[0].redirects,
            [
                Redirect::In(plain("in")),
                Redirect::Out(plain("out"), true),
                Redirect::ErrorsToOut
            ]
        );
        assert_eq!(list[1].0, Joint::Or);
        let list = parse("command -v bash >/dev/null 2> /dev/null && exec bash || exec sh").unwrap();
        assert_eq!(
            list[0].1.stages[0].redirects[1],
            Redirect::Errors(plain("/dev/null"), false)
        );
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn loops_and_conditions_nest() {
        let text = "for i in 1 2 3; do if [ $i = 2 ]; then continue; else echo $i; fi; done > out";
        let list = parse(text).unwrap();
        let stage = &list[0].1.stages[0];
        let What::For { name, over, body } = &stage.what else {
            panic!("{stage:?}")
        };
        assert_eq!((name.as_str(), over.len(), stage.redirects.len()), ("i", 3, 1));
        assert!(
            matches!(&body[0].1.stages[0].what, What::If { arms, otherwise } if arms.len() == 1 && otherwise.len() == 1)
        );
        for text in [
            "while sleep 0.01; do wget -q -O- http://php-apache; done",
            "until false\ndo\n  date\ndone",
            "case $1 in a|b) echo one;; *) echo two;; esac",
            "(cd /tmp; ls) | { cat; }",
            "if true; then a; elif false; then b; fi",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("echo 'x", "unterminated quoted string"),
            ("done", "syntax error: unexpected \"done\""),
            (
                "for i in a; echo",
                "syntax error: unexpected \"echo\" (expecting \"do\")",
            ),
            (
                "while true; do date",
                "syntax error: unexpected end of file (expecting \"done\")",
            ),
            ("a | ", "syntax error: unexpected end of file"),
            ("a &&", "syntax error: unexpected end of file"),
            ("echo )", "syntax error: unexpected \")\""),
            ("cat << END", "this pretend shell has no here-documents"),
        ] {
            assert_eq!(parse(text), Err(said.to_owned()), "{text}");
        }
        let deep = "(".repeat(10_000);
        assert!(parse(&deep).is_err());
        assert!(parse(&"$(".repeat(10_000)).is_err());
    }
}
