//! Maps of quantities, as claims, volumes and nodes have them.

use prost::Message;
use serde::Deserialize;

use crate::wire::Quantity;
use crate::wire::meta::entries;

/// `ResourceRequirements`.
#[derive(Clone, PartialEq, Eq, Hash, Message, Deserialize)]
#[serde(default)]
pub struct ClaimRequirements {
    #[prost(message, repeated, tag = "1")]
    #[serde(deserialize_with = "amounts")]
    pub limits: Vec<Amount>,
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "amounts")]
    pub requests: Vec<Amount>,
}

/// One entry of a map of quantities.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Amount {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub quantity: Option<Quantity>,
}

/// A JSON object of quantities, in the order of the document.
pub fn amounts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Amount>, D::Error> {
    entries(deserializer, |name, quantity| Amount {
        name,
        quantity: Some(quantity),
    })
}

/// Names with quantities as the rules read them.
pub fn quantities(amounts: &[Amount]) -> impl Iterator<Item = (&str, &str)> + Clone {
    amounts.iter().map(|amount| {
        let text = amount.quantity.as_ref().map_or("", |quantity| &*quantity.text);
        (&*amount.name, text)
    })
}
