//! Certificates that nobody renewed, and the manager that would have.

use super::check::{change, deployment, install, pods_of, rolled_out};
use super::{Place, Scenario};
use crate::clock::Timestamp;
use crate::demo::kubelet::scene::Answer;
use crate::demo::object::text;
use crate::demo::status::Status;
use crate::demo::world::Inner;
use crate::demo::world::config::{self, certificate_end, expired};
use crate::demo::world::pressure::Whom;

const MANAGER: (&str, &str) = ("cert-manager", "cert-manager");
const SECRET: (&str, &str) = ("payments", "api-tls");
const RELAY: (&str, &str) = ("payments", "webhook-relay");
const HOST: &str = "api.example.com";

/// A TLS secret whose certificate has ended.
pub static TLS_EXPIRED: Scenario = Scenario {
    name: "tls-expired",
    symptom: "merchants get no messages any more: payments/webhook-relay is not ready",
    cause: "The certificate in secret payments/api-tls ended yesterday; cert-manager, which should have renewed it, was scaled to 0.",
    evidence: &[
        "the log of payments/webhook-relay: `x509: certificate has expired or is not yet valid`",
        "its readiness probe answers 503, although nothing was released",
        "secret payments/api-tls: the certificate for api.example.com is past its end",
        "deployment cert-manager/cert-manager wants 0 pods",
    ],
    hints: [
        "Nothing was released. What does payments/webhook-relay say in its log?",
        "Look at the secret behind api.example.com: until when is its certificate valid, and who issues it?",
        "Scale deployment cert-manager in namespace cert-manager to 1; it renews what has expired.",
    ],
    path: &[
        ":po payments /relay  not ready, no restarts",
        "l                   x509: certificate has expired",
        ":sec payments /tls  d: cert-manager issued it",
        ":dp cert-manager    wants 0",
        "s                   1, confirm",
    ],
    kubectl: "kubectl scale -n cert-manager deploy/cert-manager --replicas=1",
    on: Place::Anywhere,
    start: |inner, now| {
        certificate_manager(inner, now)?;
        issue(inner, SECRET, (HOST, -1), now)
    },
    hand: Some(|inner, now| {
        renew(inner, now);
        let end = inner
            .store
            .read("secrets", SECRET.0, SECRET.1)
            .and_then(|secret| certificate_end(&secret));
        let over = end.is_none_or(|end| end < now);
        let says = format!(
            "Post \"https://{HOST}/v1/hooks\": {}",
            expired(end.unwrap_or(now), now)
        );
        let whom = Whom::app(RELAY.0, RELAY.1);
        inner.trouble(&whom, over, (Answer::Code(503), &says), now);
    }),
    mended: |inner| {
        let secret = inner.store.read("secrets", SECRET.0, SECRET.1);
        let now = inner.store.clock().now();
        secret
            .and_then(|secret| certificate_end(&secret))
            .is_some_and(|end| end > now)
            && rolled_out(inner, RELAY)
    },
};

/// cert-manager, scaled to nothing.
pub fn certificate_manager(inner: &Inner, now: Timestamp) -> Result<(), Status> {
    install(inner, config::namespace(MANAGER.0, now))?;
    let image = "quay.io/jetstack/cert-manager-controller:v1.19.1";
    install(inner, [deployment(MANAGER, image, 0, now)])
}

/// Puts a certificate for `host` that ends in so many days into a secret.
fn issue(inner: &Inner, key: (&str, &str), (host, days): (&str, i64), now: Timestamp) -> Result<(), Status> {
    let fresh = config::tls(key.0, key.1, (host, days), now).map_err(Status::internal)?;
    change(inner, ("secrets", key.0, key.1), |secret| {
        secret["data"] = fresh["data"].clone();
    })
}

/// While cert-manager runs it renews what it issued and what has ended.
pub fn renew(inner: &mut Inner, now: Timestamp) {
    let runs = pods_of(inner, MANAGER).any(|pod| pod.ready().is_some());
    if !runs {
        return;
    }
    for secret in inner.store.list("secrets", None) {
        let value = secret.value();
        let annotations = &value["metadata"]["annotations"];
        let ours = annotations.get("cert-manager.io/issuer-name").is_some();
        if ours && certificate_end(&value).is_some_and(|end| end < now) {
            let host = text(&annotations["cert-manager.io/common-name"], "").to_owned();
            // A secret that went away meanwhile needs none.
            let _ = issue(inner, (&secret.namespace, &secret.name), (&host, 90), now);
        }
    }
}
