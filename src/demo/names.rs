//! What Kubernetes says of names, label keys and values that it refuses (apimachinery `pkg/api/validate/content`, `pkg/util/validation`).
//! Judges texts; knows no objects.

const LABEL_FORM: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const KEY_FORM: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const EMPTY: &str = "must be non-empty";

/// An RFC 1123 label: names of containers, namespaces and ports.
pub fn label(text: &str) -> Vec<String> {
    let why = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
    judge(text, (63, "bytes"), is_label(text), || {
        form(why, LABEL_FORM, &["my-name", "123-abc"])
    })
}

/// An RFC 1035 label, which begins with a letter: names of services until 1.36 and of StatefulSets' pods.
pub fn label_1035(text: &str) -> Vec<String> {
    let why = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    let good = is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase());
    judge(text, (63, "characters"), good, || {
        form(why, "[a-z]([-a-z0-9]*[a-z0-9])?", &["my-name", "abc-123"])
    })
}

/// An RFC 1123 subdomain: names of most objects.
pub fn subdomain(text: &str) -> Vec<String> {
    let why = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    let whole = format!("{LABEL_FORM}(\\.{LABEL_FORM})*");
    judge(text, (253, "bytes"), text.split('.').all(is_label), || {
        form(why, &whole, &["example.com"])
    })
}

/// A name that is part of a path: those of roles and bindings.
pub fn segment(text: &str) -> Vec<String> {
    match text {
        "." | ".." => vec![format!("may not be '{text}'")],
        _ => ["/", "%"]
            .iter()
            .filter(|part| text.contains(**part))
            .map(|part| format!("may not contain '{part}'"))
            .collect(),
    }
}

/// A label or annotation key, a resource name, a finalizer: a name, after a domain and `/` if need be.
pub fn key(text: &str) -> Vec<String> {
    let why = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let form = form(why, KEY_FORM, &["MyName", "my.name", "123-abc"]);
    let (domain, name) = match text.split_once('/') {
        None => (None, text),
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "a valid label key {form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
        Some((domain, name)) => (Some(domain), name),
    };
    let mut said = match domain {
        None => Vec::new(),
        Some("") => vec![EMPTY.to_owned()],
        Some(domain) => subdomain(domain),
    };
    for text in &mut said {
        text.insert_str(0, "prefix part ");
    }
    if name.is_empty() {
        said.push(format!("name part {EMPTY}"));
    } else if name.len() > 63 {
        said.push(format!("name part {}", too_long((63, "bytes"))));
    }
    if !is_key_name(name) {
        said.push(format!("name part {form}"));
    }
    said
}

/// The value of a label.
pub fn value(text: &str) -> Vec<String> {
    let why = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let whole = format!("({KEY_FORM})?");
    judge(text, (63, "bytes"), text.is_empty() || is_key_name(text), || {
        form(why, &whole, &["MyValue", "my_value", "12345"])
    })
}

/// A key of a ConfigMap or a Secret.
pub fn data_key(text: &str) -> Vec<String> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    let mut said = judge(
        text,
        (253, "characters"),
        !text.is_empty() && text.chars().all(good),
        || form(why, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]),
    );
    match text {
        "." => said.push("must not be '.'".into()),
        ".." => said.push("must not be '..'".into()),
        text if text.starts_with("..") => said.push("must not start with '..'".into()),
        _ => {}
    }
    said
}

/// The name of an environment variable: anything that can be printed, but for `=`.
pub fn variable(text: &str) -> Vec<String> {
    let good = |letter: char| (' '..='~').contains(&letter) && letter != '=';
    if text.is_empty() {
        return vec![format!("environment variable name {EMPTY}")];
    }
    if text.chars().all(good) {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .into(),
    ]
}

/// The name of a container's port.
pub fn port(text: &str) -> Vec<String> {
    let good = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let mut said = Vec::new();
    let mut tell = |wrong: bool, why: &str| {
        if wrong {
            said.push(why.to_owned());
        }
    };
    tell(text.len() > 15, "must be no more than 15 characters");
    tell(
        text.is_empty() || !text.chars().all(good),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    tell(
        !text.chars().any(|letter| letter.is_ascii_lowercase()),
        "must contain at least one letter (a-z)",
    );
    tell(text.contains("--"), "must not contain consecutive hyphens");
    tell(
        text.starts_with('-') || text.ends_with('-'),
        "must not begin or end with a hyphen",
    );
    said
}

/// The number of a port.
pub fn port_number(number: i64) -> Option<&'static str> {
    (!(1..=65_535).contains(&number)).then_some("must be between 1 and 65535, inclusive")
}

fn judge(text: &str, most: (usize, &str), good: bool, why: impl Fn() -> String) -> Vec<String> {
    let mut said = Vec::new();
    if text.len() > most.0 {
        said.push(too_long(most));
    }
    if !good {
        said.push(why());
    }
    said
}

fn too_long((most, unit): (usize, &str)) -> String {
    format!("must be no more than {most} {unit}")
}

fn form(why: &str, form: &str, examples: &[&str]) -> String {
    let all: Vec<_> = examples.iter().map(|one| format!("'{one}', ")).collect();
    format!(
        "{why} (e.g. {} regex used for validation is '{form}')",
        all.join(" or ").trim_end()
    )
}

fn is_label(text: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    ends(text).iter().all(|end| end.is_some_and(|end| letter(&end)))
        && text.bytes().all(|byte| letter(&byte) || byte == b'-')
}

fn is_key_name(text: &str) -> bool {
    ends(text)
        .iter()
        .all(|end| end.is_some_and(|end| end.is_ascii_alphanumeric()))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn ends(text: &str) -> [Option<u8>; 2] {
    [text.bytes().next(), text.bytes().last()]
}

/// Whether a text is a range of addresses, such as `10.0.0.0/8`.
pub fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = match address.parse() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_refused_in_the_words_of_the_real_server() {
        assert!(
            label("a-1").is_empty() && subdomain("a-1.b").is_empty() && key("example.com/Name_x").is_empty()
        );
        assert!(value("").is_empty() && data_key(".dotted").is_empty() && port("http-2").is_empty());
        assert_eq!(
            label("A"),
            [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
              alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ]
        );
        assert!(subdomain("a..b")[0].contains(
            "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\."
        ));
        assert_eq!(label(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(label_1035("1a").len(), 1);
        assert_eq!(key("/x"), ["prefix part must be non-empty"]);
        assert_eq!(key("x/").len(), 2);
        assert!(key("a/b/c")[0].starts_with("a valid label key must consist of"));
        assert_eq!(segment("a/b"), ["may not contain '/'"]);
        assert_eq!(data_key("..x"), ["must not start with '..'"]);
        assert_eq!(port("--").len(), 3);
        assert!(variable("A B").is_empty() && !variable("A=B").is_empty());
        assert!(port_number(0).is_some() && port_number(65_535).is_none());
    }
}
