//! A request, read: method, path, query, headers, body. Decides nothing.

use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use hyper::Method;
use hyper::upgrade::OnUpgrade;

use super::user::User;
use crate::demo::status::Status;

/// A request with its whole body.
#[derive(Debug)]
pub(super) struct Request {
    parts: hyper::http::request::Parts,
    query: Vec<(String, String)>,
    /// The body; empty for upgrades.
    pub body: Bytes,
    /// The connection, for a WebSocket.
    upgrade: Mutex<Option<OnUpgrade>>,
    /// Who asks.
    user: OnceLock<User>,
    /// What the client is to be told besides the answer.
    warnings: Mutex<Vec<String>>,
}

impl Request {
    pub fn new(mut parts: hyper::http::request::Parts, body: Bytes) -> Self {
        let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        let upgrade = Mutex::new(parts.extensions.remove::<OnUpgrade>());
        Self {
            parts,
            query,
            body,
            upgrade,
            user: OnceLock::new(),
            warnings: Mutex::default(),
        }
    }

    /// Tells the client something besides the answer, once.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        if let Ok(mut warnings) = self.warnings.lock()
            && !warnings.contains(&text)
        {
            warnings.push(text);
        }
    }

    /// What is to be told, in order.
    pub fn take_warnings(&self) -> Vec<String> {
        self.warnings
            .lock()
            .map(|mut warnings| std::mem::take(&mut *warnings))
            .unwrap_or_default()
    }

    /// Says who asks; counts once.
    pub fn identify(&self, user: User) {
        let _ = self.user.set(user);
    }

    /// Who asks; nobody before that is known.
    pub fn user(&self) -> &User {
        self.user.get_or_init(User::default)
    }

    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    pub fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The query as it was sent.
    pub fn raw_query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// A header as text; empty if absent or not text.
    pub fn header(&self, name: &str) -> &str {
        self.parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// All values of a header that is there several times; those that are not text are left out.
    pub fn headers<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let all = self.parts.headers.get_all(name).iter();
        all.filter_map(|value| value.to_str().ok())
    }

    /// Headers whose names begin with `stem`: the rest of the name in lower case, with all values.
    pub fn headers_under(&self, stem: &str) -> Vec<(String, Vec<String>)> {
        let names = self
            .parts
            .headers
            .keys()
            .filter_map(|name| name.as_str().strip_prefix(stem));
        let decoded = |name: &str| {
            // `%` escapes, without the `+` of forms.
            let text = name.replace('+', "%2B");
            form_urlencoded::parse(text.as_bytes())
                .next()
                .map_or(text.clone(), |(key, _)| key.into_owned())
        };
        names
            .map(|name| {
                let values = self
                    .headers(&format!("{stem}{name}"))
                    .map(str::to_owned)
                    .collect();
                (decoded(name), values)
            })
            .collect()
    }

    /// The first value of a parameter; empty ones count as absent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub fn params<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.query
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a parameter says true, as Go's conversion reads it: present and neither `false` nor `0`.
    pub fn flag(&self, name: &str) -> bool {
        self.params(name)
            .next()
            .is_some_and(|value| !matches!(value, "false" | "0" | "False" | "FALSE"))
    }

    /// A parameter as a number.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Status> {
        let Some(text) = self.param(name) else {
            return Ok(None);
        };
        let wrong = |_| Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"));
        text.parse().map(Some).map_err(wrong)
    }

    /// The connection to upgrade; once.
    pub fn take_upgrade(&self) -> Option<OnUpgrade> {
        self.upgrade.lock().ok()?.take()
    }
}
