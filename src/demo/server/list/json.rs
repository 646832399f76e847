//! A page in JSON: whole objects, metadata or table rows, as many as fit into a piece at a time.

use std::fmt::Write as _;

use super::body::PIECE;
use super::{Chosen, named};
use crate::demo::server::accept::Form;
use crate::demo::server::print::Printer;
use crate::demo::server::request::Request;
use crate::demo::server::{Shared, view};

/// Writes a page.
pub(super) struct Writer {
    chosen: Chosen,
    form: Form,
    printer: Printer,
    at: usize,
    done: bool,
}

impl Writer {
    pub fn new(shared: &Shared, request: &Request, form: Form, chosen: Chosen) -> Self {
        let printer = Printer::of(request, &chosen.resource, shared.store.clock().now());
        Self {
            chosen,
            form,
            printer,
            at: 0,
            done: false,
        }
    }

    fn head(&self) -> Vec<u8> {
        let meta = self.chosen.meta();
        let (kind, version) = match self.form {
            Form::Table => return self.printer.head(&meta),
            Form::Metadata => (
                "PartialObjectMetadataList".to_owned(),
                "meta.k8s.io/v1".to_owned(),
            ),
            Form::Whole | Form::Proto | Form::ProtoMetadata => (
                format!("{}List", self.chosen.resource.kind),
                self.chosen.resource.api_version(),
            ),
        };
        let mut head = String::new();
        let _ = write!(
            head,
            r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{},"items":["#,
            named(meta)
        );
        head.into_bytes()
    }
}

impl super::body::Writer for Writer {
    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn prepare(&mut self) -> bool {
        true
    }

    fn piece(&mut self) -> Option<Vec<u8>> {
        if self.done {
            return None;
        }
        let mut out = if self.at == 0 {
            self.head()
        } else {
            Vec::with_capacity(PIECE + (16 << 10))
        };
        while let Some(object) = self.chosen.objects.get(self.at) {
            if out.len() >= PIECE {
                return Some(out);
            }
            if self.at > 0 {
                out.push(b',');
            }
            match self.form {
                Form::Whole | Form::Proto | Form::ProtoMetadata => {
                    view::push_item(object, &self.chosen.resource, &mut out);
                }
                Form::Metadata => view::push_metadata(object, &mut out),
                Form::Table => self.printer.push_row(object, &mut out),
            }
            self.at += 1;
        }
        self.done = true;
        out.extend_from_slice(b"]}\n");
        Some(out)
    }

    fn is_done(&self) -> bool {
        self.done
    }
}
