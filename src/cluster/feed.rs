//! A feed: one task for each namespace of its scope, each lists and watches on its own. Where the whole cluster may not be listed, the
//! permitted namespaces instead.

mod backoff;
mod list;
mod part;
mod watch;

use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use super::discover::unknown;
use super::link::Link;
use super::rights;
use crate::kind::{Decode, Listing};
use crate::kinds;
use crate::model::{Failure, Feed, Scope};
use crate::msg::{FeedEvent, FeedId, Msg};

use part::Part;

/// What a feed's task needs.
pub struct Order {
    /// The connection.
    pub link: Arc<Link>,
    /// Whose messages they are.
    pub id: FeedId,
    /// What to watch.
    pub feed: Feed,
    /// Label selector for the server; empty for none.
    pub labels: String,
    /// End when everything is listed.
    pub once: bool,
    /// Changes when everything is to be listed again.
    pub relists: Receiver<u64>,
    /// Where messages go.
    pub out: Sender<Msg>,
}

/// Runs a feed until it is aborted.
pub async fn run(order: Order) {
    let namespaces = match &order.feed.scope {
        Scope::Namespaces(names) => names.iter().cloned().collect(),
        Scope::All => match whole(&order).await {
            Some(namespaces) => namespaces,
            None => return,
        },
    };
    let mut parts = JoinSet::new();
    for (at, namespace) in namespaces.into_iter().enumerate() {
        let mut part = Part::new(&order, u16::try_from(at).unwrap_or(u16::MAX), Some(namespace));
        parts.spawn(async move { part.run(false).await });
    }
    while parts.join_next().await.is_some() {}
}

/// Watches the whole cluster. Comes back with the permitted namespaces if that is forbidden and there are some.
async fn whole(order: &Order) -> Option<Vec<String>> {
    let mut part = Part::new(order, 0, None);
    let mut narrow = kinds::find(&order.feed.gvr).is_none_or(|kind| kind.namespaced);
    loop {
        let forbidden: Failure = part.run(narrow).await?;
        let namespaces = rights::namespaces(&order.link, &order.feed.gvr).await;
        if namespaces.is_empty() {
            narrow = false;
            part.stale(forbidden, None).await;
            continue;
        }
        let news = FeedEvent::Narrowed(namespaces.clone(), forbidden);
        let _ = order.out.send(Msg::Feed(order.id, 0, news)).await; // nobody listens: aborted next
        return Some(namespaces);
    }
}

/// How the objects of a resource are asked for and read.
pub struct Reading {
    /// Turns items into rows.
    pub decoder: Box<dyn Decode>,
    /// Objects or tables.
    pub listing: Listing,
    /// False when there is no watch.
    pub watch: bool,
}

impl Reading {
    /// For a kind with a file of its own, else through the server's table.
    pub fn of(order: &Order) -> Self {
        let known = kinds::find(&order.feed.gvr).cloned();
        let kind = known.or_else(|| order.link.kinds.find(&order.feed.gvr));
        let kind = kind.unwrap_or_else(|| Arc::new(unknown(&order.feed.gvr)));
        Self {
            decoder: kind.decoder(),
            listing: kind.listing,
            watch: kind.watch,
        }
    }
}
