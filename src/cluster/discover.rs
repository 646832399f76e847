//! What the server serves beyond the kinds that have a file: found by discovery, listed through the server's Table. Nothing waits for it;
//! a part of it that fails leaves the rest.

mod groups;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::link::{Health, Link};
use crate::kind::Kind;
use crate::kinds;
use crate::model::{Failure, Gvr};
use crate::msg::Msg;

use groups::Found;

/// The kinds of one cluster that have no file.
#[derive(Debug, Default)]
pub struct Registry(RwLock<HashMap<Gvr, Arc<Kind>>>);

impl Registry {
    /// The kind of a resource.
    pub fn find(&self, gvr: &Gvr) -> Option<Arc<Kind>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(gvr)
            .cloned()
    }

    /// The kind a person calls so.
    pub fn named(&self, name: &str) -> Option<Arc<Kind>> {
        let kinds = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kinds.values().find(|kind| kind.is_called(name)).cloned()
    }

    fn replace(&self, kinds: &[Arc<Kind>]) {
        let kinds = kinds
            .iter()
            .map(|kind| (kind.gvr.clone(), Arc::clone(kind)))
            .collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = kinds;
    }
}

/// How often what could not be asked is asked again.
const AGAIN: Duration = Duration::from_secs(60);

/// Discovers once the server has answered somebody else, then says [`Msg::Kinds`]; again later for groups whose server was down.
pub async fn run(link: Arc<Link>, out: Sender<Msg>) {
    let mut health = link.health();
    loop {
        if health.wait_for(|health| *health == Health::Up).await.is_err() {
            return;
        }
        let complete = match once(&link).await {
            Ok(served) => {
                if out.send(Msg::Kinds(served.kinds)).await.is_err() {
                    return;
                }
                served.silent.is_empty()
            }
            Err(_) => false, // said by whoever needs the server
        };
        if complete {
            return;
        }
        sleep(AGAIN).await;
    }
}

/// What one discovery found.
pub struct Served {
    /// The kinds without a file.
    pub kinds: Vec<Arc<Kind>>,
    /// Resources that belong to categories, in the server's order, and to which.
    members: Vec<(Gvr, Vec<String>)>,
    /// Group versions that did not answer: their kinds are missing.
    pub silent: Vec<String>,
}

impl Served {
    /// The resources of a category (`all`), in the server's order.
    pub fn category(&self, name: &str) -> impl Iterator<Item = &Gvr> {
        let is_member = move |categories: &[String]| categories.iter().any(|category| category == name);
        let members = self.members.iter();
        members
            .filter(move |(_, categories)| is_member(categories))
            .map(|(gvr, _)| gvr)
    }
}

/// One discovery.
///
/// # Errors
/// The server does not answer at all.
pub async fn once(link: &Link) -> Result<Served, Failure> {
    let (found, silent) = groups::find(link).await?;
    let categorised = found.iter().filter(|found| !found.categories.is_empty());
    let members = categorised
        .map(|found| (found.gvr.clone(), found.categories.clone()))
        .collect();
    let kinds: Vec<Arc<Kind>> = found
        .into_iter()
        .filter(|found| kinds::find(&found.gvr).is_none())
        .map(|found| Arc::new(kind(found)))
        .collect();
    link.kinds.replace(&kinds);
    Ok(Served {
        kinds,
        members,
        silent,
    })
}

fn kind(found: Found) -> Kind {
    let names = found.names.into_iter().map(Cow::Owned).collect();
    let mut kind = Kind::table(
        names,
        Cow::Owned(found.kind),
        found.gvr,
        found.namespaced,
        kinds::describe_any,
    );
    kind.able.scale = found.scale;
    kind.watch = found.watch;
    kind.status = found.status;
    kind
}

/// A resource that is opened before discovery has named it.
pub fn unknown(gvr: &Gvr) -> Kind {
    let name: Cow<'static, str> = Cow::Owned(gvr.resource.to_string());
    Kind::table(vec![name.clone()], name, gvr.clone(), true, kinds::describe_any)
}
