//! The address of a client: that of the connection, or the one that a trusted proxy names.
//!
//! Reads `X-Forwarded-For` from trusted proxies only. Every client can write that header, and a client that chooses its
//! address has no limits.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

/// The trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Reads addresses (`10.1.2.3`) and networks (`10.0.0.0/8`); the error is the one that is neither.
    pub fn new(written: &[String]) -> Result<Self, String> {
        written
            .iter()
            .map(|text| {
                let text = text.trim();
                text.parse::<IpNet>()
                    .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| text.to_owned())
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first network that is too wide to contain only a site's own proxies.
    pub fn too_wide(&self) -> Option<IpNet> {
        let is_wide = |network: &IpNet| match network {
            IpNet::V4(network) => network.prefix_len() < 8,
            // Of IPv6 the local networks (fc00::/7) are one half of them each; addresses of IPv4 are written as such.
            IpNet::V6(network) => {
                let first = network.network();
                let is_local = first
                    .segments()
                    .first()
                    .is_some_and(|s| s & 0xfe00 == 0xfc00);
                let is_mapped = first.to_ipv4_mapped().is_some() && network.prefix_len() < 104;
                is_mapped || network.prefix_len() < if is_local { 7 } else { 16 }
            }
        };
        self.0.iter().find(|network| is_wide(network)).copied()
    }

    /// True if the address is a trusted proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address: the connection's, unless that is a trusted proxy's. Then it is the last address of
    /// `X-Forwarded-For` that is not a trusted proxy's itself. Every client can write the addresses before that one.
    pub fn client(&self, connected: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = connected.to_canonical();
        // Several headers of one name are one list (RFC 9110, section 5.3).
        let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        let mut hops = values
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("?").split(','))
            .collect::<Vec<_>>()
            .into_iter()
            .rev();
        while self.trusts(client) {
            match hops.next().map(|hop| read(hop.trim())) {
                Some(Some(hop)) => client = hop,
                // The end of the list, or a word that is no address: what is known so far counts.
                Some(None) | None => break,
            }
        }
        client
    }

    /// The address of a request that was served with connection information, `None` without.
    pub fn of(&self, request: &Parts) -> Option<IpAddr> {
        let connected = request.extensions.get::<ConnectInfo<SocketAddr>>()?;
        Some(self.client(connected.0.ip(), &request.headers))
    }
}

/// An address, which some proxies write with a port.
fn read(hop: &str) -> Option<IpAddr> {
    hop.parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn client(trusted: &[&str], connected: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<_> = trusted.iter().map(|&text| text.to_owned()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let proxies = Proxies::new(&trusted).unwrap();
        proxies
            .client(connected.parse().unwrap(), &headers)
            .to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(client(&[], "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        let other = client(&["10.0.0.0/8"], "192.0.2.1", &["198.51.100.7"]);
        assert_eq!(other, "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_the_last_hop_before_it() {
        let trusted = ["10.0.0.0/8", "::1"];
        for (forwarded, expected) in [
            (&["198.51.100.7"][..], "198.51.100.7"),
            (&["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
            (&["1.1.1.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["1.1.1.1, unknown"], "10.0.0.1"),
            (&["1.1.1.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(client(&trusted, "10.0.0.1", forwarded), expected);
        }
        assert_eq!(client(&trusted, "::1", &["2001:db8::2"]), "2001:db8::2");
        let mapped = client(&trusted, "::ffff:10.0.0.1", &["198.51.100.7"]);
        assert_eq!(mapped, "198.51.100.7");
    }

    #[test]
    fn what_is_no_network_is_named() {
        let wrong = Proxies::new(&["10.0.0.0/8".to_owned(), "proxy".to_owned()]).unwrap_err();
        assert_eq!(wrong, "proxy");
    }
}
