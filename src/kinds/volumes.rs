//! What volumes and their claims have in common. Knows neither.

use crate::model::Cell;
use crate::wire::core::Amount;

/// ACCESS MODES, short and in kubectl's order. Source: k8s.io/kubernetes v1.36, `pkg/apis/core/v1/helper`, `GetAccessModesAsString`.
pub fn access_modes(modes: &[String]) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let known = SHORT
        .iter()
        .filter(|(long, _)| modes.iter().any(|mode| mode == long));
    known.map(|(_, short)| *short).collect::<Vec<_>>().join(",")
}

/// The amount `storage`, bytes; `None` when absent.
pub fn storage(amounts: &[Amount]) -> Option<u64> {
    let amount = amounts.iter().find(|amount| amount.name == "storage")?;
    amount.quantity.as_ref().map(crate::wire::Quantity::units)
}

/// Bytes, or n/a.
pub fn bytes<'a>(bytes: Option<u64>) -> Cell<'a> {
    bytes.map_or(Cell::None, Cell::Bytes)
}
