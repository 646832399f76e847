//! Service account tokens: JSON web tokens (RFC 7519) under a key made at start (RFC 7518, 3.4). Knows no accounts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use serde_json::{Value, json};

use super::User;
use crate::clock::Timestamp;

/// Who issues tokens.
pub(in crate::demo::server) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

/// A key on the curve P-256.
pub(in crate::demo::server) struct Signer(KeyPair);

impl Signer {
    /// A new key.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn new() -> Result<Self, rcgen::Error> {
        KeyPair::generate().map(Self)
    }

    /// The key's name: something of its public half.
    fn name(&self) -> String {
        encode(self.0.der_bytes().get(1..33).unwrap_or_default())
    }

    /// What signatures are checked with (RFC 7517, 4; RFC 7518, 6.2).
    pub fn public(&self) -> Value {
        // An uncompressed point: a byte that says so, then both coordinates.
        let half = |at: usize| encode(self.0.der_bytes().get(at..at + 32).unwrap_or_default());
        json!({ "use": "sig", "kty": "EC", "kid": self.name(), "crv": "P-256", "alg": "ES256", "x": half(1), "y": half(33) })
    }

    /// A token of a service account that is good from one time to another.
    ///
    /// # Errors
    /// When there are no random numbers.
    pub fn token(
        &self,
        user: &User,
        audiences: &Value,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<String, rcgen::Error> {
        let (namespace, name) = user.as_account().unwrap_or_default();
        // No two tokens are the same.
        let id = encode(KeyPair::generate()?.der_bytes().get(1..17).unwrap_or_default());
        let claims = json!({ "aud": audiences, "exp": until.seconds(), "iat": from.seconds(), "iss": ISSUER, "jti": id,
            "kubernetes.io": { "namespace": namespace, "serviceaccount": { "name": name, "uid": user.uid } },
            "nbf": from.seconds(), "sub": user.name });
        let head = json!({ "alg": "ES256", "kid": self.name() });
        let text = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
        let signature = plain(&self.0.sign(text.as_bytes())?);
        Ok(format!("{text}.{}", encode(signature)))
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Both numbers of a signature, 32 bytes each, from their ASN.1 (`SEQUENCE { INTEGER, INTEGER }`).
fn plain(der: &[u8]) -> Vec<u8> {
    let mut rest = der.get(2..).unwrap_or_default();
    let mut out = Vec::with_capacity(64);
    for _ in 0..2 {
        let length = usize::from(rest.get(1).copied().unwrap_or(0));
        let number = rest.get(2..2 + length).unwrap_or_default();
        let digits = number.get(length.saturating_sub(32)..).unwrap_or_default();
        out.resize(out.len() + 32 - digits.len(), 0);
        out.extend_from_slice(digits);
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    out
}
