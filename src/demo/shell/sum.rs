//! The sums of the small shell: whole numbers, as POSIX's "Arithmetic Expansion" has them, without assignments. Pure.

/// Works out a sum; `variable` gives the values of names.
///
/// # Errors
/// What a shell would say, without its own name.
pub fn work_out(text: &str, variable: &dyn Fn(&str) -> String) -> Result<i64, String> {
    let mut sum = Sum {
        rest: text,
        variable,
        depth: 0,
    };
    let value = sum.level(0)?;
    match sum.rest.trim_start() {
        "" => Ok(value),
        _ => Err(format!("arithmetic syntax error: {}", text.trim())),
    }
}

/// Operators by how loosely they bind, longer ones first.
const LEVELS: [&[&str]; 6] = [
    &["||"],
    &["&&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

struct Sum<'a> {
    rest: &'a str,
    variable: &'a dyn Fn(&str) -> String,
    depth: u32,
}

impl Sum<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.single();
        };
        let mut value = self.level(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let other = self.level(level + 1)?;
            value = join(operator, value, other)?;
        }
        Ok(value)
    }

    fn single(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("arithmetic expression is too long".to_owned());
        }
        if self.take("(") {
            let value = self.level(0)?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err("missing ')'".to_owned())
            };
        }
        if self.take("-") {
            return Ok(self.single()?.wrapping_neg());
        }
        if self.take("!") {
            return Ok(i64::from(self.single()? == 0));
        }
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        let value = match word.chars().next() {
            None => return Err("arithmetic syntax error".to_owned()),
            Some('0'..='9') => word.to_owned(),
            Some(_) => (self.variable)(word),
        };
        match value.trim() {
            "" => Ok(0),
            value => value.parse().map_err(|_| format!("bad number: {value}")),
        }
    }
}

fn join(operator: &str, one: i64, other: i64) -> Result<i64, String> {
    Ok(match operator {
        "||" => i64::from(one != 0 || other != 0),
        "&&" => i64::from(one != 0 && other != 0),
        "==" => i64::from(one == other),
        "!=" => i64::from(one != other),
        "<=" => i64::from(one <= other),
        ">=" => i64::from(one >= other),
        "<" => i64::from(one < other),
        ">" => i64::from(one > other),
        "+" => one.wrapping_add(other),
        "-" => one.wrapping_sub(other),
        "*" => one.wrapping_mul(other),
        _ if other == 0 => return Err("divide by zero".to_owned()),
        "/" => one.wrapping_div(other),
        _ => one.wrapping_rem(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<i64, String> {
        work_out(text, &|name| {
            if name == "i" {
                "41".to_owned()
            } else {
                String::new()
            }
        })
    }

    #[test]
    fn operators_bind_as_in_c() {
        assert_eq!(of(" i + 1 "), Ok(42));
        assert_eq!(of("2 + 3 * (4 - 1) % 5"), Ok(6));
        assert_eq!(of("1 < 2 && 3 >= 3 || 0"), Ok(1));
        assert_eq!(of("-2 * -nothing"), Ok(0));
        assert_eq!(of("1 / 0"), Err("divide by zero".to_owned()));
        assert!(of("1 +").is_err() && of("1 2").is_err());
        assert!(of(&"(".repeat(100_000)).is_err());
        assert!(of(&"-".repeat(100_000)).is_err());
    }
}
