//! What the server counts of its own work: requests by what they were about, how long they took, what still runs. Decides nothing; it is
//! written out below.

mod exposition;
mod process;
mod text;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::body::Body as _;
use hyper::{Method, Response};

use super::answer::Body;
use super::request::Request;
use super::route::{Route, Target};

pub(super) use exposition::{CONTENT_TYPE, write};

/// Upper bounds of durations, seconds (apiserver `endpoints/metrics`).
const SECONDS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0,
    20.0, 30.0, 45.0, 60.0,
];
/// Upper bounds of the sizes of answers, bytes.
const BYTES: [f64; 7] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// What a request was about, as its labels say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    verb: &'static str,
    group: String,
    version: String,
    resource: String,
    subresource: String,
    scope: &'static str,
    dry: bool,
}

/// Values by how great they were.
#[derive(Debug, Clone)]
struct Histogram {
    bounds: &'static [f64],
    /// How many were not above each bound, but above the one before.
    counts: Vec<u64>,
    sum: f64,
    count: u64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            sum: 0.0,
            count: 0,
        }
    }

    fn add(&mut self, value: f64) {
        if let Some(count) = self
            .bounds
            .iter()
            .position(|bound| value <= *bound)
            .and_then(|at| self.counts.get_mut(at))
        {
            *count += 1;
        }
        self.sum += value;
        self.count += 1;
    }
}

/// Requests of one kind.
#[derive(Debug, Clone)]
struct Series {
    codes: BTreeMap<u16, u64>,
    seconds: Histogram,
    sizes: Histogram,
    /// How many are still being answered.
    running: i64,
}

/// All that is counted.
#[derive(Debug, Default)]
pub(super) struct Meter {
    requests: Mutex<BTreeMap<About, Series>>,
    reading: AtomicI64,
    writing: AtomicI64,
    authenticated: AtomicU64,
    refused: AtomicU64,
}

/// A request that is being answered.
pub(super) struct Running {
    about: About,
    since: Instant,
    long: bool,
}

impl Meter {
    /// Begins to count a request.
    pub fn begin(&self, request: &Request, route: &Route) -> Running {
        let about = About::of(request, route);
        let long = matches!(about.verb, "WATCH" | "CONNECT");
        if !long {
            self.gauge(request).fetch_add(1, Ordering::Relaxed);
        }
        Running {
            about,
            since: Instant::now(),
            long,
        }
    }

    fn gauge(&self, request: &Request) -> &AtomicI64 {
        match *request.method() {
            Method::GET | Method::HEAD => &self.reading,
            _ => &self.writing,
        }
    }

    /// Counts an answer; one that goes on is counted when it ends.
    pub fn end(
        self: &Arc<Self>,
        request: &Request,
        running: Running,
        response: Response<Body>,
    ) -> Response<Body> {
        let code = response.status().as_u16();
        let judged = if code == 401 {
            &self.refused
        } else {
            &self.authenticated
        };
        judged.fetch_add(1, Ordering::Relaxed);
        if !running.long {
            self.gauge(request).fetch_sub(1, Ordering::Relaxed);
        }
        let size = response.body().size_hint().exact();
        if !running.long || code >= 400 {
            self.count(&running, code, size);
            return response;
        }
        self.series(&running.about, |series| series.running += 1);
        let open = Open {
            meter: Arc::clone(self),
            running,
            code,
        };
        response.map(|body| {
            body.map_frame(move |frame| {
                // Held as long as the body is: it ends the count.
                let _ = &open;
                frame
            })
            .boxed_unsync()
        })
    }

    fn count(&self, running: &Running, code: u16, size: Option<u64>) {
        let elapsed: Duration = running.since.elapsed();
        self.series(&running.about, |series| {
            *series.codes.entry(code).or_default() += 1;
            series.seconds.add(elapsed.as_secs_f64());
            if let Some(size) = size {
                series.sizes.add(size as f64);
            }
        });
    }

