//! The events of a resource that many watchers are sent alike, written once, in pieces that all of them read. Only for those who select nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;

use super::super::accept::Form;
use super::{GATHER, PIECE, event};
use crate::demo::resource::Resource;
use crate::demo::store::{Change, Store, Subscription};

/// How many bytes of events a stream keeps for those who are behind.
const KEPT: usize = 16 << 20;

/// What a stream is of: a resource by its storage name, and a form.
type Of = (Arc<str>, Form);

/// All streams that somebody reads.
#[derive(Debug, Default)]
pub(in crate::demo::server) struct Streams(Mutex<HashMap<Of, Weak<Stream>>>);

/// The events of one resource in one form.
#[derive(Debug)]
pub(in crate::demo::server) struct Stream {
    resource: Arc<Resource>,
    form: Form,
    store: Store,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    pieces: VecDeque<Piece>,
    bytes: usize,
    /// What follows the last piece.
    changes: Subscription,
    /// Changes that are known but in no piece.
    pending: VecDeque<Change>,
    /// The version the last piece led to; nothing happened from there up to `seen`.
    end: u64,
    seen: u64,
    /// When the last piece was made that had all there was.
    cut: Option<Instant>,
}

/// The events after the version `from`, up to the version `to`.
#[derive(Debug)]
struct Piece {
    from: u64,
    to: u64,
    events: Bytes,
}

/// What follows a version.
#[derive(Debug)]
pub(in crate::demo::server) enum Next {
    /// These events, which lead to that version.
    Events(Bytes, u64),
    /// What is not kept in pieces that begin there: up to that version a watcher has to read by itself.
    Apart(u64),
    /// More is gathered until then.
    Later(Instant),
    /// Nothing up to that version.
    Nothing(u64),
}

impl Streams {
    /// The stream of a resource in a form; one that nobody reads begins now.
    pub fn of(&self, store: &Store, resource: &Arc<Resource>, form: Form) -> Arc<Stream> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (Arc::clone(&resource.storage), form);
        if let Some(stream) = all.get(&key).and_then(Weak::upgrade) {
            return stream;
        }
        all.retain(|_, stream| stream.strong_count() > 0);
        let stream = Arc::new(Stream::new(store, resource, form));
        all.insert(key, Arc::downgrade(&stream));
        stream
    }
}

impl Stream {
    fn new(store: &Store, resource: &Arc<Resource>, form: Form) -> Self {
        Self {
            inner: Mutex::new(Inner::new(store, resource)),
            resource: Arc::clone(resource),
            form,
            store: store.clone(),
        }
    }

    /// What follows `version`.
    pub fn after(&self, version: u64) -> Next {
        let mut inner = self.lock();
        loop {
            if let Some(known) = inner.find(version) {
                return known;
            }
            if inner.pending.is_empty() {
                if let Some(until) = inner.gathers_until() {
                    return Next::Later(until);
                }
                let Ok(changes) = inner.changes.poll() else {
                    // Nobody has read for so long that not all is kept any more.
                    *inner = Inner::new(&self.store, &self.resource);
                    return Next::Apart(inner.end);
                };
                inner.pending.extend(changes);
                if inner.pending.is_empty() {
                    inner.seen = inner.changes.seen();
                    return Next::Nothing(inner.seen.max(version));
                }
            }
            self.write(&mut inner);
        }
    }

