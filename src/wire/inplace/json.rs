//! JSON, read in place. What is skipped is not looked into further than for its end.
//!
//! Source: RFC 8259; Kubernetes API conventions, "Optional vs. Required" (a null is the same as an absent field).

use std::borrow::Cow;

use wide::u8x16;

use super::{Entry, Field, InPlace, Key, OTHER, Raw, SHORT, Unreadable, Value, pushed};
use crate::wire::frame::Scanner;
use crate::wire::scalar::Time;
use crate::wire::text::Text;

const NOT_JSON: Unreadable = Unreadable("the text is not JSON");

/// A place in a JSON text.
#[derive(Debug)]
pub struct Json<'a> {
    rest: &'a [u8],
}

impl<'a> Json<'a> {
    /// The beginning of a text.
    pub const fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The one value that a document is.
    pub(super) fn document<M: InPlace<'a>>(&mut self, into: &mut M) -> Result<(), Unreadable> {
        if !self.null()? {
            self.message(into)?;
        }
        if self.rest.iter().all(u8::is_ascii_whitespace) {
            Ok(())
        } else {
            Err(NOT_JSON)
        }
    }

    /// The next byte that is no blank; it is not taken.
    #[inline]
    fn peek(&mut self) -> Result<u8, Unreadable> {
        loop {
            match self.rest.split_first() {
                Some((b' ' | b'\n' | b'\r' | b'\t', rest)) => self.rest = rest,
                Some((first, _)) => return Ok(*first),
                None => return Err(SHORT),
            }
        }
    }

    fn advance(&mut self, len: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(SHORT)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes this byte if it is the next one.
    #[inline]
    fn take(&mut self, byte: u8) -> Result<bool, Unreadable> {
        let found = self.peek()? == byte;
        if found {
            self.advance(1)?;
        }
        Ok(found)
    }

    #[inline]
    fn expect(&mut self, byte: u8, otherwise: Unreadable) -> Result<(), Unreadable> {
        if self.take(byte)? { Ok(()) } else { Err(otherwise) }
    }

    /// Takes a null.
    #[inline]
    fn null(&mut self) -> Result<bool, Unreadable> {
        if self.peek()? != b'n' {
            return Ok(false);
        }
        if self.word()? == b"null" {
            Ok(true)
        } else {
            Err(NOT_JSON)
        }
    }

    /// A number, or one of the three names.
    fn word(&mut self) -> Result<&'a [u8], Unreadable> {
        self.peek()?;
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let len = self.rest.iter().take_while(|byte| belongs(byte)).count();
        if len == 0 {
            return Err(NOT_JSON);
        }
        self.advance(len)
    }

    /// A text as it is written, between its quotes; whether something in it is escaped.
    fn quoted(&mut self) -> Result<(&'a [u8], bool), Unreadable> {
        self.expect(b'"', OTHER)?;
        let (mut len, mut escapes) = (0, false);
        loop {
            len += plain(self.rest.get(len..).ok_or(SHORT)?);
            match self.rest.get(len) {
                Some(b'"') => break,
                Some(_) => len += 2,
                None => return Err(SHORT),
            }
            escapes = true;
        }
        let written = self.advance(len)?;
        self.advance(1)?;
        Ok((written, escapes))
    }

    /// The key of a member and its colon.
    #[inline]
    fn key(&mut self) -> Result<Cow<'a, [u8]>, Unreadable> {
        let (written, escapes) = self.quoted()?;
        self.expect(b':', NOT_JSON)?;
        Ok(if escapes {
            unescaped(written).into_bytes().into()
        } else {
            written.into()
        })
    }

    /// Calls `each` before every value of an object or an array, until its end.
    #[inline]
    fn each(
        &mut self,
        brackets: [u8; 2],
        mut each: impl FnMut(&mut Self) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let [open, close] = brackets;
        self.expect(open, OTHER)?;
        if self.take(close)? {
            return Ok(());
        }
        loop {
            each(self)?;
            if !self.take(b',')? {
                return self.expect(close, NOT_JSON);
            }
        }
    }
}

