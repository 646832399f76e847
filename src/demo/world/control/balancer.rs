//! Load balancers of services: the cloud's controller makes one for each of type `LoadBalancer`, which takes it half a minute and more.
//! On kind there is none, and such a service waits for ever.

use serde_json::{Value, json};

use super::super::Inner;
use super::super::flavor::Flavor;
use super::super::state::Key;
use super::super::work::Work;
use crate::clock::Timestamp;
use crate::demo::ids::{stable, stable_hex};
use crate::demo::object::{after, text};

/// The controller of the cloud's provider (`cloud-provider/controllers/service`).
const PROVIDER: &str = "service-controller";
/// That of aws-load-balancer-controller, which calls itself by what it looks after.
const AWS: &str = "service";

impl Inner {
    pub(super) fn balancer(&mut self, key: &Key, service: &Value, now: Timestamp) {
        let (wanted, uid) = (
            service["spec"]["type"] == "LoadBalancer",
            text(service, "/metadata/uid"),
        );
        let there = service["status"]["loadBalancer"]["ingress"].is_array();
        if wanted == there {
            self.balancing.remove(uid);
            return;
        }
        if !wanted {
            self.told(service, ("DeletingLoadBalancer", "Deleting load balancer"), now);
            self.set_status("services", key, json!({ "loadBalancer": {} }));
            self.told(service, ("DeletedLoadBalancer", "Deleted load balancer"), now);
            return;
        }
        // A class names a controller of its own; on EKS that of the cluster writes its class into every such service.
        let foreign = service["spec"]["loadBalancerClass"].is_string() && self.flavor != Flavor::Eks;
        if self.flavor == Flavor::Kind || foreign {
            return;
        }
        let Some(due) = self.balancing.get(uid) else {
            let due = after(now, 30 + (stable(&[uid]) % 30) as i64);
            self.balancing.insert(uid.into(), due);
            self.work.later(due, Work::Object("services", key.clone()));
            self.told(service, ("EnsuringLoadBalancer", "Ensuring load balancer"), now);
            return;
        };
        if now < *due {
            return;
        }
        let status = json!({ "loadBalancer": { "ingress": [address(self.flavor, key, uid)] } });
        self.set_status("services", key, status);
        if self.flavor == Flavor::Eks {
            let text = "Successfully reconciled".to_owned();
            self.event(service, AWS, (false, "SuccessfullyReconciled", text), now);
        }
        self.told(service, ("EnsuredLoadBalancer", "Ensured load balancer"), now);
    }

    /// What the provider's controller says; that of AWS says nothing of its steps.
    fn told(&mut self, service: &Value, (reason, message): (&'static str, &str), now: Timestamp) {
        if self.flavor != Flavor::Eks {
            self.event(service, PROVIDER, (false, reason, message.to_owned()), now);
        }
    }
}

/// Where a new balancer is reached: by name on EKS, by an address elsewhere (one of those kept for documentation, RFC 5737).
fn address(flavor: Flavor, key: &Key, uid: &str) -> Value {
    if flavor != Flavor::Eks {
        let last = 1 + stable(&["balancer", uid]) % 254;
        return json!({ "ip": format!("203.0.113.{last}"), "ipMode": "VIP" });
    }
    let short = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect::<String>()
    };
    let (mark, id) = (stable_hex(&["balancer", uid], 10), stable_hex(&["elb", uid], 16));
    let (namespace, name) = (short(&key.0), short(&key.1));
    json!({ "hostname": format!("k8s-{namespace}-{name}-{mark}-{id}.elb.eu-central-1.amazonaws.com") })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::demo::clock::Clock;
    use crate::demo::object::object;
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;
    use crate::demo::world::{Options, World};

    /// The ingress of a new service half a minute and a whole minute after it was made, and the events told of it.
    fn balanced(flavor: Flavor) -> ([Value; 2], Vec<(String, String)>) {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        let store = Store::new(Registry::builtin(), clock.clone(), 7);
        let options = Options {
            flavor,
            calm: true,
            ..Options::default()
        };
        let world = World::build(&store, &options).unwrap();
        let mut service = object(("v1", "Service"), ("shop", "front"), clock.now());
        service["spec"] =
            json!({ "type": "LoadBalancer", "ports": [{ "port": 80 }], "selector": { "a": "b" } });
        service["status"] = json!({ "loadBalancer": {} });
        world.lock().add(service).unwrap();
        let seen = [29, 32].map(|seconds| {
            for _ in 0..seconds {
                world.tick(clock.now());
                clock.advance(Duration::from_secs(1));
            }
            world.tick(clock.now());
            store.read("services", "shop", "front").unwrap()["status"]["loadBalancer"]["ingress"].clone()
        });
        let events = store.list("events", Some("shop"));
        let events = events.iter().map(|event| event.value());
        let mine = events.filter(|event| event["involvedObject"]["name"] == "front");
        let mut told: Vec<_> = mine
            .map(|event| {
                (
                    text(&event, "/source/component").to_owned(),
                    text(&event, "/reason").to_owned(),
                )
            })
            .collect();
        told.sort();
        (seen, told)
    }

    fn pair(component: &str, reason: &str) -> (String, String) {
        (component.to_owned(), reason.to_owned())
    }

    #[test]
    fn a_cloud_gives_a_service_its_balancer_after_a_while() {
        let ([early, late], told) = balanced(Flavor::Eks);
        assert!(early.is_null(), "{early}");
        let name = text(&late, "/0/hostname");
        assert!(
            name.starts_with("k8s-shop-front-") && name.ends_with(".elb.eu-central-1.amazonaws.com"),
            "{late}"
        );
        assert_eq!(told, [pair("service", "SuccessfullyReconciled")]);
        for flavor in [Flavor::Aks, Flavor::Gke] {
            let ([early, late], told) = balanced(flavor);
            assert!(early.is_null(), "{early}");
            assert!(text(&late, "/0/ip").starts_with("203.0.113."), "{late}");
            let (ensured, ensuring) = ("EnsuredLoadBalancer", "EnsuringLoadBalancer");
            assert_eq!(told, [pair(PROVIDER, ensured), pair(PROVIDER, ensuring)]);
        }
    }

    #[test]
    fn on_one_machine_it_waits_for_ever() {
        let ([_, late], told) = balanced(Flavor::Kind);
        assert!(late.is_null() && told.is_empty(), "{late} {told:?}");
    }
}
