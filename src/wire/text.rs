//! A text where it was received: borrowed from the body unless JSON's escapes had to be resolved. Interprets nothing.

use std::borrow::Cow;
use std::ops::Deref;

use super::lossy;

/// A text of an object that is read in place; empty when absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    /// What is no UTF-8 is replaced by U+FFFD.
    pub fn lossy(bytes: &'a [u8]) -> Self {
        Self(lossy(bytes))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.0.into_owned()
    }
}