const OBJECT: [u8; 2] = *b"{}";
const ARRAY: [u8; 2] = *b"[]";

impl<'a> Value<'a> for &mut Json<'a> {
    fn text(self) -> Result<Text<'a>, Unreadable> {
        let (written, escapes) = self.quoted()?;
        Ok(if escapes {
            unescaped(written).into()
        } else {
            Text::lossy(written)
        })
    }

    fn number(self) -> Result<i64, Unreadable> {
        let word = std::str::from_utf8(self.word()?).map_err(|_| OTHER)?;
        word.parse().map_err(|_| OTHER)
    }

    fn flag(self) -> Result<bool, Unreadable> {
        match self.word()? {
            b"true" => Ok(true),
            b"false" => Ok(false),
            _ => Err(OTHER),
        }
    }

    fn time(self) -> Result<Time, Unreadable> {
        Time::parse(&self.text()?).ok_or(Unreadable("a time is not in RFC 3339"))
    }

    fn quantity(self) -> Result<Text<'a>, Unreadable> {
        match self.peek()? {
            b'-' | b'0'..=b'9' => self.word().map(Text::lossy),
            _ => self.text(),
        }
    }

    fn message<M: InPlace<'a>>(self, into: &mut M) -> Result<(), Unreadable> {
        self.each(OBJECT, |json| {
            let key = json.key()?;
            if json.null()? {
                return Ok(());
            }
            into.field(Key::Name(&key), json)
        })
    }

    fn list<F: Field<'a>>(self, into: &mut Vec<F>, wanted: fn(&F) -> bool) -> Result<(), Unreadable> {
        into.clear();
        self.each(ARRAY, |json| {
            let fresh = pushed(into)?;
            if !json.null()? {
                fresh.read(json)?;
            }
            into.pop_if(|fresh| !wanted(fresh));
            Ok(())
        })
    }

    fn map<F: Field<'a>>(
        self,
        into: &mut Vec<Entry<'a, F>>,
        wanted: fn(&str) -> bool,
    ) -> Result<(), Unreadable> {
        into.clear();
        self.each(OBJECT, |json| {
            let key = json.text()?;
            json.expect(b':', NOT_JSON)?;
            if json.null()? {
                return Ok(());
            }
            if !wanted(&key) {
                return json.skip();
            }
            let entry = pushed(into)?;
            entry.key = key;
            entry.value.read(json)
        })
    }

    fn raw(self) -> Result<Raw<'a>, Unreadable> {
        self.peek()?;
        let from = self.rest;
        self.skip()?;
        let len = from.len() - self.rest.len();
        Ok(Raw::Json(from.get(..len).unwrap_or_default()))
    }

    fn skip(self) -> Result<(), Unreadable> {
        match self.peek()? {
            b'"' => self.quoted().map(drop),
            b'{' | b'[' => {
                let len = Scanner::default().end(self.rest).ok_or(SHORT)?;
                self.advance(len).map(drop)
            }
            _ => self.word().map(drop),
        }
    }
}

/// How many bytes come before the first quote or backslash.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<16>();
    for (number, block) in blocks.iter().enumerate() {
        let block = u8x16::from(*block);
        let ends = block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\'));
        let found = ends.to_bitmask();
        if found != 0 {
            return number * 16 + found.trailing_zeros() as usize;
        }
    }
    let ends = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
    blocks.len() * 16 + ends.unwrap_or(rest.len())
}

/// A text without its escapes. One whose escapes mean nothing stays as it is written.
fn unescaped(written: &[u8]) -> String {
    let written = String::from_utf8_lossy(written);
    serde_json::from_str(&format!("\"{written}\"")).unwrap_or_else(|_| written.into_owned())
}
