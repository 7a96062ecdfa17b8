"""Paths of the files that routes are read from."""

ROUTE = "/proc/net/route"
IPV6_ROUTE = "/proc/net/ipv6_route"
RT_CACHE = "/proc/net/rt_cache"
NDISC = "/proc/net/ndisc"
