//! ConfigMaps, Secrets (one with a certificate about to expire) and service accounts of the applications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::catalog::{App, Trait};
use super::node::ACCOUNT;
use super::template::config_of;
use crate::clock::Timestamp;
use crate::demo::ids::stable_hex;
use crate::demo::object::{after, manage, object};

/// Service account, config maps and secrets of one application.
pub fn of(app: &App, at: Timestamp) -> Vec<Value> {
    let mut account = object(("v1", "ServiceAccount"), (app.namespace, app.name), at);
    if let Some(role) = role(app) {
        account["metadata"]["annotations"] = json!({"eks.amazonaws.com/role-arn": role});
    }
    let mut list = vec![account];
    if config_of(app) {
        list.push(config_map(app, at));
        list.push(environment(app, at));
        list.push(credentials(app, at));
    }
    list
}

/// The IAM role an application may assume; `None` for most.
pub fn role(app: &App) -> Option<String> {
    app.has(Trait::Irsa)
        .then(|| format!("arn:aws:iam::{ACCOUNT}:role/demo-{}-{}", app.namespace, app.name))
}

fn config_map(app: &App, at: Timestamp) -> Value {
    let mut map = object(
        ("v1", "ConfigMap"),
        (app.namespace, &format!("{}-config", app.name)),
        at,
    );
    let yaml = format!(
        "server:\n  port: 8080\n  readTimeout: 5s\n  writeTimeout: 10s\nupstreams:\n  ledger:\n    host: ledger.payments.svc.cluster.local\n    port: 5432\n    \
         pool: 20\n  redis:\n    host: redis.shop.svc.cluster.local\n    port: 6379\nlogging:\n  level: info\n  format: json\nservice: {}\n",
        app.name
    );
    map["data"] = json!({"config.yaml": yaml, "log4j.properties": "rootLogger.level = info\nappender.console.type = Console\n"});
    manage(&mut map, "helm", None, at);
    map
}

fn environment(app: &App, at: Timestamp) -> Value {
    let mut map = object(
        ("v1", "ConfigMap"),
        (app.namespace, &format!("{}-env", app.name)),
        at,
    );
    map["data"] = json!({"REGION": super::node::REGION, "CLUSTER": "demo", "TZ": "Etc/UTC", "MAX_CONNECTIONS": "200", "REQUEST_TIMEOUT": "5s"});
    manage(&mut map, "helm", None, at);
    map
}

fn credentials(app: &App, at: Timestamp) -> Value {
    let mut secret = object(
        ("v1", "Secret"),
        (app.namespace, &format!("{}-credentials", app.name)),
        at,
    );
    secret["type"] = "Opaque".into();
    let password = stable_hex(&["password", app.namespace, app.name], 24);
    secret["data"] = json!({"username": STANDARD.encode(app.name.replace('-', "_")), "password": STANDARD.encode(password)});
    manage(&mut secret, "helm", None, at);
    secret
}

/// A TLS secret whose certificate for `host` ends `days` after `now`.
///
/// # Errors
/// What the certificate library says.
pub fn tls(
    namespace: &str,
    name: &str,
    (host, days): (&str, i64),
    now: Timestamp,
) -> Result<Value, rcgen::Error> {
    let begin = after(now, (days - 90) * 86_400);
    let date = |at: Timestamp| {
        let text = at.rfc3339();
        let mut parts = text
            .split(['-', 'T'])
            .map(|part| part.parse::<i32>().unwrap_or(1));
        let mut next = || parts.next().unwrap_or(1);
        let (year, month, day) = (next(), next(), next());
        rcgen::date_time_ymd(year, month.clamp(1, 12) as u8, day.clamp(1, 31) as u8)
    };
    let mut parameters = rcgen::CertificateParams::new(vec![host.to_owned()])?;
    parameters.not_before = date(begin);
    parameters.not_after = date(after(now, days * 86_400));
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, host);
    let key = rcgen::KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    let mut secret = object(("v1", "Secret"), (namespace, name), begin);
    secret["metadata"]["annotations"] = json!({"cert-manager.io/common-name": host, "cert-manager.io/issuer-kind": "ClusterIssuer",
        "cert-manager.io/issuer-name": "letsencrypt"});
    secret["type"] = "kubernetes.io/tls".into();
    secret["data"] = json!({"tls.crt": STANDARD.encode(certificate.pem()), "tls.key": STANDARD.encode(key.serialize_pem())});
    manage(&mut secret, "cert-manager-certificates-issuing", None, begin);
    Ok(secret)
}

/// The end of validity of a TLS secret's certificate, the first of a chain. `None` when it holds none.
pub fn certificate_end(secret: &Value) -> Option<Timestamp> {
    let text = STANDARD.decode(secret["data"]["tls.crt"].as_str()?).ok()?;
    let pem = x509_parser::pem::Pem::iter_from_buffer(&text).find_map(Result::ok)?;
    let end = pem.parse_x509().ok()?.validity().not_after.timestamp();
    Some(Timestamp::from_seconds(end))
}

/// What Go's TLS client says of a certificate that ended before `now`.
pub fn expired(end: Timestamp, now: Timestamp) -> String {
    format!(
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time {} is after {}",
        crate::demo::object::stamp(now),
        crate::demo::object::stamp(end)
    )
}

/// A certificate of an authority whose key nobody has.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\n\
     MIIBgDCCASegAwIBAgIUUmVPrlhQNJTQyTgYco0f/AJgZS8wCgYIKoZIzj0EAwIw\n\
     FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjEyMTA1MzJaGA8yMTI2MTAy\n\
     ODIxMDUzMlowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG\n\
     SM49AwEHA0IABDC7NqxOBTA4DNnNLKVmvUprf3GWfOqhJ+2r/vmdvKOGtkijn4aH\n\
     cNnpB1eimDKYB+e82F4J9/0/VaIyqT3CfwijUzBRMB0GA1UdDgQWBBRTwC4jMna1\n\
     7AiuILRBMXkBhlveAzAfBgNVHSMEGDAWgBRTwC4jMna17AiuILRBMXkBhlveAzAP\n\
     BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIC8223quEsdPXY+v+V/D\n\
     HlBzDhaPpvVCxaPR0gsQIHCOAiBmJugeEJfq2pElh5a9R5g76mxA4CnpL0vjtKt+\n\
     BRaKyA==\n\
     -----END CERTIFICATE-----\n";

/// What every namespace has: its default service account and the root certificate.
pub fn namespace(name: &str, at: Timestamp) -> [Value; 3] {
    let mut space = object(("v1", "Namespace"), ("", name), at);
    space["metadata"]["labels"] = json!({"kubernetes.io/metadata.name": name});
    if name == "team-a" || name == "payments" {
        space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted".into();
    }
    space["spec"] = json!({"finalizers": ["kubernetes"]});
    space["status"] = json!({"phase": "Active"});
    let account = object(("v1", "ServiceAccount"), (name, "default"), at);
    let mut root = object(("v1", "ConfigMap"), (name, "kube-root-ca.crt"), at);
    root["metadata"]["annotations"] = json!({"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."});
    root["data"] = json!({"ca.crt": AUTHORITY});
    [space, account, root]
}
