//! By which address somebody is counted: whoever has one of IPv6 has as many as he likes. Addresses are numbers here: no socket is near.

use core::net::IpAddr;

/// The address that limits are counted by: an IPv4 address in whichever form, or the /64 of an IPv6 one.
#[must_use]
pub fn counted_address(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a5_addresses_count_by_their_network() {
        let counted = |text: &str| text.parse().map(|address| counted_address(address).to_string()).ok();
        assert_eq!(counted("192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(counted("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(counted("2001:db8:1:2:3:4:5:6").as_deref(), Some("2001:db8:1:2::"));
    }
}
