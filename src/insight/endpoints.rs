//! Endpoints by service, from endpoint slices.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::kind::{Of, Rows};
use crate::kinds::endpointslices::EndpointSlices;

/// Ready and total endpoints by namespace and service.
pub type ByService = FxHashMap<(Arc<str>, Arc<str>), (u32, u32)>;

/// Ready and total endpoints by namespace and service. A dual-stack service has slices of both families with the same endpoints: the larger
/// family counts.
pub fn by_service(slices: &dyn Rows) -> ByService {
    let mut families: FxHashMap<[Arc<str>; 3], (u32, u32)> = FxHashMap::default();
    let Some(slices) = slices.as_any().downcast_ref::<Of<EndpointSlices>>() else {
        return ByService::default();
    };
    for (_, slice) in slices.iter() {
        let key = [&slice.meta.namespace, &slice.service, &slice.address_type].map(Arc::clone);
        let count = families.entry(key).or_default();
        count.0 += slice.ready;
        count.1 += slice.total;
    }
    let mut services = ByService::default();
    for ([namespace, service, _], count) in families {
        let known = services.entry((namespace, service)).or_default();
        *known = (*known).max(count);
    }
    services
}
