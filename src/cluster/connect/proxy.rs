//! Which proxy requests go through: the cluster's `proxy-url`, else the environment's, as Go's programs read it.
//! Source: golang.org/x/net/http/httpproxy, `Config.ProxyFunc`.

use std::net::IpAddr;

use http::Uri;

use crate::model::{Failure, FailureKind};

/// The proxy for `target`, if any. `proxy-url` always counts; the environment's never for this machine itself nor for what `NO_PROXY` names.
///
/// # Errors
/// The proxy's address is none.
pub fn proxy(
    configured: Option<&str>,
    target: &Uri,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Option<Uri>, Failure> {
    let variable = |upper: &str| {
        let value = env(upper).or_else(|| env(&upper.to_lowercase()));
        value
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    if let Some(address) = configured.map(str::trim).filter(|address| !address.is_empty()) {
        return parse(address, "`proxy-url` of the cluster").map(Some);
    }
    let name = if target.scheme_str() == Some("http") {
        "HTTP_PROXY"
    } else {
        "HTTPS_PROXY"
    };
    let Some(address) = variable(name) else {
        return Ok(None);
    };
    let host = target.host().unwrap_or_default().trim_matches(['[', ']']);
    if local(host)
        || variable("NO_PROXY").is_some_and(|list| list.split(',').any(|entry| names(entry.trim(), host)))
    {
        return Ok(None);
    }
    parse(&address, &format!("`${name}`")).map(Some)
}

/// An address without a scheme is an HTTP proxy.
fn parse(address: &str, origin: &str) -> Result<Uri, Failure> {
    let whole = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    let whole = whole.replacen("socks5h://", "socks5://", 1);
    whole.parse().map_err(|error| {
        Failure::new(
            FailureKind::Credentials,
            format!("{origin} is no address: `{address}`: {error}"),
        )
    })
}

fn local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether an entry of `NO_PROXY` names a host: `*`, an address, a network, a domain with its subdomains (with a leading dot: without itself).
fn names(entry: &str, host: &str) -> bool {
    if entry == "*" {
        return true;
    }
    if let (Some((network, bits)), Ok(address)) = (entry.split_once('/'), host.parse::<IpAddr>()) {
        return network
            .parse()
            .is_ok_and(|network| bits.parse().is_ok_and(|bits| within(address, network, bits)));
    }
    // A port would have to be equal, too; API servers are named without one.
    let entry = entry
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok())
        .map_or(entry, |(entry, _)| entry);
    let (host, entry) = (host.to_ascii_lowercase(), entry.to_ascii_lowercase());
    match entry.strip_prefix('.') {
        Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')),
        None => {
            host == entry
                || !entry.is_empty() && host.strip_suffix(&*entry).is_some_and(|rest| rest.ends_with('.'))
        }
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) if bits <= 32 => {
            let shift = 32 - bits;
            u64::from(a.to_bits()) >> shift == u64::from(b.to_bits()) >> shift
        }
        (IpAddr::V6(a), IpAddr::V6(b)) if bits <= 128 => {
            let shift = 128 - bits;
            a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(target: &str, env: &[(&str, &str)]) -> Option<String> {
        let find = |name: &str| {
            env.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        proxy(None, &target.parse().unwrap(), find)
            .unwrap()
            .map(|uri| uri.to_string())
    }

    #[test]
    fn the_environments_proxy_leaves_out_what_no_proxy_names() {
        let with = |no_proxy| [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", no_proxy)];
        let used = Some("http://proxy:3128/".to_owned());
        assert_eq!(through("https://api.example.com:6443", &with("")), used);
        assert_eq!(
            through("https://api.example.com:6443", &with("other.com, .example.org")),
            used
        );
        for no_proxy in [
            "*",
            "example.com",
            ".example.com",
            "api.example.com",
            "api.example.com:6443",
            "x, API.example.com",
        ] {
            assert_eq!(
                through("https://api.example.com:6443", &with(no_proxy)),
                None,
                "{no_proxy}"
            );
        }
        assert_eq!(through("https://example.com", &with(".example.com")), used);
        assert_eq!(through("https://badexample.com", &with("example.com")), used);
        assert_eq!(through("https://10.1.2.3:6443", &with("10.0.0.0/8")), None);
        assert_eq!(through("https://11.1.2.3:6443", &with("10.0.0.0/8")), used);
        assert_eq!(through("https://[fd00::1]:6443", &with("fd00::/16")), None);
        assert_eq!(
            through("https://127.0.0.1:6443", &with("")),
            None,
            "never for this machine"
        );
    }

    #[test]
    fn a_clusters_own_proxy_always_counts() {
        let target: Uri = "https://127.0.0.1:6443".parse().unwrap();
        let env = |_: &str| Some("*".to_owned());
        let given = |address| proxy(Some(address), &target, env).unwrap().unwrap().to_string();
        assert_eq!(given("socks5://127.0.0.1:1080"), "socks5://127.0.0.1:1080/");
        assert_eq!(given("proxy.example.com:3128"), "http://proxy.example.com:3128/");
        let failure = proxy(Some("http://a b"), &target, env).unwrap_err();
        assert!(
            failure
                .message
                .starts_with("`proxy-url` of the cluster is no address"),
            "{failure}"
        );
    }
}
