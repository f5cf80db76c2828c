"""The networks where no webhook goes, each with the reason.

The registries are iana-ipv4-special-registry and iana-ipv6-special-registry; what is not in them
(Azure, AS112) is said where it stands.
"""

from ipaddress import ip_network

NETWORKS = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this host (RFC 1122); 0.0.0.0 is loopback on Linux"),
        ("10.0.0.0/8", "private (RFC 1918)"),
        ("100.64.0.0/10", "carrier NAT (RFC 6598), and metadata at Alibaba"),
        ("127.0.0.0/8", "loopback (RFC 1122)"),
        ("168.63.129.16/32", "metadata of Azure, at an address that looks public"),
        ("169.254.0.0/16", "link-local (RFC 3927), and metadata at AWS, Google and others"),
        ("172.16.0.0/12", "private (RFC 1918)"),
        ("192.0.0.0/24", "protocol assignments (RFC 6890), and metadata at Oracle"),
        ("192.0.2.0/24", "documentation (RFC 5737)"),
        ("192.31.196.0/24", "AS112 (RFC 7535): whatever the local network answers"),
        ("192.52.193.0/24", "AMT relays (RFC 7450)"),
        ("192.88.99.0/24", "6to4 relays (RFC 7526)"),
        ("192.168.0.0/16", "private (RFC 1918)"),
        ("192.175.48.0/24", "AS112 (RFC 7534)"),
        ("198.18.0.0/15", "benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "documentation (RFC 5737)"),
        ("203.0.113.0/24", "documentation (RFC 5737)"),
        ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("240.0.0.0/4", "reserved (RFC 1112) and broadcast"),
        ("::/96", "IPv4-compatible (RFC 4291), with :: and ::1: carries an IPv4 address"),
        ("::ffff:0:0:0/96", "IPv4-translated (RFC 2765): carries an IPv4 address"),
        ("64:ff9b::/96", "NAT64 (RFC 6052): carries an IPv4 address"),
        ("64:ff9b:1::/48", "local NAT64 (RFC 8215): carries an IPv4 address"),
        ("100::/64", "discard (RFC 6666)"),
        ("2001::/32", "Teredo (RFC 4380): carries an IPv4 address"),
        ("2001::/23", "protocol assignments (RFC 2928): benchmarks, ORCHID"),
        ("2001:db8::/32", "documentation (RFC 3849)"),
        ("2002::/16", "6to4 (RFC 3056): carries an IPv4 address"),
        ("3ffe::/16", "the 6bone (RFC 3701), given back"),
        ("3fff::/20", "documentation (RFC 9637)"),
        ("5f00::/16", "segment routing (RFC 9602)"),
        ("fc00::/7", "private (RFC 4193), and metadata at AWS, fd00:ec2::254"),
        ("fe80::/10", "link-local (RFC 4291)"),
        ("fec0::/10", "site-local (RFC 3879)"),
        ("ff00::/8", "multicast (RFC 4291)"),
    )
)
# Outside it there is no global unicast address (RFC 4291 2.4): what comes next is refused already.
GLOBAL_UNICAST = ip_network("2000::/3")
