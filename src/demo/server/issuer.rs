//! What others check service account tokens with: the issuer's configuration and its public keys (`OpenID` Connect discovery 1.0; RFC 7517).

use hyper::Response;
use serde_json::json;

use super::Shared;
use super::answer::{self, Body};
use super::auth::ISSUER;

/// One of the two documents.
pub(super) fn answer(shared: &Shared, path: &str) -> Response<Body> {
    if path != "openid/v1/jwks" {
        return answer::json(
            &json!({ "issuer": ISSUER, "jwks_uri": format!("https://{}/openid/v1/jwks", shared.address),
            "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"] }),
        );
    }
    let body = answer::full(json!({ "keys": [shared.tokens.signer.public()] }).to_string());
    answer::of_type(200, "application/jwk-set+json", body)
}
