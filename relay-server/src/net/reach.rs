//! Under which addresses this machine can be reached, and from where.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// From where an address can be reached, the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// From this machine alone.
    Computer,
    /// From the networks that it is in.
    Network,
    /// From everywhere, unless a firewall stands between.
    Internet,
}

/// From where an address can be reached, as far as it tells itself.
pub fn reach(address: IpAddr) -> Reach {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            // RFC 6598: between a provider and its customers.
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0b1100_0000 == 64;
            match v4.is_loopback() {
                true => Reach::Computer,
                false if v4.is_private() || v4.is_link_local() || shared => Reach::Network,
                false => Reach::Internet,
            }
        }
        IpAddr::V6(v6) => match v6.is_loopback() {
            true => Reach::Computer,
            false if v6.is_unique_local() || v6.is_unicast_link_local() => Reach::Network,
            false => Reach::Internet,
        },
    }
}

/// The addresses of this machine at which something that listens on `listen` is found: none of loopback unless there is
/// nothing else, and those of containers' bridges last.
pub fn usable(listen: IpAddr) -> Vec<IpAddr> {
    match listen.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => {
            let own = interfaces().into_iter().filter(IpAddr::is_ipv4).collect();
            or_loopback(own, Ipv4Addr::LOCALHOST.into())
        }
        // It takes IPv4, too.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => or_loopback(interfaces(), Ipv4Addr::LOCALHOST.into()),
        one => vec![one],
    }
}

fn or_loopback(addresses: Vec<IpAddr>, loopback: IpAddr) -> Vec<IpAddr> {
    if addresses.is_empty() { vec![loopback] } else { addresses }
}

/// This machine's own addresses, but loopback and link-local ones.
pub(super) fn interfaces() -> Vec<IpAddr> {
    let Ok(all) = nix::ifaddrs::getifaddrs() else { return Vec::new() };
    let mut found: Vec<(bool, bool, IpAddr)> = all
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
            let address = v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))?;
            Some((is_bridge(&interface.interface_name), address.is_ipv6(), address))
        })
        .filter(|(_, _, address)| is_usable(*address))
        .take(64)
        .collect();
    // In the order of the interfaces, which is that of the machine's start.
    found.sort_by_key(|(bridge, v6, _)| (*bridge, *v6));
    let mut addresses: Vec<IpAddr> = Vec::with_capacity(found.len());
    for (_, _, address) in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

fn is_usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local() && !v6.is_unspecified(),
    }
}

/// Whether an interface leads to containers or virtual machines on this one.
fn is_bridge(interface: &str) -> bool {
    const NAMES: [&str; 8] = ["docker", "br-", "veth", "virbr", "cni", "lxc", "podman", "vmnet"];
    NAMES.iter().any(|name| interface.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_from_where_it_can_be_reached() {
        for (address, from) in [
            ("127.0.0.1", Reach::Computer),
            ("::1", Reach::Computer),
            ("::ffff:127.0.0.1", Reach::Computer),
            ("192.168.1.5", Reach::Network),
            ("10.1.2.3", Reach::Network),
            ("172.17.0.1", Reach::Network),
            ("172.32.0.1", Reach::Internet),
            ("100.64.0.1", Reach::Network),
            ("100.128.0.1", Reach::Internet),
            ("169.254.1.1", Reach::Network),
            ("fd00::1", Reach::Network),
            ("fe80::1", Reach::Network),
            ("203.0.113.5", Reach::Internet),
            ("2001:db8::5", Reach::Internet),
        ] {
            assert_eq!(reach(address.parse().unwrap()), from, "{address}");
        }
    }

    #[test]
    fn what_listens_everywhere_is_found_under_every_usable_address() {
        let one: IpAddr = "192.0.2.7".parse().unwrap();
        assert_eq!(usable(one), [one]);
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(usable(loopback), [loopback]);
        let all = usable(Ipv4Addr::UNSPECIFIED.into());
        assert!(!all.is_empty() && all.iter().all(IpAddr::is_ipv4), "{all:?}");
        assert!(!all.contains(&loopback) || all == [loopback], "{all:?}");
        assert!(usable(Ipv6Addr::UNSPECIFIED.into()).len() >= usable(Ipv4Addr::UNSPECIFIED.into()).len());
        assert_eq!(or_loopback(Vec::new(), loopback), [loopback]);
        assert!(!is_usable("fe80::1".parse().unwrap()) && is_usable("fd00::1".parse().unwrap()));
        assert!(is_bridge("docker0") && is_bridge("br-1a2b3c") && !is_bridge("eth0") && !is_bridge("br0"));
    }
}