    fn series(&self, about: &About, change: impl FnOnce(&mut Series)) {
        let mut all = self.all();
        if let Some(series) = all.get_mut(about) {
            return change(series);
        }
        let new = Series {
            codes: BTreeMap::new(),
            seconds: Histogram::new(&SECONDS),
            sizes: Histogram::new(&BYTES),
            running: 0,
        };
        change(all.entry(about.clone()).or_insert(new));
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<About, Series>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that goes on.
struct Open {
    meter: Arc<Meter>,
    running: Running,
    code: u16,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.meter
            .series(&self.running.about, |series| series.running -= 1);
        self.meter.count(&self.running, self.code, None);
    }
}

impl About {
    fn of(request: &Request, route: &Route) -> Self {
        let Route::Objects(target) = route else {
            return Self {
                verb: method(request),
                subresource: place(route, request.path()).to_owned(),
                ..Self::default()
            };
        };
        let resource = &target.resource;
        Self {
            verb: verb(request, target),
            group: resource.group.to_string(),
            version: resource.version.to_string(),
            resource: resource.plural.to_string(),
            // What follows it, as the path that is proxied, is whatever a client writes.
            subresource: target
                .subresource
                .as_deref()
                .and_then(|sub| sub.split('/').next())
                .unwrap_or_default()
                .to_owned(),
            scope: match (&target.name, &target.namespace) {
                (Some(_), _) => "resource",
                (None, Some(_)) => "namespace",
                (None, None) => "cluster",
            },
            dry: request.param("dryRun") == Some("All"),
        }
    }
}

/// What is counted together of paths that are no resource's: their own words are without number, and anybody may send them.
fn place(route: &Route, path: &str) -> &'static str {
    match route {
        Route::Health if path.starts_with("/livez") => "/livez",
        Route::Health if path.starts_with("/readyz") => "/readyz",
        Route::Health => "/healthz",
        Route::Version => "/version",
        Route::Paths => "/",
        Route::Core => "api",
        Route::Groups | Route::Group(_) | Route::Resources(..) => "apis",
        Route::OpenApi(_) => "openapi/v3",
        Route::Metrics => "/metrics",
        Route::Issuer(_) => "/openid",
        Route::Objects(_) | Route::Nothing => "",
    }
}

fn method(request: &Request) -> &'static str {
    match *request.method() {
        Method::GET | Method::HEAD => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The verb as the real server labels it (`endpoints/metrics`, `cleanVerb`).
fn verb(request: &Request, target: &Target) -> &'static str {
    if matches!(
        target.subresource.as_deref(),
        Some("exec" | "attach" | "portforward" | "proxy" | "log")
    ) {
        return "CONNECT";
    }
    match target.verb(request) {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "patch"
            if request
                .header("content-type")
                .starts_with("application/apply-patch") =>
        {
            "APPLY"
        }
        "deletecollection" => "DELETECOLLECTION",
        _ => method(request),
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::route;
    use super::*;
    use crate::demo::resource::Registry;

    #[test]
    fn paths_that_anybody_may_think_of_are_counted_as_one() {
        let registry = Registry::builtin();
        let about = |path: &str| {
            let parts = hyper::Request::get(path).body(()).unwrap().into_parts().0;
            let request = Request::new(parts, bytes::Bytes::new());
            About::of(&request, &route(&registry, path))
        };
        for (one, other) in [
            ("/healthz/a", "/healthz/b"),
            ("/apis/a", "/apis/b"),
            ("/apis/a/v1", "/apis/b/v2"),
            ("/api/a", "/api/b"),
            ("/openapi/a", "/openapi/b/c"),
            ("/apis/a/v1/things", "/b/c"),
            (
                "/api/v1/namespaces/a/pods/x/proxy/1",
                "/api/v1/namespaces/a/pods/x/proxy/2/3",
            ),
        ] {
            assert_eq!(about(one), about(other), "{one}");
        }
        let of = |path: &str| about(path).subresource;
        assert_eq!(of("/livez/ping"), "/livez");
        assert_eq!(of("/api/v1/namespaces/a/pods/x/proxy/1"), "proxy");
    }

    #[test]
    fn values_are_counted_under_the_first_bound_they_do_not_pass() {
        let mut histogram = Histogram::new(&BYTES);
        for value in [10.0, 1000.0, 1001.0, 1e12] {
            histogram.add(value);
        }
        assert_eq!(histogram.counts, [2, 1, 0, 0, 0, 0, 0]);
        assert_eq!(histogram.count, 4);
    }
}
