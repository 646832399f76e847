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
            Ok((kinds, complete)) => {
                if out.send(Msg::Kinds(kinds)).await.is_err() {
                    return;
                }
                complete
            }
            Err(_) => false, // said by whoever needs the server
        };
        if complete {
            return;
        }
        sleep(AGAIN).await;
    }
}

/// One discovery: the kinds without a file, and whether every group answered.
///
/// # Errors
/// The server does not answer at all.
pub async fn once(link: &Link) -> Result<(Vec<Arc<Kind>>, bool), Failure> {
    let (found, complete) = groups::find(link).await?;
    let kinds: Vec<Arc<Kind>> = found
        .into_iter()
        .filter(|found| kinds::find(&found.gvr).is_none())
        .map(|found| Arc::new(kind(found)))
        .collect();
    link.kinds.replace(&kinds);
    Ok((kinds, complete))
}

/// The resources of a category (`all`), in the server's order.
///
/// # Errors
/// The server does not answer at all.
pub async fn category(link: &Link, name: &str) -> Result<Vec<Gvr>, Failure> {
    let (found, _) = groups::find(link).await?;
    let members = found
        .into_iter()
        .filter(|found| found.categories.iter().any(|category| category == name));
    Ok(members.map(|found| found.gvr).collect())
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
    kind
}

/// A resource that is opened before discovery has named it.
pub fn unknown(gvr: &Gvr) -> Kind {
    let name: Cow<'static, str> = Cow::Owned(gvr.resource.to_string());
    Kind::table(vec![name.clone()], name, gvr.clone(), true, kinds::describe_any)
}
