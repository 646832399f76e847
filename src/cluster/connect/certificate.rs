//! Until when the client certificate of a kubeconfig is valid. Reads it, judges nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::AuthInfo;
use x509_parser::pem::Pem;

use crate::clock::Timestamp;

/// The end of validity (RFC 5280, 4.1.2.5) of the client certificate, the first one of a chain. `None` without one, or when it cannot be
/// read: the connection will say what is wrong with it.
pub(super) fn end(auth: &AuthInfo) -> Option<Timestamp> {
    let text = match (&auth.client_certificate_data, &auth.client_certificate) {
        (Some(data), _) => STANDARD.decode(data).ok()?,
        (None, Some(file)) => std::fs::read(file).ok()?,
        (None, None) => return None,
    };
    let pem = Pem::iter_from_buffer(&text).find_map(Result::ok)?;
    let end = pem.parse_x509().ok()?.validity().not_after.timestamp();
    Some(Timestamp::from_seconds(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_that_of_the_first_certificate() {
        let mut params = rcgen::CertificateParams::new(vec!["client".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2030, 5, 17);
        let key = rcgen::KeyPair::generate().unwrap();
        let first = params.self_signed(&key).unwrap().pem();
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        let chain = first + &params.self_signed(&key).unwrap().pem();
        let auth = AuthInfo {
            client_certificate_data: Some(STANDARD.encode(chain)),
            ..AuthInfo::default()
        };
        assert_eq!(end(&auth), Timestamp::parse("2030-05-17T00:00:00Z"));
        assert_eq!(end(&AuthInfo::default()), None);
        let broken = AuthInfo {
            client_certificate_data: Some(STANDARD.encode("no certificate")),
            ..AuthInfo::default()
        };
        assert_eq!(end(&broken), None);
    }
}