    /// Makes the next piece of what is known.
    fn write(&self, inner: &mut Inner) {
        let (mut out, mut to) = (Vec::new(), inner.seen);
        while out.len() < PIECE
            && let Some(change) = inner.pending.pop_front()
        {
            to = change.object.version;
            if let Some(kind) = super::kind(&change, |_| true) {
                event::push(self.form, kind, (&change.object, &self.resource), &mut out);
            }
        }
        inner.cut = inner.pending.is_empty().then(Instant::now);
        if inner.pending.is_empty() {
            to = inner.changes.seen();
        }
        inner.add(to, out.into_boxed_slice().into());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn new(store: &Store, resource: &Resource) -> Self {
        let now = store.version();
        Self {
            pieces: VecDeque::new(),
            bytes: 0,
            changes: store.subscribe(&resource.storage, None, now),
            pending: VecDeque::new(),
            end: now,
            seen: now,
            cut: None,
        }
    }

    /// What is kept after `version`; `None` if that comes after all pieces.
    fn find(&self, version: u64) -> Option<Next> {
        let oldest = self.pieces.front().map_or(self.end, |piece| piece.from);
        if version < oldest {
            return Some(Next::Apart(oldest));
        }
        let at = self.pieces.partition_point(|piece| piece.to <= version);
        let piece = self.pieces.get(at)?;
        let begins = version <= piece.from;
        Some(if begins {
            Next::Events(piece.events.clone(), piece.to)
        } else {
            Next::Apart(piece.to)
        })
    }

    fn gathers_until(&self) -> Option<Instant> {
        let until = self.cut? + GATHER;
        (until > Instant::now()).then_some(until)
    }

    fn add(&mut self, to: u64, events: Bytes) {
        self.bytes += events.len();
        self.pieces.push_back(Piece {
            from: self.seen,
            to,
            events,
        });
        (self.end, self.seen) = (to, to);
        while self.bytes > KEPT
            && self.pieces.len() > 1
            && let Some(old) = self.pieces.pop_front()
        {
            self.bytes -= old.events.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::demo::clock::Clock;
    use crate::demo::resource::Registry;

    fn store() -> Store {
        let clock = Clock::driven(Timestamp::from_seconds(1_800_000_000));
        Store::new(Registry::builtin(), clock, 7)
    }

    /// Does something to a pod or to another object.
    fn stir(store: &Store, random: &mut fastrand::Rng) {
        let (resource, name) = (
            random.choice(["pods", "pods", "nodes"]).unwrap(),
            random.u8(..9).to_string(),
        );
        let namespace = if resource == "pods" { "a" } else { "" };
        let written = random.u32(..).to_string();
        let fresh = json!({ "metadata": { "name": name, "annotations": { "is": written } } });
        if random.u8(..4) == 0 {
            let _ = store.remove(resource, namespace, &name);
        } else if store.create(resource, namespace, fresh).is_err() {
            let changed = store.modify(resource, namespace, &name, |value| {
                value["metadata"]["annotations"]["is"] = written.into();
            });
            changed.unwrap();
        }
    }

    struct Reader {
        own: Subscription,
        read: Vec<u8>,
        pieces: usize,
    }

    impl Reader {
        fn new(store: &Store) -> Self {
            Self {
                own: store.subscribe("pods", None, store.version()),
                read: Vec::new(),
                pieces: 0,
            }
        }

        /// Whether there was anything.
        fn step(&mut self, stream: &Stream) -> bool {
            stream.lock().cut = None;
            match stream.after(self.own.seen()) {
                Next::Events(events, version) => {
                    self.read.extend_from_slice(&events);
                    self.own.skip_to(version);
                    self.pieces += 1;
                }
                Next::Apart(version) => {
                    let changes = self.own.poll_to(version).unwrap();
                    self.read.extend(written(&changes, &stream.resource));
                }
                // It stands where the newest piece ends.
                Next::Later(_) => {}
                Next::Nothing(version) => {
                    self.own.skip_to(version);
                    return false;
                }
            }
            true
        }
    }

    fn written(changes: &[Change], pods: &Resource) -> Vec<u8> {
        let mut out = Vec::new();
        for change in changes {
            let kind = super::super::kind(change, |_| true).unwrap();
            event::push(Form::Whole, kind, (&change.object, pods), &mut out);
        }
        out
    }

    #[test]
    fn every_reader_gets_every_event_once_and_in_order_whenever_it_began() {
        let (store, mut random) = (store(), fastrand::Rng::with_seed(3));
        let pods = store.registry().stored("pods").unwrap();
        let streams = Streams::default();
        let stream = streams.of(&store, &pods, Form::Whole);
        let mut readers = Vec::new();
        for turn in 0..3_000 {
            stir(&store, &mut random);
            if turn % 100 == 0 {
                let all = store.subscribe("pods", None, store.version());
                readers.push((Reader::new(&store), all));
            }
            if let Some((reader, _)) = random.choice(&mut readers) {
                reader.step(&stream);
            }
        }
        for (reader, all) in &mut readers {
            while reader.step(&stream) {}
            let mut wanted = Vec::new();
            while let Some(changes) = Some(all.poll().unwrap()).filter(|changes| !changes.is_empty()) {
                wanted.extend(written(&changes, &pods));
            }
            assert!(reader.read == wanted);
        }
        assert!(readers.iter().map(|(reader, _)| reader.pieces).sum::<usize>() > 1_000);
    }

    #[test]
    fn those_who_read_at_the_same_time_are_given_the_same_bytes() {
        let (store, mut random) = (store(), fastrand::Rng::with_seed(4));
        let pods = store.registry().stored("pods").unwrap();
        let streams = Streams::default();
        let from = store.version();
        for _ in 0..50 {
            stir(&store, &mut random);
        }
        let stream = streams.of(&store, &pods, Form::Whole);
        assert!(matches!(stream.after(from), Next::Apart(to) if to == store.version()));
        let from = store.version();
        for _ in 0..50 {
            stir(&store, &mut random);
        }
        let (Next::Events(one, to), Next::Events(other, _)) = (stream.after(from), stream.after(from)) else {
            panic!("nothing happened")
        };
        assert_eq!((one.as_ptr(), to), (other.as_ptr(), store.version()));
        stir(&store, &mut random);
        assert!(matches!(stream.after(to), Next::Later(_)), "more is gathered");
        assert!(Arc::ptr_eq(&stream, &streams.of(&store, &pods, Form::Whole)));
    }

    #[test]
    fn what_is_no_longer_kept_is_read_apart() {
        let store = store();
        let pods = store.registry().stored("pods").unwrap();
        let stream = Streams::default().of(&store, &pods, Form::Whole);
        let from = store.version();
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..500 {
            stir(&store, &mut random);
            store.clock().advance(std::time::Duration::from_secs(3));
        }
        let now = store.version();
        assert!(matches!(stream.after(from), Next::Apart(to) if to == now));
        assert!(matches!(stream.after(now), Next::Nothing(to) if to == now));
    }
}
