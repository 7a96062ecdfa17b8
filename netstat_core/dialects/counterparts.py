"""Which options of the built-in dialects show the same: the table in the help of each, and in the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Counterpart(NamedTuple):
    """What is shown or selected, and the options for it in each dialect; empty where a dialect has none."""

    meaning: str
    net_tools: str
    solaris: str


COUNTERPARTS = (
    Counterpart("processes that hold sockets", "-p", "-u"),
    Counterpart("ARP and neighbour discovery", "--neighbours", "-p"),
    Counterpart("UDP sockets", "-u", "-f inet -f inet6 -P udp"),
    Counterpart("TCP sockets", "-t", "-f inet -f inet6 -P tcp"),
    Counterpart("SCTP sockets", "-S", "-f inet -f inet6 -P sctp"),
    Counterpart("UNIX sockets", "-x", "-f unix"),
    Counterpart("IPv4 alone", "-4", "-f inet"),
    Counterpart("IPv6 alone", "-6", "-f inet6"),
    Counterpart("sockets in all states", "-a", "-a"),
    Counterpart("listening sockets", "-l", "-a --where listening"),
    Counterpart("windows, retransmission time of TCP", "--json --tcp-info", "-v"),
    Counterpart("timers of sockets", "-o", ""),
    Counterpart("routes", "-r", "-r"),
    Counterpart("routes of all tables", "-r --route-table all", "-ra"),
    Counterpart("routes with MTU and more", "-ree", "-rv"),
    Counterpart("interfaces", "-i", "-i"),
    Counterpart("interfaces with all addresses", "-ie", "-ia"),
    Counterpart("one interface", "-i eth0", "-I eth0"),
    Counterpart("packets every 5 seconds", "-i 5", "-i 5"),
    Counterpart("counters by protocol", "-s", "-s"),
    Counterpart("counters of UDP", "-su", "-s -P udp"),
    Counterpart("changes of counters every 5 seconds", "-s --delta 5", "-s 5"),
    Counterpart("multicast groups", "-g", "-g"),
    Counterpart("multicast groups with sources", "-gv", "-gv"),
    Counterpart("multicast routing", "--multicast-routes", "-M"),
    Counterpart("counters of multicast routing", "", "-Ms"),
    Counterpart("masqueraded (tracked) connections", "-M", ""),
    Counterpart("memory of sockets", "--tables memory", "-m"),
    Counterpart("DHCP leases", "--tables leases", "-D"),
    Counterpart("numbers in place of names", "-n", "-n"),
    Counterpart("sockets or routes every 5 seconds", "5", ""),
    Counterpart("help, version", "-h, -V", "--help, --version"),
)
"""Options with one letter and two meanings come first."""

NET_TOOLS_TITLE, SOLARIS_TITLE = "Linux", "SunOS"

_NONE = "none"
_WIDTH = 26

_FROM_NET_TOOLS = """
For users of SunOS: what its options are called here. To use them as they are, run netstat-sunos, give
--dialect solaris, or set NETSTAT_DIALECT=solaris.
"""
_FROM_SOLARIS = """
For users of Linux's netstat: what its options are called here.
"""
_DIFFERENCES = """
Options end at the first operand, and those of SunOS have no long names. An interval goes with -i, -I, -m and -s alone.
Without -a, sockets of TCP and UDP that listen are not shown. UNIX sockets are shown with every -P.
"""


def format_for_net_tools() -> str:
    """Return the end of the help of the net-tools dialect."""
    rows = [(row.net_tools, row.solaris, row.meaning) for row in COUNTERPARTS]
    return _FROM_NET_TOOLS + "".join(_format_rows([(NET_TOOLS_TITLE, SOLARIS_TITLE, "shows"), *rows]))


def format_for_solaris() -> str:
    """Return the end of the help of the SunOS dialects: the table, and what no option says."""
    rows = [(row.solaris, row.net_tools, row.meaning) for row in COUNTERPARTS]
    return _FROM_SOLARIS + "".join(_format_rows([(SOLARIS_TITLE, NET_TOOLS_TITLE, "shows"), *rows])) + _DIFFERENCES


def _format_rows(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    for own, other, meaning in rows:
        yield f"  {own or _NONE:<{_WIDTH}} {other or _NONE:<{_WIDTH}} {meaning}\n"
