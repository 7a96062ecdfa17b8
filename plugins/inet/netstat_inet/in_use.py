"""Signs that a network namespace has no TCP sockets of an IP version: two counters of the kernel that are 0.

A dump of TCP sockets walks the hash table of the whole machine, however few sockets the namespace has.

/proc/net/sockstat and sockstat6 count the sockets in the hash tables (sock_prot_inuse_get of net/core/sock.c)::

    TCP: inuse 2 orphan 1 tw 0 alloc 5 mem 0
    TCP6: inuse 0

Seen in Linux 6.18: ``inuse`` has the listeners and the connections of the namespace, also those whose process has ended
(FIN_WAIT1, CLOSING, LAST_ACK), and counts a socket of IPv6 in ``TCP6`` even if its peer is mapped from IPv4. It lacks
the states of which no struct sock remains or yet exists: TIME_WAIT and FIN_WAIT2 of a closed socket, which are in
``tw`` (of both IP versions, in sockstat alone), and SYN_RECV. A request in SYN_RECV is in no counter at all, and up to
TCP_RTO_MAX it outlives a listener that was closed. ``orphan``, ``alloc`` and ``mem`` are of the whole machine.

So a second counter is asked, ``InSegs`` of /proc/net/snmp: the segments that the namespace has ever received. It
only rises. While it is 0 there was never a request, nor a connection that could have closed: the states that remain,
LISTEN and SYN_SENT, are in ``inuse``, as is every socket that a checkpoint has restored. So a namespace whose sockets
have all closed is dumped, unless it never had a connection.

UDP and raw sockets have no signs. Their dumps walk a table 16 times as small, and nothing but ``inuse`` speaks of them:
the sum of a counter on each processor, which may be too small while one socket opens on a processor that was already
read and closes on another that was not.

Sockets that are bound and neither listen nor connect (TCP_BOUND_INACTIVE, which Linux lists from 6.8 on) are in no
counter either: a dump that asks for this state must not have these signs.
"""

from __future__ import annotations

import re

from netstat_core.plugin import File, Sign

_SOCKSTAT = re.compile(rb"(?:[A-Za-z0-9]+:(?: [a-z]+ -?[0-9]{1,20})+\n)+")
_SNMP = re.compile(rb"(?:([A-Za-z]+:)(?: [A-Za-z0-9]+)*\n\1(?: -?[0-9]{1,20})*\n)+")
"""The whole of a file: pairs of lines, the names ``Tcp: RtoAlgorithm ...`` and the values ``Tcp: 1 ...``."""

_LARGEST = 1 << 16
"""Bytes of a file; those of the kernel have some hundreds."""


def find_in_use(content: bytes, protocol: str) -> int | None:
    """Return ``inuse`` of a row of sockstat or sockstat6, None if the file is not whole or has not one such row."""
    if len(content) > _LARGEST or not _SOCKSTAT.fullmatch(content):
        return None
    rows = [words[1:] for line in content.splitlines() if (words := line.split())[0] == protocol.encode() + b":"]
    if len(rows) != 1 or rows[0][::2].count(b"inuse") != 1:
        return None
    return int(rows[0][2 * rows[0][::2].index(b"inuse") + 1])


def find_segments(content: bytes) -> int | None:
    """Return the TCP segments received, from /proc/net/snmp; None if the file is not whole or has it not once."""
    if len(content) > _LARGEST or not _SNMP.fullmatch(content):
        return None
    rows = [line.split() for line in content.splitlines() if line.startswith(b"Tcp:")]
    names = rows[0] if rows else []
    if len(rows) != 2 or len(names) != len(rows[1]) or names.count(b"InSegs") != 1:  # noqa: PLR2004 - names and values
        return None
    return int(rows[1][names.index(b"InSegs")])


_NO_SEGMENTS = Sign(file=File("/proc/net/snmp"), shows_none=lambda content: find_segments(content) == 0)

NO_TCP = {
    "inet": (
        Sign(file=File("/proc/net/sockstat"), shows_none=lambda content: find_in_use(content, "TCP") == 0),
        _NO_SEGMENTS,
    ),
    "inet6": (
        Sign(file=File("/proc/net/sockstat6"), shows_none=lambda content: find_in_use(content, "TCP6") == 0),
        _NO_SEGMENTS,
    ),
}
"""The signs of each IP version."""
